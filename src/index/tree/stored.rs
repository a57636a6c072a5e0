//! The tree in an index file: its sections, and what queries rely on.

use super::{Boxes, Link, MOST_EDGES, NO_OWNER, Tree, levels};
use crate::error::Result;
use crate::index::file::layout::{Opening, Sections, damaged, hold};
use crate::index::section::Section;
use crate::index::shapes::Shapes;
use crate::run::{Run, for_ranges};

const LINKS: &str = "tree.links";
const NODES: &str = "tree.nodes";
const OWNERS: &str = "tree.owners";

impl Tree {
    pub(crate) fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        sections.add(LINKS, &self.links);
        sections.add(NODES, &self.nodes);
        sections.add(OWNERS, &self.owners);
    }

    /// Levels are known from the number of links: nothing that a file says makes a walk longer.
    pub(crate) fn take(from: &mut Opening<'_>) -> Result<Self> {
        let (links, nodes): (Section<Link>, Section<Boxes>) = (from.take(LINKS)?, from.take(NODES)?);
        let owners: Section<u32> = from.take(OWNERS)?;
        let (levels, count) = levels(links.len())?;
        if links.len() > u32::MAX as usize || nodes.len() != count || owners.len() != count {
            return Err(damaged(format_args!("{} links with {} nodes are no tree", links.len(), nodes.len())));
        }
        Ok(Tree { links, nodes, owners, levels })
    }

    /// Links are edges of one ring; boxes have no NaN; owners are polygons.
    pub(crate) fn verify(&self, shapes: &Shapes, run: &Run<'_>) -> Result<()> {
        for_ranges(run, self.links.len(), 5, |range| {
            for i in range {
                let Link { polygon, first, count } = self.links[i];
                hold((1..=MOST_EDGES).contains(&count), LINKS, i, "has too few edges or too many")?;
                let are_edges = shapes.are_edges(polygon, first..first.saturating_add(count));
                hold(are_edges, LINKS, i, "are not edges of its polygon")?;
            }
            Ok(())
        })?;
        for_ranges(run, self.nodes.len(), 5, |range| {
            for i in range {
                let Boxes { left, bottom, right, top } = &self.nodes[i];
                let sides = [left, bottom, right, top];
                let is_number = sides.iter().all(|side| side.iter().all(|value| !value.is_nan()));
                hold(is_number, NODES, i, "is NaN")?;
                let owner = self.owners[i];
                hold(owner == NO_OWNER || (owner as usize) < shapes.len(), OWNERS, i, "is not a polygon")?;
            }
            Ok(())
        })
    }
}
