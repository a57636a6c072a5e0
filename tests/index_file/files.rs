//! Files: saved whole or not at all, loaded, mapped.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI32;

use polyfind::error::Kind;
use polyfind::index::{Index, Uses};
use polyfind::run::Run;

use super::tables::{Random, answers, tables};
use super::written;

/// A folder that goes with this.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("polyfind-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        Folder(folder)
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names.into_iter().map(|name| name.into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn index(which: usize) -> Index {
    Index::build(&tables().swap_remove(which).1.view(), Uses::ALL, &Run::default()).unwrap()
}

#[test]
fn a_saved_index_is_loaded_and_mapped_as_it_was() {
    let folder = Folder::new("round");
    for (i, (name, table, points)) in tables().into_iter().enumerate() {
        let built = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
        let path = folder.at(&format!("{i}.polyfind"));
        built.save(&path, &Run::default()).unwrap();
        assert!(fs::read(&path).unwrap() == written(&built), "{name}");
        let want = answers(&built, &points);
        let run = Run::default();
        for opened in [Index::load(&path, &run), Index::map(&path, false, &run), Index::map(&path, true, &run)] {
            assert_eq!(answers(&opened.unwrap(), &points), want, "{name}");
        }
        // A mapped index may be saved over the file that it is mapped from: that is another file from then on.
        let mapped = Index::map(&path, false, &run).unwrap();
        mapped.save(&path, &run).unwrap();
        assert_eq!(answers(&mapped, &points), want, "{name}");
        assert!(fs::read(&path).unwrap() == written(&built), "{name}");
    }
    assert_eq!(folder.names().len(), tables().len());
}

#[test]
fn a_save_that_fails_leaves_what_was_there() {
    let folder = Folder::new("failed");
    let path = folder.at("index");
    let (old, new) = (index(1), index(4));
    old.save(&path, &Run::default()).unwrap();
    let before = fs::read(&path).unwrap();
    let flag = AtomicI32::new(1);
    let error = new.save(&path, &Run { cancel: Some(&flag), ..Run::default() }).unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled);
    assert_eq!((fs::read(&path).unwrap() == before, folder.names()), (true, vec!["index".to_owned()]));

    let error = new.save(&folder.at("no folder/index"), &Run::default()).unwrap_err();
    assert_eq!((error.kind(), error.item()), (Kind::Io, Some(2)));
    assert!(error.message().contains("No such file"), "{}", error.message());
    for wrong in [folder.0.clone(), folder.0.join(".."), PathBuf::from("/"), PathBuf::new()] {
        assert_eq!(new.save(&wrong, &Run::default()).unwrap_err().kind(), Kind::Io, "{wrong:?}");
    }
    assert_eq!(folder.names(), ["index"]);
    new.save(&path, &Run::default()).unwrap();
    assert!(fs::read(&path).unwrap() == written(&new));
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_and_devices_are_left_alone() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new("links");
    let (path, link) = (folder.at("index"), folder.at("link"));
    index(1).save(&path, &Run::default()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&path, &link).unwrap();
    index(4).save(&link, &Run::default()).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Index::load(&link, &Run::default()).unwrap().len(), 200);
    for device in ["/dev/null", "/dev/full"].map(Path::new).into_iter().filter(|path| path.exists()) {
        assert_eq!(index(1).save(device, &Run::default()).unwrap_err().message(), "not a regular file");
        assert_eq!(Index::load(device, &Run::default()).unwrap_err().kind(), Kind::Io);
    }
}

#[test]
fn what_is_no_index_is_refused_before_memory_is_taken() {
    let folder = Folder::new("wrong");
    let path = folder.at("file");
    let run = Run::default();
    let refused = |path: &Path| {
        let (loaded, mapped) = (Index::load(path, &run).unwrap_err(), Index::map(path, true, &run).unwrap_err());
        assert_eq!(loaded.kind(), mapped.kind());
        (loaded.kind(), loaded.message().to_owned())
    };
    assert_eq!(refused(&path).0, Kind::Io);
    assert_eq!(refused(&folder.0).0, Kind::Io);
    fs::write(&path, []).unwrap();
    assert_eq!(refused(&path), (Kind::Format, "index: 0 bytes are too few for one".into()));
    let bytes = written(&index(1));
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(refused(&path).0, Kind::Format);
    // 8 EiB that are not there.
    let mut huge = bytes[..64].to_vec();
    huge[16..24].copy_from_slice(&(1u64 << 62).to_le_bytes());
    fs::write(&path, &huge).unwrap();
    assert_eq!(refused(&path).0, Kind::Format);
    // A sparse file that says how long it is: its table says otherwise.
    let len = 1u64 << 40;
    huge[16..24].copy_from_slice(&len.to_le_bytes());
    fs::write(&path, &huge).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(len)).is_ok() {
        assert_eq!(Index::map(&path, true, &run).unwrap_err().kind(), Kind::Format);
    }
}

#[test]
fn what_was_loaded_has_nothing_to_do_with_the_file() {
    let folder = Folder::new("loaded");
    let path = folder.at("index");
    let (_, table, points) = tables().swap_remove(4);
    let built = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
    built.save(&path, &Run::default()).unwrap();
    let loaded = Index::load(&path, &Run::default()).unwrap();
    let want = answers(&built, &points);
    let len = fs::metadata(&path).unwrap().len();
    for round in 0..8 {
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(len * round / 8).unwrap();
        file.set_len(len).unwrap();
        assert_eq!(answers(&loaded, &points), want, "emptied from byte {}", len * round / 8);
        index(1).save(&path, &Run::default()).unwrap();
        assert_eq!(answers(&loaded, &points), want, "replaced");
    }
}

/// Whoever writes into a mapped file changes answers, or makes questions fail as panics, which C sees as PF_ERROR_INTERNAL.
#[cfg(unix)]
#[test]
fn what_is_mapped_and_written_to_answers_or_fails_but_ends() {
    use std::os::unix::fs::FileExt;
    let folder = Folder::new("written to");
    let path = folder.at("index");
    let (_, table, mut points) = tables().swap_remove(4);
    points.x.truncate(20);
    points.y.truncate(20);
    let built = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
    let (whole, mut random) = (written(&built), Random(41));
    fs::write(&path, &whole).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mapped = Index::map(&path, false, &Run::default()).unwrap();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for _ in 0..300 {
        for _ in 0..1 + random.below(20) {
            let (at, len) = (random.below(whole.len()), 1 + random.below(64));
            let bytes: Vec<u8> = (0..len.min(whole.len() - at)).map(|_| random.bits() as u8).collect();
            file.write_all_at(&bytes, at as u64).unwrap();
        }
        let start = std::time::Instant::now();
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| answers(&mapped, &points)));
        assert!(start.elapsed() < std::time::Duration::from_secs(10));
    }
    std::panic::set_hook(hook);
    file.write_all_at(&whole, 0).unwrap();
    assert_eq!(answers(&mapped, &points), answers(&built, &points), "as it was");
}
