//! Names that lead to something else than a file to be opened or replaced: an error, at once.

use std::ffi::{CString, OsStr};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread::spawn;
use std::time::Duration;

use polyfind::error::{Error, Kind};
use polyfind::index::{Index, Uses};
use polyfind::run::Run;

use super::files::Folder;
use super::tables::tables;
use super::written;

fn index() -> Index {
    Index::build(&tables().swap_remove(1).1.view(), Uses::ALL, &Run::default()).unwrap()
}

/// Calls what must answer at once.
fn at_once<T: Send + 'static>(path: &Path, call: impl FnOnce(&Path) -> T + Send + 'static) -> T {
    let (sender, receiver) = channel();
    let path = path.to_owned();
    let name = path.clone();
    spawn(move || sender.send(call(&path)));
    receiver.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("{name:?} is waited for"))
}

fn openings(path: &Path) -> [Error; 3] {
    at_once(path, |path| {
        let run = Run::default();
        [Index::load(path, &run), Index::map(path, false, &run), Index::map(path, true, &run)]
            .map(|opened| opened.unwrap_err())
    })
}

/// Paths, and what their names say of them.
fn tricks(folder: &Folder) -> Vec<(PathBuf, Kind)> {
    let at = |name: &str| folder.at(name);
    let put = |name: &str, bytes: &[u8]| {
        fs::write(at(name), bytes).unwrap();
        at(name)
    };
    let link = |name: &str, to: &Path| {
        symlink(to, at(name)).unwrap();
        at(name)
    };
    let good = written(&index());
    fs::create_dir(at("folder")).unwrap();
    let pipe = CString::new(at("pipe").as_os_str().as_bytes()).unwrap();
    // SAFETY: a string.
    assert_eq!(unsafe { libc::mkfifo(pipe.as_ptr(), 0o600) }, 0);
    drop(UnixListener::bind(at("socket")).unwrap());
    let locked = put("locked", b"secret");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    // As large as the system lets it be.
    let sparse = put("sparse", b"");
    let file = fs::OpenOptions::new().write(true).open(&sparse).unwrap();
    assert!((40..63).rev().any(|power| file.set_len((1 << power) - 1).is_ok()));
    let can_lock = fs::read(&locked).is_err();
    vec![
        (at("missing"), Kind::Io),
        (at("missing/index"), Kind::Io),
        (PathBuf::new(), Kind::Io),
        (at("folder"), Kind::Io),
        (at("folder/"), Kind::Io),
        (at("folder/.."), Kind::Io),
        (put("file", &good).join("index"), Kind::Io),
        (put("file", &good).join(""), Kind::Io),
        (put("empty", b""), Kind::Format),
        (put("byte", b"p"), Kind::Format),
        (put("start", &good[..64]), Kind::Format),
        (at("pipe"), Kind::Io),
        (at("socket"), Kind::Io),
        ("/dev/zero".into(), Kind::Io),
        ("/dev/null".into(), Kind::Io),
        ("/dev/random".into(), Kind::Io),
        (link("to zero", Path::new("/dev/zero")), Kind::Io),
        (link("to pipe", &at("pipe")), Kind::Io),
        (link("to folder", &at("folder")), Kind::Io),
        (link("loop", &at("loop")), Kind::Io),
        (link("dangling", &at("missing")), Kind::Io),
        (locked, if can_lock { Kind::Io } else { Kind::Format }),
        (at(&"n".repeat(300)), Kind::Io),
        (PathBuf::from("x/".repeat(3000)), Kind::Io),
        (at("").join(OsStr::from_bytes(b"n\xFFo")), Kind::Io),
        (at("").join(OsStr::from_bytes(b"n\0ul")), Kind::Io),
        (sparse, Kind::Format),
        (put("text", &b"polyfind ".repeat(100)), Kind::Unsupported),
    ]
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = Folder::new("tricks");
    let tricks = tricks(&folder);
    assert!(tricks.len() >= 20);
    let mut names = folder.names();
    for (path, kind) in &tricks {
        for error in openings(path) {
            assert_eq!(error.kind(), *kind, "{path:?}: {error:?}");
            assert!(!error.message().is_empty());
        }
    }
    // What can be no file is not replaced by one either.
    for (path, _) in tricks {
        let is_file = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
        let may_be_made = matches!(path.file_name().map(OsStr::as_bytes), Some(b"missing" | b"dangling" | b"n\xFFo"));
        if !is_file && !may_be_made {
            let saved = at_once(&path, |path| index().save(path, &Run::default()));
            assert_eq!(saved.unwrap_err().kind(), Kind::Io, "{path:?}");
        }
    }
    assert!(fs::metadata(folder.at("pipe")).unwrap().file_type().is_fifo());
    names.sort();
    assert_eq!(folder.names(), names, "nothing was left");
}

#[test]
fn unusual_names_are_names() {
    let folder = Folder::new("unusual");
    let (index, run) = (index(), Run::default());
    symlink(folder.at("linked to"), folder.at("link")).unwrap();
    fs::write(folder.at("linked to"), "old").unwrap();
    let deep = folder.at(&"d".repeat(255)).join("e".repeat(255));
    fs::create_dir_all(&deep).unwrap();
    for path in [
        folder.at(&"n".repeat(255)),
        folder.at("").join(OsStr::from_bytes(b"n\xFFo")),
        folder.at("with space\nand line"),
        folder.at("link"),
        deep.join("index"),
    ] {
        index.save(&path, &run).unwrap();
        assert_eq!(Index::load(&path, &run).unwrap().len(), index.len(), "{path:?}");
        assert_eq!(Index::map(&path, false, &run).unwrap().len(), index.len(), "{path:?}");
    }
    assert!(fs::symlink_metadata(folder.at("link")).unwrap().is_symlink());
    assert!(fs::read(folder.at("linked to")).unwrap() == written(&index));
    // Without a folder, it is the present one.
    let name = format!("polyfind-test-{}", std::process::id());
    index.save(Path::new(&name), &run).unwrap();
    assert_eq!(Index::load(Path::new(&name), &run).unwrap().len(), index.len());
    fs::remove_file(name).unwrap();
}
