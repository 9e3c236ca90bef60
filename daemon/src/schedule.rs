//! Schedules of plugins: when each fires next, what of it was missed, and the task that fires them.
//!
//! The rules and what is due are pure; the timetable reads the clock, keeps each key before it
//! fires, and hands it to routing. It refuses to know how an event reaches a plugin.

pub mod due;
pub mod rule;
pub mod timetable;

pub use due::{Due, Missed, Past};
pub use rule::{Cron, Rule};
pub use timetable::{ScheduleView, Timetable};
