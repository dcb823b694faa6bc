//! What was found out about texts that come again and again, as the concepts of a hospital do.

use std::collections::HashMap;

/// Most texts that are remembered.
const TEXTS: usize = 10_000;
/// The longest of them, in bytes.
const LONGEST: usize = 1024;

/// What was found out, by text; a longer text, or one too many, is found out again each time.
#[derive(Debug, Default)]
pub(super) struct Remembered<T>(HashMap<Box<str>, T>);

impl<T: Copy> Remembered<T> {
    /// What was found out about a text.
    pub fn of(&self, text: &str) -> Option<T> {
        self.0.get(text).copied()
    }

    /// Remembers it, where there is room.
    pub fn add(&mut self, text: &str, found: T) {
        if self.0.len() < TEXTS && text.len() <= LONGEST {
            self.0.insert(text.into(), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_has_an_end() {
        let mut remembered = Remembered::default();
        remembered.add(&"x".repeat(LONGEST + 1), 0);
        assert!(remembered.0.is_empty());
        for number in 0..=TEXTS {
            remembered.add(&number.to_string(), number);
        }
        assert_eq!(remembered.of("0"), Some(0));
        assert_eq!(remembered.of(&TEXTS.to_string()), None);
    }
}
