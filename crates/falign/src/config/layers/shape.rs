//! Shapes of samples on their way through layers.

use std::fmt;

use toml::Value;

use crate::config::form::{Form, Order};
use crate::config::types::{ValueType, count};
use crate::layer::{Image, Window, Windows};

/// The most channels, units, and places of an axis.
pub(crate) const MOST: u64 = 1_000_000_000;

/// Shape of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Channels and places.
    pub(crate) image: Image,
    /// Whether it is one-dimensional, with windows along it alone.
    pub(crate) is_sequence: bool,
}

impl Shape {
    /// Numbers without places.
    pub(crate) fn flat(numbers: usize) -> Self {
        Self {
            image: Image {
                channels: numbers,
                height: 1,
                width: 1,
            },
            is_sequence: false,
        }
    }

    /// Numbers of a sample.
    pub fn numbers(self) -> usize {
        self.image.numbers()
    }

    /// Axes, channels first: (channels, height, width), (channels, width) or (numbers).
    pub fn axes(self) -> Vec<usize> {
        let Image {
            channels,
            height,
            width,
        } = self.image;
        if self.is_sequence {
            vec![channels, width]
        } else if self.image.places() == 1 {
            vec![channels]
        } else {
            vec![channels, height, width]
        }
    }

    /// Windows over it, or why they do not fit. `word` is what a file calls their size.
    pub(crate) fn windows(
        self,
        word: &str,
        size: Sides,
        stride: Sides,
        padding: Sides,
    ) -> Result<Windows, String> {
        for (name, sides) in [(word, size), ("stride", stride), ("padding", padding)] {
            if self.is_sequence && sides.down != sides.along {
                return Err(format!(
                    "a sequence has one axis: give one number for {name}"
                ));
            }
        }
        let window = |size, stride, padding| Window {
            size,
            stride,
            padding,
        };
        let along = window(size.along, stride.along, padding.along);
        let down = if self.is_sequence {
            Window::POINT
        } else {
            window(size.down, stride.down, padding.down)
        };
        if along.padding >= along.size || down.padding >= down.size {
            return Err(format!(
                "padding {padding} is not smaller than the {word} {size}; lower it"
            ));
        }
        let windows = Windows {
            input: self.image,
            down,
            along,
        };
        match windows.output(1) {
            Some(_) => Ok(windows),
            None => Err(format!(
                "{word} {size} does not fit {}{}",
                self.places(),
                if padding == Sides::of(0) {
                    "; make it smaller, pad below it, or pool less".to_owned()
                } else {
                    format!(" with padding {padding}")
                }
            )),
        }
    }

    /// The shape of so many channels with a place for each of the windows, which fit.
    pub(crate) fn over(self, windows: Windows, channels: usize) -> Self {
        let image = windows.output(channels);
        Self {
            image: image.expect("windows that fit"),
            ..self
        }
    }

    /// `4 x 4`, or `4`.
    fn places(self) -> String {
        if self.is_sequence {
            self.image.width.to_string()
        } else {
            format!("{} x {}", self.image.height, self.image.width)
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.axes().iter().map(usize::to_string).collect();
        f.write_str(&axes.join(" x "))
    }
}

/// A number of places for each axis: down and along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) down: usize,
    pub(crate) along: usize,
}

impl Sides {
    /// Sides that are equal on both axes.
    pub(crate) const fn of(side: usize) -> Self {
        Self {
            down: side,
            along: side,
        }
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.down == self.along {
            write!(f, "{}", self.down)
        } else {
            write!(f, "{} x {}", self.down, self.along)
        }
    }
}

/// One number for both axes, or a list of two: down, along.
pub(crate) struct SidesType {
    pub(crate) min: u64,
}

impl SidesType {
    fn list(&self) -> Form {
        Form::List {
            of: Box::new(count(self.min, MOST).forms().remove(0)),
            order: Order::Any,
        }
    }
}

impl ValueType for SidesType {
    type Of = Sides;

    fn read(&self, value: &Value) -> Option<Sides> {
        let side = |value| usize::try_from(count(self.min, MOST).read(value)?).ok();
        match value.as_array().map(Vec::as_slice) {
            None => side(value).map(Sides::of),
            Some([down, along]) => Some(Sides {
                down: side(down)?,
                along: side(along)?,
            }),
            Some(_) => None,
        }
    }

    fn write(&self, of: &Sides) -> Option<Value> {
        let side = |side: usize| count(self.min, MOST).write(&(side as u64));
        if of.down == of.along {
            return side(of.down);
        }
        Some(Value::Array(vec![side(of.down)?, side(of.along)?]))
    }

    fn forms(&self) -> Vec<Form> {
        let mut forms = count(self.min, MOST).forms();
        forms.push(self.list());
        forms
    }
}
