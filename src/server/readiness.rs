//! Whether calls should be sent here: not while the service stops, nor while a canary fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What `/health/ready` answers from.
#[derive(Debug, Default)]
pub struct Readiness {
    stopping: AtomicBool,
    failing: AtomicUsize,
}

impl Readiness {
    /// The service has been told to stop.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether it has.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// So many canaries fail.
    pub fn canaries_failing(&self, count: usize) {
        self.failing.store(count, Ordering::Relaxed);
    }

    /// Why calls should not be sent here; empty where they should.
    pub fn reasons(&self) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.is_stopping() {
            reasons.push("stopping");
        }
        if self.failing.load(Ordering::Relaxed) > 0 {
            reasons.push("canaries-failing");
        }
        reasons
    }
}
