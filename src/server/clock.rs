//! What time it is: the one place of the service that reads the clock.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};

/// What time it is.
#[derive(Debug, Clone)]
pub enum Clock {
    /// As the machine says.
    System,
    /// Always noon (UTC) of this day, for tests.
    Fixed(Date),
    /// As it was last set, in seconds since 1970, for tests.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(day) => Offset::UTC
                .to_timestamp(day.at(12, 0, 0, 0))
                .unwrap_or(Timestamp::UNIX_EPOCH),
            Self::Set(seconds) => Timestamp::from_second(seconds.load(Ordering::Relaxed))
                .unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// Today in `zone`.
    pub fn today(&self, zone: &TimeZone) -> Date {
        match self {
            Self::System | Self::Set(_) => zone.to_datetime(self.now()).date(),
            Self::Fixed(day) => *day,
        }
    }
}
