//! Any doubles as polygons and points: refused with their row, or answered alike by every verb, level of SIMD and layout.

use polyfind::ffi::*;

use super::asking::{Asking, Bytes, build};
use super::columns::{Columns, Polygon, Table};
use super::failing::Plan;
use super::input::Input;

pub fn index_build(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let how = input.byte();
    // One in four asks for parts that there are not.
    let flags = if input.chance() { 0 } else { u32::from(input.byte()) & 15 };
    let some = [input.double(), input.double(), input.double(), input.double()];
    let number = |input: &mut Input<'_>| if input.chance() { some[input.below(4)] } else { input.double() };
    let place = |input: &mut Input<'_>| (number(input), number(input));
    let polygons: Vec<Polygon<_>> = (0..input.below(12))
        .map(|_| {
            let rings = [1, 1, 1, 2, 0][input.below(5)];
            vec![(0..rings).map(|_| (0..input.below(14)).map(|_| place(&mut input)).collect()).collect()]
        })
        .collect();
    let is_finite = |&(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
    let good = polygons.iter().flatten().flatten().flatten().all(is_finite);
    let table = Table::new(&polygons, how);
    let index = match build(&table.view(), flags, how & 32 != 0, &plan) {
        Ok(index) => index,
        Err(status) => {
            let unknown = flags & !(PF_INDEX_CENTERS | PF_INDEX_INSIDES | PF_INDEX_DISTANCES) != 0;
            assert_eq!(status, if unknown { PF_ERROR_UNSUPPORTED } else { PF_ERROR_COORDINATE });
            return assert!(unknown || !good);
        }
    };
    assert!(good, "polygons with {polygons:?} are taken");

    let again = Table::new(&polygons, how.wrapping_mul(29) ^ 0x55);
    let Ok(again) = build(&again.view(), flags, how & 32 == 0, &Plan::PLAIN) else { panic!("it was built before") };
    let bytes = Bytes::of(&index, &plan);
    assert!(bytes.get() == Bytes::of(&again, &plan).get());
    assert!(bytes.open(0, &plan).is_ok(), "what was built does not keep its invariants");

    let asked: Vec<_> = (0..input.below(9)).map(|_| place(&mut input)).collect();
    let distance = number(&mut input);
    let columns = [how, how ^ 7].map(|how| Columns::new(&asked, usize::from(how) % Columns::LAYOUTS));
    let views = columns.each_ref().map(Columns::view);
    let priority: Vec<f64> = (0..polygons.len()).map(|i| (i % 3) as f64).collect();
    let ask = |index, points, is_portable, plan| {
        Asking { index, points, distance, priority: &priority, is_portable, plan }.all()
    };
    let answers = ask(&index, &views[0], false, plan);
    assert!(answers == ask(&again, &views[1], true, Plan::PLAIN), "another level or layout answers otherwise");
    let good_question = asked.iter().all(is_finite) && distance.is_finite() && distance >= 0.0;
    assert!(!good_question || (flags & 7 != 7 && flags != 0) || answers.iter().all(Result::is_ok));
}
