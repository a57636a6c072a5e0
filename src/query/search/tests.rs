//! What the search does that its answers do not show.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::index::{Index, Uses};
use crate::run::{Run, for_pieces};
use crate::simd::{Level, Task, dispatch};
use crate::testing::{Random, Table};

type Point = (f64, f64);

/// Squares of one unit around these centers.
fn squares(centers: impl Iterator<Item = Point>) -> Index {
    let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)];
    let polygons: Vec<_> =
        centers.map(|(x, y)| vec![vec![corners.map(|(dx, dy)| (x + dx, y + dy)).to_vec()]]).collect();
    Index::build(&Table::new(&polygons).view(), Uses::ALL, &Run::default()).unwrap()
}

/// Finds links in waves around one point after another.
struct Find<'a>(&'a Tree, &'a [(Point, f64)]);

impl Task for Find<'_> {
    type Output = Vec<Option<Vec<u32>>>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Self::Output {
        let (mut waves, mut entry) = (Waves::default(), Entry::default());
        let mut found = Vec::new();
        for &(point, bound) in self.1 {
            let count = waves.find::<V>(self.0, &mut entry, Lone::<V>::new(point, bound));
            found.push(count.map(|count| (0..count).map(|i| waves.link(i)).collect()));
        }
        found
    }
}

#[test]
fn waves_find_all_links_within_the_bound_or_give_up() {
    let mut random = Random(81);
    let (mut complete, mut asked) = (0, 0);
    for count in [1, 2, 3, 5, 16, 17, 64, 65, 300, 1200] {
        let index = squares((0..count).map(|_| (random.unit() * 100.0, random.unit() * 100.0)));
        let tree = index.tree().unwrap();
        let mut point = (50.0, 50.0);
        let spacing = 100.0 / f64::from(count).sqrt();
        let questions: Vec<(Point, f64)> = (0..300)
            .map(|i| {
                point = match i % 50 {
                    0 => (random.unit() * 120.0 - 10.0, random.unit() * 120.0 - 10.0),
                    _ => (point.0 + random.unit() - 0.5, point.1 + random.unit() - 0.5),
                };
                let reach = spacing * random.unit();
                if i % 25 == 7 {
                    // The way there, and the way back, is infinite.
                    return ((1.5e308, -1.5e308), 1.0);
                }
                (point, if i % 100 == 99 { f64::INFINITY } else { reach * reach })
            })
            .collect();
        for level in Level::all() {
            for (found, &(point, bound)) in dispatch(level, Find(tree, &questions)).into_iter().zip(&questions) {
                asked += 1;
                let Some(mut found) = found else { continue };
                complete += 1;
                found.sort_unstable();
                let all = 0..tree.links().len() as u32;
                let wanted: Vec<u32> = all.filter(|&link| tree.square_of(link, point) <= bound).collect();
                assert_eq!(found, wanted, "{level:?} {count} {point:?} {bound}");
            }
        }
    }
    assert!(complete > asked / 2 && complete < asked, "{complete} of {asked}");
}

/// Searches around one point after another; tells how many seeds there were at most.
struct Seeds<'a, 'w>(&'a Question<'a>, &'a [Point], &'a Watch<'w>);

impl Task for Seeds<'_, '_> {
    type Output = usize;

    #[inline(always)]
    fn run<V: Lanes>(self) -> usize {
        let Seeds(question, points, watch) = self;
        let (mut search, mut most) = (Search::default(), 0);
        for &point in points {
            search.neighbours.clear();
            search.run::<V>(question, point, watch).unwrap();
            most = most.max(search.seeds.len());
        }
        most
    }
}

#[test]
fn what_is_too_far_away_does_not_stay_a_seed() {
    let index = squares((0..400).map(|i| (f64::from(i) * 1.5, 0.0)));
    let (shapes, tree) = (&index.insides().unwrap().shapes, index.tree().unwrap());
    // Within 2 of a place above the squares are three or four of them.
    let question = Question { shapes, tree, k: 1000, ties: true, max_distance: 2.0 };
    let points: Vec<Point> = (0..2000).map(|i| (f64::from(i) * 0.3, 1.0)).collect();
    for_pieces(&Run::default(), 1, 1, 1, std::iter::once(()), |(), watch| {
        for level in Level::all() {
            let most = dispatch(level, Seeds(&question, &points, watch));
            assert!(most <= 6, "{most}");
        }
        Ok(())
    })
    .unwrap();
}

/// Asks for the nearest polygons of points by fours, where that gives any, and one by one.
struct Fours<'a, 'w>(&'a Question<'a>, &'a [FourPoints], &'a Watch<'w>);

type Answers = Vec<(i32, f64)>;

impl Task for Fours<'_, '_> {
    type Output = Vec<(Option<Answers>, Answers)>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Self::Output {
        let Fours(question, fours, watch) = self;
        let (mut together, mut alone) = (Search::default(), Search::default());
        let mut all = Vec::new();
        let answers = |search: &Search| search.neighbours.iter().map(|n| (n.polygon, n.distance)).collect();
        for four in fours {
            let are_found = together.find_four::<V>(question, four).unwrap();
            for lane in 0..4 {
                alone.neighbours.clear();
                alone.run::<V>(question, four.get(lane), watch).unwrap();
                if are_found {
                    together.take_of_four(question, lane).unwrap();
                } else {
                    // The seed of what comes next.
                    together.neighbours.clear();
                    together.run::<V>(question, four.get(lane), watch).unwrap();
                }
                all.push((are_found.then(|| answers(&together)), answers(&alone)));
            }
        }
        all
    }
}

#[test]
fn four_points_together_find_what_each_finds_alone() {
    let mut random = Random(83);
    let counts = [const { AtomicUsize::new(0) }; 4];
    for round in 0..48 {
        // On a lattice many are as near as others.
        let is_even = round % 3 == 0;
        let count = 1 + random.below(if round % 2 == 0 { 12 } else { 400 });
        // Where squares are too small or too large, everything is decided by integers, which takes its time.
        let scale = [1.0, 1.0, 1.0, 1e-160, 1.0, 1.0, 1.0, 1e150, 1.0, 1.0, 1e308, 1.0][round % 12];
        let mut place = || if is_even { random.below(30) as f64 * 0.5 } else { random.unit() * 30.0 };
        // Up to two links each.
        let sides = if is_even { 4 } else { [4, 7, 24][round / 3 % 3] };
        let corner = |i: usize| match sides {
            4 => [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)][i],
            _ => (i as f64 / sides as f64 * std::f64::consts::TAU).sin_cos(),
        };
        let polygons: Vec<_> = (0..count)
            .map(|_| {
                let (x, y) = (place() - 15.0, place() - 15.0);
                let scaled = |(dx, dy): Point| ((x + dx) * (scale * 0.06), (y + dy) * (scale * 0.06));
                vec![vec![(0..sides).map(|i| scaled(corner(i))).collect()]]
            })
            .collect();
        let index = Index::build(&Table::new(&polygons).view(), Uses::ALL, &Run::default()).unwrap();
        let (shapes, tree) = (&index.insides().unwrap().shapes, index.tree().unwrap());
        let mut at = (0.0, 0.0);
        let fours: Vec<FourPoints> = (0..100)
            .map(|i| {
                let mut four = FourPoints::default();
                let step = [0.01, 0.3, 3.0][i % 3];
                for lane in 0..4 {
                    at = if i % 40 == 0 {
                        (random.unit() * 60.0 - 30.0, random.unit() * 60.0 - 30.0)
                    } else {
                        (at.0 + (random.unit() - 0.5) * step, at.1 + (random.unit() - 0.5) * step)
                    };
                    let (x, y) = if is_even { ((at.0 * 2.0).round() / 2.0, at.1.round()) } else { at };
                    let limit = |v: f64| v.clamp(-16.5, 16.5) * (scale * 0.06);
                    (four.x[lane], four.y[lane]) = (limit(x), limit(y));
                }
                four
            })
            .collect();
        let max_distance = if round % 5 == 0 { 0.3 * (scale * 0.06) } else { f64::INFINITY };
        let question = Question { shapes, tree, k: 1, ties: round % 2 == 0, max_distance };
        for_pieces(&Run::default(), 1, 1, 1, std::iter::once(()), |(), watch| {
            for level in Level::all() {
                for (together, alone) in dispatch(level, Fours(&question, &fours, watch)) {
                    let is_found = together.is_some();
                    assert!(together.is_none_or(|together| together == alone), "{level:?}, round {round}");
                    let kinds = [true, is_found, is_found && alone.len() > 1, is_found && alone.is_empty()];
                    for (count, is_one) in counts.iter().zip(kinds) {
                        count.fetch_add(usize::from(is_one), Ordering::Relaxed);
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    }
    let [asked, found, tied, empty] = counts.map(AtomicUsize::into_inner);
    assert!(found > asked / 4 && tied > 150 && empty > 300, "{found} of {asked}, {tied} tied, {empty} empty");
}
