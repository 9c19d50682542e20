//! No room: a file that may grow no further, at every byte, and a disk that is full.
//!
//! A write is then cut short by the kernel, part of it on the disk, and what follows fails.

use std::path::Path;
use std::process::Command;

use kaifang::ledger::Ledger;

use super::directory::in_memory;
use super::writer::{Acknowledged, FILE_LIMIT, SEGMENT, command, create, program};

/// Says to a process that it has a disk of its own, and where.
const DISK: &str = "KAIFANG_CRASH_DISK";
/// A signal that a writer would die of, were it not ignored; then the write fails.
const IGNORE: &[&str] = &["sh", "-c", r#"trap "" XFSZ; exec "$@""#, "sh"];
/// Mounts a small disk that this process and its children alone see.
const MOUNT: &str = r#"mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@""#;

/// The ledger's own word for it: nothing of the call is left.
const NO_SPACE: &str = "KF-LEDGER-21";

/// Writers whose files may have so many bytes: how many runs, how many that left a torn tail, how many refusals.
fn limited(limits: std::ops::RangeInclusive<u64>, segment: u64) -> [usize; 3] {
    let temp = in_memory();
    let mut counts = [0; 3];
    for limit in limits {
        let dir = temp.path().join(limit.to_string());
        create(&dir);
        let mut acknowledged = Acknowledged::default();
        let mut writer = command(IGNORE, &dir, 1 + limit % 2, Some(12));
        writer.env(FILE_LIMIT, limit.to_string()).env(SEGMENT, segment.to_string());
        acknowledged.take(&writer.output().unwrap());
        assert!(acknowledged.refusals.iter().all(|code| code == NO_SPACE), "{limit}: {:?}", acknowledged.refusals);
        let torn = Ledger::open(&dir, None).unwrap().dropped().is_some();
        for (count, more) in counts.iter_mut().zip([1, usize::from(torn), acknowledged.refusals.len()]) {
            *count += more;
        }
        acknowledged.check(&dir);
        // There is room again.
        if limit % 16 == 0 {
            acknowledged.take(&command(&[], &dir, 1, Some(3)).output().unwrap());
            assert!(acknowledged.refusals.is_empty(), "{limit}: {:?}", acknowledged.refusals);
            acknowledged.check(&dir);
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }
    counts
}

#[test]
fn a_write_may_be_cut_short_at_any_byte() {
    // Some writes in one segment; and the header, the head and the one record of segments that hold no more than that.
    for (layout, [runs, torn, refused]) in
        [("one segment", limited(0..=700, 1 << 20)), ("many segments", limited(0..=320, 1))]
    {
        println!("{runs} limits of a file ({layout}): {torn} torn tails, {refused} refusals, none lost");
        // What a write left is cut off by who wrote it.
        assert!(torn == 0 && refused >= runs / 2, "{torn} {refused}");
    }
}

/// How many kilobytes of the disk are taken.
fn taken(disk: &Path) -> u64 {
    let about = rustix::fs::statvfs(disk).unwrap();
    (about.f_blocks - about.f_bfree) * about.f_frsize / 1024
}

fn resize(disk: &Path, kilobytes: u64) {
    let size = format!("remount,size={kilobytes}k");
    let mount = Command::new("mount").args(["-o", &size]).arg(disk).output().unwrap();
    assert!(mount.status.success(), "{}", String::from_utf8_lossy(&mount.stderr));
}

/// Not a test of its own: it is begun again by the next one, where the disk is.
#[test]
fn on_a_small_disk() {
    let Some(disk) = std::env::var_os(DISK) else { return };
    let disk = Path::new(&disk);
    let (mut refused, mut last) = (0, 0);
    for pages in 0..=15 {
        let dir = disk.join(pages.to_string());
        resize(disk, 1 << 14);
        create(&dir);
        resize(disk, taken(disk) + 4 * pages);
        let mut acknowledged = Acknowledged::default();
        // Each opens what the one before it filled.
        for threads in [1 + pages % 3, 1] {
            acknowledged.take(&command(&[], &dir, threads, Some(400)).output().unwrap());
            assert!(!acknowledged.refusals.is_empty(), "{pages}: the disk was never full");
            assert!(acknowledged.refusals.iter().all(|code| code == NO_SPACE), "{pages}: {:?}", acknowledged.refusals);
            refused += acknowledged.refusals.len();
            acknowledged.check(&dir);
        }
        // That the disk is full could be written down, and signed.
        assert!(acknowledged.last > 0, "{pages}: there was no space for a last record");
        last += acknowledged.last;
        resize(disk, 1 << 14);
        let full = acknowledged.count();
        acknowledged.take(&command(&[], &dir, 1, Some(20)).output().unwrap());
        assert!(acknowledged.refusals.is_empty(), "{pages}: {:?}", acknowledged.refusals);
        assert!(acknowledged.count() > full);
        acknowledged.check(&dir);
        std::fs::remove_dir_all(&dir).unwrap();
    }
    println!("\n16 disks filled, {refused} refusals, {last} last records signed, none lost");
}

#[test]
fn a_disk_may_be_full() {
    let temp = tempfile::tempdir().unwrap();
    let under = ["-m", "-rm"].map(|namespaces| {
        let disk = temp.path().to_str().unwrap().to_owned();
        ["unshare", namespaces, "sh", "-c", MOUNT].map(str::to_owned).into_iter().chain([disk]).collect::<Vec<_>>()
    });
    let mounts = |under: &&Vec<String>| {
        let tried = Command::new(&under[0]).args(&under[1..]).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let Some(under) = under.iter().find(mounts) else {
        // A matter of the kernel and of who runs this: no error anywhere.
        println!("skipped: no file system can be mounted here (a full disk)");
        return;
    };
    let under: Vec<&str> = under.iter().map(String::as_str).collect();
    let output = program(&under, "full::on_a_small_disk").env(DISK, temp.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", said.lines().find(|line| line.contains("disks filled,")).unwrap());
}
