//! The search for one polygon, which needs no account of others: there is one bound, which what was nearest to the previous point
//! makes tight.

use super::entry::push;
use super::waves::Lone;
use super::{Neighbour, Question, Search, expect};
use crate::distance::Limit;
use crate::error::Result;
use crate::simd::Lanes;

impl Search {
    /// Puts the polygons nearest to a point that is inside of none into `neighbours`; false, with nothing there, where nothing is
    /// known to begin with or links within the bound are many.
    #[inline(always)]
    pub(super) fn find_one<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64)) -> Result<bool> {
        let Question { shapes, tree, .. } = *question;
        let Some(&seed) = self.seeds.first() else { return Ok(false) };
        self.looks.clear();
        let look = self.looks.look::<V>(shapes, point, (seed, tree.link(seed)))?;
        let mut bound = question.limit().min(Limit::above(look.most()));
        self.looks.add(0);
        let Some(count) = self.waves.find::<V>(tree, &mut self.entry, Lone::<V>::new(point, bound)) else {
            return Ok(false);
        };
        self.near.clear();
        self.near.reserve(count)?;
        for i in 0..count {
            let number = self.waves.link(i);
            if number != seed {
                expect(shapes, tree.link(number));
                push(&mut self.near, 0, (tree.square_of(number, point), number));
            }
        }
        self.seeds.truncate(1);
        while let Some((square, number)) = self.near.pop() {
            if square > bound {
                break;
            }
            let most = Limit::above(self.looks.look::<V>(shapes, point, (number, tree.link(number)))?.most());
            self.looks.add(self.looks.added().len() as u32);
            if most < bound {
                bound = most;
                self.seeds[0] = number;
            }
        }
        self.lengths.begin(self.looks.added().len())?;
        for look in self.looks.added() {
            self.lengths.add::<V>(shapes, point, look, bound)?;
        }
        self.lengths.finish::<V>(point);
        self.keep_nearest(question)?;
        Ok(true)
    }

    /// Of what was looked at.
    #[inline(always)]
    fn keep_nearest(&mut self, question: &Question<'_>) -> Result<()> {
        let mut nearest = question.max_distance;
        for (slot, look) in self.looks.added().iter().enumerate() {
            let distance = self.lengths.of(slot);
            if distance < nearest {
                nearest = distance;
                self.neighbours.clear();
            }
            // Not true for NaN.
            if distance <= nearest {
                self.neighbours.reserve(1)?;
                let polygon = question.tree.link(look.number).polygon as i32;
                self.neighbours.push(Neighbour { distance, polygon });
            }
        }
        if self.neighbours.len() > 1 {
            question.keep_different(&mut self.neighbours);
        }
        Ok(())
    }
}
