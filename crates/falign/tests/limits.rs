//! Exact recurrences and limits: against engines, against tables of another implementation.

mod bounds;
mod lazy;
mod predictions;
mod recurrence;
mod slow_time;
