//! The committed header is the one that the source makes.

#[test]
fn the_committed_header_is_current() {
    let made = include_str!(concat!(env!("OUT_DIR"), "/polyfind.h"));
    let committed = include_str!("../include/polyfind.h");
    assert!(made == committed, "include/polyfind.h is not what src/ffi makes: run python3 dev.py header");
}

#[test]
fn the_header_reads_in_the_order_of_use() {
    let header = include_str!("../include/polyfind.h");
    let order =
        ["pf_version(", "pf_points_check(", "pf_polygons_area(", "pf_index_build(", "pf_index_any(", "pf_result_free("];
    let places = order.map(|name| header.find(name).unwrap_or_else(|| panic!("{name} is missing")));
    assert!(places.is_sorted(), "{places:?}");
}
