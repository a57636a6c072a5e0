//! The tree in an index file: its sections, and what queries rely on.

use super::slabs::Slabs;
use super::{Boxes, Link, MOST_EDGES, NO_OWNER, Tree, WIDTH, levels};
use crate::error::Result;
use crate::index::file::layout::{Opening, Sections, damaged, hold_all};
use crate::index::section::Section;
use crate::index::shapes::stored::Verified;
use crate::run::{Run, for_ranges};

const LINKS: &str = "tree.links";
const NODES: &str = "tree.nodes";
const SLABS: &str = "tree.slabs";
const OWNERS: &str = "tree.owners";

impl Tree {
    pub(crate) fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        sections.add(LINKS, &self.links);
        sections.add(NODES, &self.nodes);
        sections.add(SLABS, &self.slabs);
        sections.add(OWNERS, &self.owners);
    }

    /// Levels are known from the number of links: nothing that a file says makes a walk longer.
    pub(crate) fn take(from: &mut Opening<'_>) -> Result<Self> {
        let (links, nodes): (Section<Link>, Section<Boxes>) = (from.take(LINKS)?, from.take(NODES)?);
        let (slabs, owners): (Section<Slabs>, Section<u32>) = (from.take(SLABS)?, from.take(OWNERS)?);
        let (levels, count) = levels(links.len())?;
        if links.len() > u32::MAX as usize || nodes.len() != count || owners.len() != count {
            return Err(damaged(format_args!("{} links with {} nodes are no tree", links.len(), nodes.len())));
        }
        if !slabs.is_empty() && slabs.len() != count {
            return Err(damaged(format_args!("{} slabs are not those of {count} nodes", slabs.len())));
        }
        Ok(Tree { links, nodes, owners, slabs, levels })
    }

    /// Links are edges of one ring; boxes and slabs have no NaN; owners are polygons.
    pub(crate) fn verify(&self, polygons: &Verified<'_>, run: &Run<'_>) -> Result<()> {
        for_ranges(run, self.links.len(), 2, |range| {
            let broken = ["has too few edges or too many", "are not edges of its polygon"];
            hold_all(&self.links[range.clone()], range.start, LINKS, broken, |_, &link| {
                let Link { polygon, first, count } = link;
                [(1..=MOST_EDGES).contains(&count), polygons.are_edges(polygon, first, count)]
            })
        })?;
        for_ranges(run, self.nodes.len(), 5, |range| {
            hold_all(&self.nodes[range.clone()], range.start, NODES, ["is NaN"], |_, node| {
                let Boxes { left, bottom, right, top } = node;
                let all = |side: &[f64; WIDTH]| side.iter().fold(true, |all, value| all & !value.is_nan());
                [all(left) & all(bottom) & all(right) & all(top)]
            })
        })?;
        for_ranges(run, self.slabs.len(), 5, |range| {
            hold_all(&self.slabs[range.clone()], range.start, SLABS, ["is NaN"], |_, slabs| [!slabs.is_nan()])
        })?;
        for_ranges(run, self.owners.len(), 1, |range| {
            hold_all(&self.owners[range.clone()], range.start, OWNERS, ["is not a polygon"], |_, &owner| {
                [(owner == NO_OWNER) | ((owner as usize) < polygons.shapes.len())]
            })
        })
    }
}
