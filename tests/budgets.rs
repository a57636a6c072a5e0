//! A call with a budget never takes more memory, fails only where it needs about as much, and leaves nothing behind.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use polyfind::error::{Kind, Result};
use polyfind::index::{Index, Uses};
use polyfind::measure;
use polyfind::memory::within;
use polyfind::polygons::Offsets;
use polyfind::query::{self, Attributes, Order, Ranked, Relation, Wanted, Which};
use polyfind::run::Run;
use polyfind::table::{Format, Rows, Table};
use polyfind::tally::Tally;

#[allow(dead_code)]
#[path = "index_file/tables.rs"]
mod tables;

use tables::{Aligned, Columns, Random, Table as Shapes};

/// The system's allocator, and how much it has given out, at most and now.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn count(bytes: usize) {
    MOST.fetch_max(LIVE.fetch_add(bytes, SeqCst) + bytes, SeqCst);
}

// SAFETY: the system's, but for the counting.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as promised to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as promised to us.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The old place and the new one may both be there for a while.
        count(size);
        LIVE.fetch_sub(layout.size(), SeqCst);
        // SAFETY: as promised to us.
        unsafe { System.realloc(start, layout, size) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), SeqCst);
        // SAFETY: as promised to us.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How a call went with a budget, and the most it took. What it gave is dropped; then nothing is left of it.
fn measured(job: &dyn Fn(&Run<'_>) -> Result<()>, budget: Option<usize>, workers: usize) -> (Result<()>, usize) {
    let before = LIVE.load(SeqCst);
    MOST.store(before, SeqCst);
    let result = within(budget, || job(&Run { workers, ..Run::default() }));
    let taken = MOST.load(SeqCst) - before;
    // A thread that was joined may still be putting its things away.
    let patience = Instant::now() + Duration::from_secs(10);
    while LIVE.load(SeqCst) != before && Instant::now() < patience {
        std::thread::yield_now();
    }
    assert_eq!(LIVE.load(SeqCst), before, "something is left of it");
    (result, taken)
}

fn some_points(random: &mut Random, count: usize) -> Columns {
    let mut points = Columns::default();
    (0..count).for_each(|_| points.push((random.unit() * 44.0, random.unit() * 44.0)));
    points
}

/// Rows of text, a hundredth of which are no polygons.
fn encoded(rows: usize) -> (Vec<u8>, Vec<i64>) {
    let (mut texts, mut ends) = (Vec::new(), vec![0]);
    for i in 0..rows {
        texts.extend_from_slice(if i % 100 == 99 { b"POINT EMPTY" } else { b"POLYGON ((0 0, 1 0, 0 1))" });
        ends.push(texts.len() as i64);
    }
    (texts, ends)
}

type Job<'a> = Box<dyn Fn(&Run<'_>) -> Result<()> + 'a>;

fn job<'a>(name: &str, call: impl Fn(&Run<'_>) -> Result<()> + 'a) -> (String, Job<'a>) {
    (name.to_owned(), Box::new(call))
}

/// All calls that take memory, with budgets from 2^10 to 2^40, `steps` of them to an octave.
fn hold_to_budgets(table: &Shapes, point_count: usize, steps: usize) {
    let (mut random, path) = (Random(7), std::env::temp_dir().join(format!("polyfind-budgets-{}", std::process::id())));
    let index = &Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
    index.save(&path, &Run::default()).unwrap();
    let mut bytes = vec![0; index.byte_size()];
    index.write(&mut bytes, &Run::default()).unwrap();
    let (bytes, path, table) = (&Aligned::new(&bytes), &path as &Path, &table.view());
    let (many, few) = (some_points(&mut random, point_count), some_points(&mut random, point_count / 50));
    let (many, few) = (&many.points(), &few.points());
    let (texts, ends) = encoded(point_count);
    let texts = &Rows::new(&texts, Offsets::I64(&ends), None).unwrap();
    let values = (0..point_count).map(|i| if i % 7 == 0 { 1e100 } else { random.unit() }).collect::<Vec<_>>();
    let mut jobs = vec![
        job("build", |run| Index::build(table, Uses::ALL, run).map(drop)),
        job("build centers", |run| Index::build(table, Uses::CENTERS, run).map(drop)),
        job("area", |run| measure::area(table, run).map(drop)),
        job("load", |run| Index::load(path, run).map(drop)),
        job("map", |run| Index::map(path, false, run).map(drop)),
        job("copy", |run| Index::copy(bytes.get(), false, run).map(drop)),
    ];
    let (near, inside) = (Relation::Close { distance: 2.0 }, Relation::Covers);
    let within_reach = Relation::Dwithin { distance: 0.5 };
    for (name, relation) in [("close", near), ("covers", inside), ("dwithin", within_reach)] {
        for (how_many, points) in [("many", many), ("few", few)] {
            for distances in [false, true] {
                let wanted = Wanted::all(distances);
                jobs.push(job(&format!("find {name}, {how_many}, distances: {distances}"), move |run| {
                    query::find(index, points, relation, wanted, run).map(drop)
                }));
            }
            let rows = if how_many == "many" { point_count } else { point_count / 50 };
            let out = std::cell::RefCell::new((vec![0; rows], vec![0; 2 * rows], vec![0.0; 2 * rows]));
            jobs.push(job(&format!("count, best and nearest {name}, {how_many}"), move |run| {
                let (counts, polygons, values) = &mut *out.borrow_mut();
                query::count(index, points, relation, run, counts)?;
                let best = Ranked::new(1, &mut polygons[..rows], Some(&mut values[..rows]));
                query::best(index, points, relation, Order::Area, run, best)?;
                query::nearest_centers(index, points, 2, 9.0, run, Ranked::new(2, polygons, None))?;
                query::nearest_polygons(index, points, 2, 9.0, run, Ranked::new(2, polygons, Some(values)))
            }));
        }
    }
    for skip in [true, false] {
        let read = move |run: &Run<'_>| Table::read(texts, Format::Wkt, skip, run);
        jobs.push(job(&format!("read, faults are skipped: {skip}"), move |run| match read(run) {
            Err(error) if error.kind() == Kind::Format => Ok(()),
            read => read.map(drop),
        }));
    }
    jobs.push(job("find nearest", |run| {
        query::find_nearest_polygons(index, many, 3, 9.0, Wanted::all(true), run).map(drop)
    }));
    for (name, points) in [("many", many), ("few", few)] {
        let attributes = Attributes { values: Some(&values[..points.len()]), groups: None };
        for (which, how) in [("all", Which::All), ("best", Which::Best(Order::Area))] {
            jobs.push(job(&format!("tally, {which} of {name}"), move |run| {
                let mut made = Tally::new(index.len(), 1)?;
                query::tally(index, few, Attributes::default(), inside, how, run, &mut made)?;
                query::tally(index, points, attributes, within_reach, how, run, &mut made)?;
                let mut both = Tally::new(index.len(), 1)?;
                both.merge(&made, run)
            }));
        }
    }
    for (name, job) in &jobs {
        for workers in [1, 3] {
            let (result, needed) = measured(job, None, workers);
            assert_eq!(result.err().map(|error| error.to_string()), None, "{name}");
            // Threads have a little that is not the call's.
            let (aside, many) = if workers == 1 { (0, 1) } else { (workers * 4096, 4) };
            for step in 10 * steps..=40 * steps {
                let budget = (step as f64 / steps as f64).exp2() as usize;
                let (result, taken) = measured(job, Some(budget), workers);
                let said =
                    format!("{name}: {taken} of {budget} bytes, {workers} workers; {needed} are needed: {result:?}");
                assert!(taken <= budget + aside, "{said}");
                match result {
                    Ok(()) => assert!(workers > 1 || needed <= budget, "{said}"),
                    Err(error) => assert!(error.kind() == Kind::Limit && budget < many * needed, "{said}"),
                }
            }
        }
    }
    drop(jobs);
    std::fs::remove_file(path).unwrap();
}

/// All in one: others would take memory meanwhile.
#[test]
fn calls_keep_to_their_budgets() {
    hold_to_budgets(&tables::stars(5, 150, 40, 1.0), 5000, 1);

    // What is dropped during a call was none of its memory.
    let (table, mut random) = (tables::stars(8, 300, 20, 1.0), Random(10));
    let index = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
    let points = some_points(&mut random, 2000);
    let find = |run: &Run<'_>| query::find(&index, &points.points(), Relation::Covers, Wanted::all(true), run);
    let (_, needed) = measured(&|run| find(run).map(drop), None, 1);
    let mut bytes = vec![0; index.byte_size()];
    index.write(&mut bytes, &Run::default()).unwrap();
    let others = (
        Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap(),
        Index::copy(&bytes, false, &Run::default()).unwrap(),
        find(&Run::default()).unwrap(),
    );
    let serial = Run { workers: 1, ..Run::default() };
    within(Some(needed), || {
        drop(others);
        assert!(find(&serial).is_ok());
    });

    // Where pairs are too many, they are not collected first.
    let (table, mut random) = (tables::stars(6, 2000, 4, 20.0), Random(9));
    let index = Index::build(&table.view(), Uses::CENTERS, &Run::default()).unwrap();
    let (points, most) = (some_points(&mut random, 20_000), Wanted { distances: false, max_pairs: 1000 });
    for workers in [1, 4] {
        let ask = |run: &Run<'_>| {
            query::find(&index, &points.points(), Relation::Close { distance: 1e4 }, most, run).map(drop)
        };
        let (result, taken) = measured(&ask, None, workers);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::Limit, "query.max_pairs = 1000: there are more"));
        assert!(taken < 4 << 20, "{taken} bytes for 30 million pairs that nobody wants");
    }
}

#[test]
#[ignore = "takes minutes"]
fn long_run_calls_keep_to_their_budgets() {
    hold_to_budgets(&tables::stars(5, 3000, 100, 3.0), 60_000, 8);
}
