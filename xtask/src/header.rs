//! `include/kaifang.h`: the C header, generated from `ffi/` by a pinned cbindgen.

use std::path::Path;

/// Writes the header, or with `check` says whether it is stale.
pub(crate) fn run(root: &Path, check: bool) -> Result<Vec<String>, String> {
    let ffi = root.join("ffi");
    let config = cbindgen::Config::from_file(ffi.join("cbindgen.toml"))?;
    let bindings = cbindgen::Builder::new()
        .with_src(ffi.join("src/lib.rs"))
        .with_config(config)
        .generate()
        .map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = for_readers_of_c(&String::from_utf8(text).map_err(|error| error.to_string())?);
    let path = root.join("include/kaifang.h");
    if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
        return Ok(Vec::new());
    }
    if !check {
        std::fs::write(&path, text).map_err(|error| error.to_string())?;
    }
    Ok(vec!["include/kaifang.h".to_owned()])
}

/// Leaves out the `# Safety` sections: they speak to Rust, and the header's first page says the same to C.
fn for_readers_of_c(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    let mut in_section = false;
    for line in header.lines() {
        match line.trim_start() {
            "* # Safety" => {
                in_section = true;
                // The empty line before the section goes with it.
                if out.ends_with(" *\n") {
                    out.truncate(out.len() - " *\n".len());
                }
            }
            "*/" => in_section = false,
            _ => {}
        }
        if !in_section {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
