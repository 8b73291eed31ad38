//! `network.layers`: a network as a list of layers.
//!
//! One kind of layer is one file here: its keys, the shape above it, and what it is made of. One more kind
//! is such a file, a line in `kinds!`, and its operator or map.

mod blueprint;
mod convolution;
mod dense;
mod dropout;
mod flatten;
mod kind;
mod list;
mod local;
mod norm;
mod pool;
mod residual;
mod shape;
mod words;

use toml::Table;

pub(crate) use self::blueprint::refusal;
pub use self::blueprint::{Blueprint, Node, NodeLayer};
pub use self::kind::LayerKey;
use self::kind::{Kind, Piece};
pub use self::list::Layers;
pub(crate) use self::list::{LayerList, with_part};
pub use self::shape::Shape;
pub(crate) use self::shape::{Sides, SidesType};
use crate::config::types::Fault;
use crate::math::Activation;
use crate::math::simd::Element;

/// Kind of layer, for whoever writes lists in another language.
#[derive(Debug, Clone, Copy)]
pub struct KindOfLayer {
    /// Name of a type of its own.
    pub name: &'static str,
    /// The kind in words.
    pub about: &'static str,
    /// Keys, of which the first names the kind in files.
    pub keys: &'static [LayerKey],
}

/// Kinds of layers, in the order of the documentation.
pub fn kinds_of_layers() -> impl Iterator<Item = KindOfLayer> {
    let named = LayerKind::about().zip(LayerKind::all());
    named.map(|((name, about), keys)| KindOfLayer { name, about, keys })
}

/// Kinds of layers, in the order of the documentation.
macro_rules! kinds {
    ($($name:ident in $file:ident,)+) => {
        /// A layer of a list.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum LayerKind {
            $($name($file::$name),)+
        }

        impl LayerKind {
            /// The keys of each kind, its name first.
            pub(crate) fn all() -> impl Iterator<Item = &'static [LayerKey]> + Clone {
                [$($file::$name::KEYS,)+].into_iter()
            }

            /// The name of each kind in other languages, and what it is.
            fn about() -> impl Iterator<Item = (&'static str, &'static str)> {
                [$((stringify!($name), $file::$name::ABOUT),)+].into_iter()
            }

            fn read(kind: &str, table: &Table) -> Result<Self, Fault> {
                $(if kind == $file::$name::KEYS[0].name {
                    return $file::$name::read(table).map(Self::$name);
                })+
                unreachable!("a kind of the list")
            }

            /// The table that reads back as this, without defaults.
            pub(crate) fn write(&self) -> Table {
                match self {
                    $(Self::$name(layer) => layer.write(),)+
                }
            }

            /// The keys of this kind.
            pub(crate) fn keys(&self) -> &'static [LayerKey] {
                match self {
                    $(Self::$name(_) => $file::$name::KEYS,)+
                }
            }

            /// Shape of a sample above, or why there is none.
            pub(crate) fn above(&self, below: Shape) -> Result<Shape, String> {
                match self {
                    $(Self::$name(layer) => layer.above(below),)+
                }
            }

            /// Drops what says no more than is so without it.
            fn settle(&mut self, psi: Activation) {
                match self {
                    $(Self::$name(layer) => layer.settle(psi),)+
                }
            }

            /// The layers and maps of which it is made.
            fn pieces<T: Element>(&self, below: Shape, psi: Activation) -> Vec<Piece<T>> {
                match self {
                    $(Self::$name(layer) => layer.pieces(below, psi),)+
                }
            }
        }
    };
}

kinds! {
    Dense in dense,
    Conv in convolution,
    Local in local,
    Pool in pool,
    Norm in norm,
    Residual in residual,
    Flatten in flatten,
    Dropout in dropout,
}
