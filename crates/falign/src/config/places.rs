//! Places in the file of claims and panels, for what is found wrong with them only next to the
//! settings or the tables that will be there.

use super::document::Node;
use crate::Error;

/// Places of an experiment's claims and panels. Experiments that differ in nothing else are equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    claims: Vec<Node>,
    panels: Vec<Node>,
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Places {
    pub(crate) fn new(claims: &[Node], figure: Option<&Node>) -> Self {
        let panels = figure.and_then(|figure| figure.get("panel"));
        Self {
            claims: claims.to_vec(),
            panels: panels.map_or_else(Vec::new, |panels| panels.items().to_vec()),
        }
    }

    /// The error with the place of what it says of the claim of that name.
    pub(crate) fn in_claim(&self, id: &str, error: Error) -> Error {
        let is_it = |node: &&Node| node.get("id").and_then(|id| id.given.as_str()) == Some(id);
        match self.claims.iter().find(is_it) {
            Some(node) => node.locate_within(&format!("claim.{id}."), error),
            None => error,
        }
    }

    /// The error with the place of what it says of the panel of that number, from 0, in the file.
    pub(crate) fn in_panel(&self, index: usize, error: Error) -> Error {
        match self.panels.get(index) {
            Some(node) => node.locate_within("figure.panel.", error),
            None => error,
        }
    }
}
