//! What day it is: the one place of the service that reads the clock.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// What day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// As the machine says.
    System,
    /// Always this day, for tests.
    Fixed(Date),
}

impl Clock {
    /// Today in `zone`.
    pub fn today(self, zone: &TimeZone) -> Date {
        match self {
            Self::System => zone.to_datetime(Timestamp::now()).date(),
            Self::Fixed(day) => day,
        }
    }
}
