//! A hash of the vertices, by which equal polygons are found.

use super::Measure;
use super::farmhash;
use crate::coords::Scratch;
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::Lanes;

/// FarmHash's Fingerprint64 of these words: for each ring that has vertices, in order, twice their number, plus 1 for a hole; then
/// x and y of each vertex as doubles, where -0 is 0. A closing vertex is left out.
#[derive(Clone, Copy)]
pub(crate) struct Fingerprint;

impl Measure for Fingerprint {
    type Output = u64;

    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, _: &mut Scratch) -> Result<u64> {
        let mut hash = farmhash::Fingerprint::new();
        let mut is_finite = true;
        for (ring, is_hole) in polygons.rings_of(polygon).filter(|(ring, _)| !ring.is_empty()) {
            hash.add(2 * ring.len() as u64 + u64::from(is_hole));
            for i in ring {
                let (x, y) = polygons.vertices().get(i);
                is_finite &= x.is_finite() & y.is_finite();
                hash.add((x + 0.0).to_bits());
                hash.add((y + 0.0).to_bits());
            }
        }
        if !is_finite {
            polygons.check_polygon_finite(polygon)?;
        }
        Ok(hash.finish())
    }
}
