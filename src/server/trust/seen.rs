//! The tokens that a client has used: each is let in once, however many send it at once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::denial::Denial;

/// Tokens of one client that are remembered at most: 250 a second that live an hour.
const MOST: usize = 1_000_000;
/// Fewer than this are not worth a look for what has expired.
const FEW: usize = 1_000;

/// The ids of tokens that have been used, each with the time after which it is refused anyway.
#[derive(Debug, Default)]
pub struct Seen(Mutex<Tokens>);

#[derive(Debug, Default)]
struct Tokens {
    until: HashMap<String, i64>,
    /// How many there were after the last look for what has expired.
    kept: usize,
    /// The latest time after which a token that is forgotten is refused anyway.
    forgotten: i64,
}

impl Seen {
    /// Lets a token in, the first time. Times in seconds since 1970.
    ///
    /// # Errors
    ///
    /// It was used before, or there is no room to remember it.
    pub fn enter(&self, id: String, until: i64, now: i64) -> Result<(), Denial> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tokens.until.len();
        if count >= FEW && (count >= tokens.kept.saturating_mul(2) || count >= MOST) {
            let Tokens {
                until, forgotten, ..
            } = &mut *tokens;
            until.retain(|_, until| {
                let stays = *until > now;
                if !stays {
                    *forgotten = (*forgotten).max(*until);
                }
                stays
            });
            tokens.kept = tokens.until.len().max(FEW);
        }
        // One that is forgotten has expired, unless the clock was set back since: it may be any of them.
        if tokens.until.contains_key(&id) || until <= tokens.forgotten {
            return Err(Denial::Replayed);
        }
        if tokens.until.len() >= MOST {
            return Err(Denial::TooManyTokens);
        }
        tokens.until.insert(id, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_let_in_once_and_forgotten_when_it_has_expired() {
        let seen = Seen::default();
        for second in 0..20_000 {
            let id = format!("token-{second}");
            assert_eq!(seen.enter(id.clone(), second + 60, second), Ok(()));
            let again = seen.enter(id, second + 60, second);
            assert_eq!(again, Err(Denial::Replayed));
        }
        let kept = seen.0.lock().unwrap().until.len();
        assert!((60..=2 * FEW).contains(&kept), "{kept}");
    }

    #[test]
    fn a_token_that_was_forgotten_is_not_let_in_when_the_clock_is_set_back() {
        let seen = Seen::default();
        for number in 0..2 * FEW {
            let until = 60 + i64::from(number % 2 == 0);
            assert_eq!(seen.enter(number.to_string(), until, 0), Ok(()));
        }
        // An hour ahead, when they are forgotten; and back.
        assert_eq!(seen.enter("ahead".to_owned(), 3660, 3600), Ok(()));
        assert_eq!(seen.0.lock().unwrap().until.len(), 1);
        for number in ["0", "1", "not used before"] {
            let again = seen.enter(number.to_owned(), 61, 0);
            assert_eq!(again, Err(Denial::Replayed), "{number}");
        }
        assert_eq!(seen.enter("later".to_owned(), 62, 1), Ok(()));
        assert_eq!(
            seen.enter("ahead".to_owned(), 3660, 1),
            Err(Denial::Replayed)
        );
    }

    #[test]
    fn without_room_nobody_is_let_in() {
        let seen = Seen::default();
        for number in 0..MOST {
            assert_eq!(seen.enter(number.to_string(), 10, 0), Ok(()));
        }
        let one_more = || seen.enter("one more".to_owned(), 10, 0);
        assert_eq!(one_more(), Err(Denial::TooManyTokens));
        assert_eq!(seen.enter("later".to_owned(), 20, 10), Ok(()));
    }
}
