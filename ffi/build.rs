//! Gives the shared library its soname, so that a program records `libkaifang.so.0` and not a build's file name.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libkaifang.so.0");
    }
}
