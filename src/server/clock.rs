//! What time it is, and how long is waited: the one place of the service that reads the clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use tokio::{sync::Notify, time::Instant};

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
