//! Names the shared library for the loader and generates the C header from `src/ffi`.
//!
//! Everything is written below cargo's output folder: `OUT_DIR/polyfind.h` is compared with the committed header by a test
//! (`python3 dev.py header` copies it), and `<target>/header.h`, the same header reduced to what cffi's parser reads, is
//! where maturin looks for the declarations of the Python package.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=src/ffi");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-changed=build.rs");

    let abi = abi_number();
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos" | "ios") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libpolyfind.{abi}.dylib")
        }
        Ok("windows") | Err(_) => {}
        Ok(_) => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libpolyfind.so.{abi}");
            // Threads of the pool run its code: it stays where it is.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
    }

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let header = generate_header();
    write_if_changed(&out.join("polyfind.h"), &header);
    if let Some(target) = target_folder(&out) {
        write_if_changed(&target.join("header.h"), &declarations_only(&header));
    }
}

/// `OUT_DIR` is `<target>/[<triple>/]<profile>/build/<package>/out`.
fn target_folder(out: &Path) -> Option<&Path> {
    let folder = out.ancestors().nth(4)?;
    let triple = env::var_os("TARGET")?;
    if folder.file_name() == Some(&triple) { folder.parent() } else { Some(folder) }
}

/// `PF_ABI` as the source states it: the soname must never say anything else.
fn abi_number() -> u32 {
    let text = fs::read_to_string("src/ffi/library.rs").expect("src/ffi/library.rs is readable");
    let line = text.lines().find_map(|line| line.strip_prefix("pub const PF_ABI: u32 = "));
    let digits = line.expect("PF_ABI is declared").trim_end_matches(';');
    digits.parse().expect("PF_ABI is a number")
}

fn generate_header() -> String {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let mut config =
        cbindgen::Config::from_file(Path::new(&root).join("cbindgen.toml")).expect("cbindgen.toml is valid");
    // Cargo.toml is the only place where the version is written.
    let part = |name| env::var(format!("CARGO_PKG_VERSION_{name}")).expect("cargo sets the version");
    let version = ["MAJOR", "MINOR", "PATCH"].map(|name| format!("#define PF_VERSION_{name} {}\n", part(name)));
    config.after_includes = Some(format!("\n{}", version.concat().trim_end()));
    let ffi = Path::new(&root).join("src/ffi");
    let mut builder = cbindgen::Builder::new().with_config(config);
    // The order of the files is the order of the header.
    const FILES: &str = "library status types buffers measures table index file query result tally";
    for file in FILES.split(' ') {
        builder = builder.with_src(ffi.join(file).with_extension("rs"));
    }
    let mut text = Vec::new();
    builder.generate().expect("the header can be generated").write(&mut text);
    String::from_utf8(text).expect("the header is UTF-8")
}

/// The header without preprocessor lines other than constants, and without `extern "C"`.
fn declarations_only(header: &str) -> String {
    let mut kept = String::new();
    let mut inside_cplusplus = false;
    for line in header.lines() {
        match line.trim() {
            "#ifdef __cplusplus" => inside_cplusplus = true,
            trimmed if trimmed.starts_with("#endif") => inside_cplusplus = false,
            _ if inside_cplusplus => {}
            trimmed if trimmed.starts_with('#') && !(trimmed.starts_with("#define PF_") && trimmed.contains(' ')) => {}
            _ => {
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    kept
}

fn write_if_changed(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    // The second writer of <target>/header.h is a read-only target folder's problem, not the build's.
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    if fs::write(&temporary, text).is_err() || fs::rename(&temporary, path).is_err() {
        println!("cargo:warning=could not write {}", path.display());
    }
}
