//! What the search does that its answers do not show.

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
            let count = waves.find::<V>(self.0, &mut entry, point, bound);
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
