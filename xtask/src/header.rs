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
    // Rust's own words in the docs mean nothing to a reader of C.
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    let text = text.replace(" * # Safety\n * The pointers are NULL or valid as the conventions say.\n", "");
    let text = text.replace(" *\n */", " */");
    let path = root.join("include/kaifang.h");
    if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
        return Ok(Vec::new());
    }
    if !check {
        std::fs::write(&path, text).map_err(|error| error.to_string())?;
    }
    Ok(vec!["include/kaifang.h".to_owned()])
}
