//! Exact recurrences and limits: against engines, against tables of another implementation.

mod recurrence;
