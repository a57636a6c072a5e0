//! Indexes that are opened from files.

use super::*;

fn save(index: *mut pf_index, path: &str) {
    let name = CString::new(path).unwrap();
    // SAFETY: an index, and a string.
    unsafe {
        assert_eq!(pf_index_save(index, name.as_ptr(), null(), null_mut()), PF_OK);
        pf_index_free(index);
    }
}

fn locate(path: &str) -> Result<Vec<Option<u64>>, String> {
    let index = texts("vu", &[Some(path)]);
    call(LOCATE, &question(plain(&X), plain(&[1.0]), index, PF_COVERS, PF_BY_POLYGON, 0.0), 0)
        .map(|taken| taken.values(None))
}

fn folder(name: &str) -> String {
    let folder = std::env::temp_dir().join(format!("polyfind-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.to_str().unwrap().to_owned()
}

#[test]
fn a_file_is_opened_once_and_again_when_it_was_saved_anew() {
    let folder = folder("anew");
    let path = format!("{folder}/zones.index");
    assert_eq!(locate(&path).unwrap_err(), format!("index: No such file or directory (os error 2): {path}"));
    save(squares(), &path);
    for _ in 0..3 {
        assert_eq!(locate(&path).unwrap(), [Some(0), Some(0), Some(1), None, None]);
    }
    save(squares_from(5.0), &path);
    assert_eq!(locate(&path).unwrap(), [None, None, None, Some(0), Some(1)]);
    // More than are kept open.
    for i in 0..40 {
        save(squares_from(f64::from(i)), &format!("{folder}/{i}"));
    }
    for i in (0..40).chain(0..40) {
        let inside = |x: f64| (0.0..=4.0).contains(&(x - f64::from(i)));
        assert_eq!(locate(&format!("{folder}/{i}")).unwrap().map_there(), X.map(inside).to_vec());
    }
    std::fs::write(&path, "no index").unwrap();
    assert!(locate(&path).unwrap_err().starts_with("index: "));
    std::fs::remove_dir_all(folder).unwrap();
}

trait MapThere {
    fn map_there(self) -> Vec<bool>;
}

impl MapThere for Vec<Option<u64>> {
    fn map_there(self) -> Vec<bool> {
        self.into_iter().map(|row| row.is_some()).collect()
    }
}

#[test]
fn threads_that_ask_at_once_get_the_same() {
    let folder = folder("threads");
    let path = format!("{folder}/zones.index");
    save(squares(), &path);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(locate(&path).unwrap(), [Some(0), Some(0), Some(1), None, None]);
                }
            });
        }
        scope.spawn(|| (0..20).for_each(|_| save(squares(), &path)));
    });
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn a_forked_child_opens_files_whatever_its_parent_was_at() {
    let folder = folder("fork");
    let path = format!("{folder}/zones.index");
    save(squares(), &path);
    assert!(locate(&path).is_ok());
    let child = super::super::opened::while_locked(|| {
        // SAFETY: the child calls the library and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let found = locate(&path).is_ok_and(|rows| rows == [Some(0), Some(0), Some(1), None, None]);
            // SAFETY: as above.
            unsafe { libc::_exit(if found { 0 } else { 1 }) };
        }
        child
    });
    let mut status = -1;
    for _ in 0..1000 {
        // SAFETY: a child of ours.
        if unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } == child {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(status, 0, "the child waits for ever, or found something else");
    std::fs::remove_dir_all(folder).unwrap();
}
