//! What day it is, and how long is waited: the one place of the service that reads the clock.

use std::{sync::Arc, time::Duration};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use tokio::{sync::Notify, time::Instant};

/// What day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// As the machine says.
    System,
    /// Always this day, for tests.
    Fixed(Date),
}

impl Clock {
    /// Now; noon (UTC) of a fixed day.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(day) => Offset::UTC
                .to_timestamp(day.at(12, 0, 0, 0))
                .unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// Today in `zone`.
    pub fn today(self, zone: &TimeZone) -> Date {
        match self {
            Self::System => zone.to_datetime(Timestamp::now()).date(),
            Self::Fixed(day) => day,
        }
    }
}

/// How long is waited for FHIR servers.
#[derive(Debug, Clone)]
pub enum Patience {
    /// So long.
    For(Duration),
    /// Until told, for tests.
    UntilTold(Arc<Notify>),
}

impl Patience {
    /// Ready when it is over; it begins now.
    pub fn over(&self) -> impl Future<Output = ()> + Send + 'static {
        let patience = self.clone();
        let until = match &patience {
            Self::For(time) => Instant::now() + *time,
            Self::UntilTold(_) => Instant::now(),
        };
        async move {
            match patience {
                Self::For(_) => tokio::time::sleep_until(until).await,
                Self::UntilTold(told) => told.notified().await,
            }
        }
    }
}
