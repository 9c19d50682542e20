//! What the documents say holds: each example in a README is a file that the tests run, and each link leads somewhere.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

/// The fence's word, and the file that is its content. Who runs it: this file, `tests/c/Makefile`,
/// `python/tests/test_readme.py`, `ReadmeTest` in `java`, `cli/tests/readme.rs`.
const EXAMPLES: [(&str, &str); 5] =
    [("rust", "decide.rs"), ("c", "decide.c"), ("python", "decide.py"), ("java", "Decide.java"), ("sh", "treat.sh")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

mod rust_example {
    include!("../../docs/examples/decide.rs");

    #[test]
    fn the_rust_example_runs() {
        main().unwrap();
    }
}

#[test]
fn every_example_of_a_readme_is_a_file_that_is_run() {
    for name in ["README.md", "README.zh-CN.md"] {
        let readme = read(&root().join(name));
        for (word, file) in EXAMPLES {
            let block = format!("```{word}\n{}```\n", read(&root().join("docs/examples").join(file)));
            assert!(readme.contains(&block), "{name}: the {word} block differs from docs/examples/{file}");
            assert_eq!(readme.matches(&format!("```{word}\n")).count(), 1, "{name}: one {word} block");
        }
    }
    let files = fs::read_dir(root().join("docs/examples")).unwrap().count();
    assert_eq!(files, EXAMPLES.len(), "an example that no README shows");
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_link_and_every_named_file_exists() {
    let mut found = Vec::new();
    pages(&root().join("docs"), &mut found);
    for name in ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        found.push(root().join(name));
    }
    for page in found {
        let text = read(&page);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.contains("://") {
                let target = target.split('#').next().unwrap();
                let path = page.parent().unwrap().join(target);
                assert!(path.exists(), "{}: the link {target} leads nowhere", page.display());
            }
        }
        // Paths of this repository in back quotes.
        for name in text.split('`').skip(1).step_by(2) {
            let first = name.split('/').next().unwrap_or_default();
            let ours =
                ["core", "ffi", "python", "cli", "tests", "docs", "include", "tools", "benches"].contains(&first);
            if ours && name.contains('/') && !name.contains(['<', '*', ' ', '(', '{']) {
                assert!(root().join(name).exists(), "{}: {name} does not exist", page.display());
            }
        }
    }
}

#[test]
fn chinese_and_english_pages_go_in_pairs() {
    let names = |language: &str| {
        let mut found = Vec::new();
        let folder = root().join("docs/src").join(language);
        pages(&folder, &mut found);
        let mut names: Vec<_> = found.iter().map(|page| page.strip_prefix(&folder).unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("zh"), names("en"));
    let summary = read(&root().join("docs/src/SUMMARY.md"));
    for language in ["zh", "en"] {
        for name in names(language) {
            assert!(
                summary.contains(&format!("({language}/{})", name.display())),
                "{} is in the summary",
                name.display()
            );
        }
    }
}
