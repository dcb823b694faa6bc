//! Every word of every card, Danish and English side by side.
//!
//! Fixed words are a [`Text`]; words around a value are a `say!`, whose placeholders the compiler
//! checks in both languages. What depends on an enumeration is an exhaustive match, so a new card,
//! criterion, missing item or data problem does not compile before it has words.

pub(super) mod choices;
pub(super) mod conclusion;
pub(crate) mod entry;
pub(crate) mod gaps;
pub(super) mod grounds;
pub(super) mod labels;
pub(crate) mod overrides;
pub(super) mod reports;
pub(super) mod studies;
pub(super) mod summary;
pub(crate) mod timeline;
pub(crate) mod trace;
pub(crate) mod words;

use super::Language;

/// One text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    da: &'static str,
    en: &'static str,
}

impl Text {
    /// In one language.
    pub const fn say(self, language: Language) -> &'static str {
        match language {
            Language::Da => self.da,
            Language::En => self.en,
        }
    }
}

/// A text in both languages, Danish first.
pub(crate) const fn text(da: &'static str, en: &'static str) -> Text {
    Text { da, en }
}

/// A sentence around values: Danish first, then English, with the same captured values.
macro_rules! say {
    ($language:expr, $da:literal, $en:literal) => {
        match $language {
            $crate::cards::Language::Da => format!($da),
            $crate::cards::Language::En => format!($en),
        }
    };
}
pub(crate) use say;
