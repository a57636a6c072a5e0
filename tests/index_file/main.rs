//! An index as bytes: opened it answers as the built one did, damaged it is refused, and nothing that bytes say makes a query
//! read elsewhere, panic or go on for ever.

mod damage;
mod files;
mod golden;
#[cfg(unix)]
mod paths;
mod rules;
#[cfg(unix)]
mod saving;
mod tables;

use polyfind::error::Kind;
use polyfind::index::{Index, Uses};
use polyfind::run::Run;
use polyfind::simd::Level;
use tables::{Aligned, answers, some_uses, tables};

fn written(index: &Index) -> Vec<u8> {
    let mut bytes = vec![0xAA; index.byte_size()];
    index.write(&mut bytes, &Run::default()).unwrap();
    bytes
}

#[test]
fn what_was_written_answers_as_what_was_built() {
    for (name, table, points) in tables() {
        for uses in some_uses() {
            let built = Index::build(&table.view(), uses, &Run::default()).unwrap();
            let want = answers(&built, &points);
            let bytes = Aligned::new(&written(&built));
            let copied = Index::copy(bytes.get(), false, &Run::default()).unwrap();
            // SAFETY: the bytes outlive the index.
            let viewed = unsafe { Index::view(bytes.get(), false, &Run::default()).unwrap() };
            // SAFETY: as above.
            let trusted = unsafe { Index::view(bytes.get(), true, &Run::default()).unwrap() };
            for opened in [copied, viewed, trusted] {
                assert_eq!(answers(&opened, &points), want, "{name}, {uses:?}");
                assert_eq!(opened.describe(), built.describe(), "{name}, {uses:?}");
                assert!(written(&opened) == bytes.get(), "{name}, {uses:?}: written again it is the same");
            }
        }
    }
}

#[test]
fn the_same_polygons_are_the_same_bytes() {
    for (name, table, _) in tables() {
        for uses in some_uses() {
            let bytes = [(Level::Scalar, 1), (Level::Scalar, 3), (Level::detect(), 1), (Level::detect(), 8)].map(
                |(level, workers)| {
                    let run = Run { level, workers, ..Run::default() };
                    let index = Index::build(&table.view(), uses, &run).unwrap();
                    let mut bytes = vec![1; index.byte_size()];
                    index.write(&mut bytes, &run).unwrap();
                    bytes
                },
            );
            assert!(bytes.iter().all(|other| *other == bytes[0]), "{name}, {uses:?}");
        }
    }
}

#[test]
fn an_index_describes_itself() {
    let (_, table, _) = tables().swap_remove(1);
    let info = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap().describe();
    assert_eq!((info.version, info.uses, info.polygons), (1, Uses::ALL, 4));
    assert_eq!((info.rings, info.vertices, info.bounds), (4, 14, Some([0.0, 0.0, 10.0, 4.0])));
    let info = Index::build(&table.view(), Uses::CENTERS, &Run::default()).unwrap().describe();
    assert_eq!((info.uses, info.polygons, info.rings, info.vertices, info.bounds), (Uses::CENTERS, 4, 0, 0, None));
}

#[test]
fn checksums_are_those_of_whole_sections() {
    let (_, table, _) = tables().swap_remove(5);
    let bytes = written(&Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap());
    let sections = damage::sections(&bytes);
    assert!(sections.iter().any(|(start, end)| end - start > 1 << 19), "large ones are checked in pieces");
    for (i, (start, end)) in sections.into_iter().enumerate() {
        let checksum = crc32fast::hash(&bytes[start..end]).to_le_bytes();
        assert_eq!(bytes[64 * i + 124..64 * i + 128], checksum, "section {i}");
    }
}

#[test]
fn room_and_alignment_are_asked_for() {
    let (_, table, _) = tables().swap_remove(1);
    let index = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
    let mut small = vec![7; index.byte_size() - 1];
    assert_eq!(index.write(&mut small, &Run::default()).unwrap_err().kind(), Kind::Capacity);
    assert!(small.iter().all(|&byte| byte == 7));
    let mut bytes = vec![0; 1];
    bytes.extend(written(&index));
    let shifted = Aligned::new(&bytes);
    // SAFETY: the bytes outlive the index.
    let error = unsafe { Index::view(&shifted.get()[1..], false, &Run::default()) }.unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Layout, "index is not aligned to 64 bytes"));
    assert_eq!(Index::copy(&shifted.get()[1..], false, &Run::default()).unwrap().len(), 4);
}
