//! A body measured before it is read: how deep it is nested, how much it holds.
//!
//! One pass over the bytes that needs no memory beyond the depth, so that a body that is over a limit
//! costs next to nothing. It takes any bytes: what is not JSON is found out later, by reading it.

/// What a body may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Objects and arrays within each other.
    pub depth: usize,
    /// Items of one array: entries of one Bundle, at most.
    pub entries: usize,
    /// Resources in all.
    pub resources: usize,
}

/// The limit that a body is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Nested too deeply.
    Depth,
    /// An array with too many items.
    Entries,
    /// Too many resources.
    Resources,
}

/// The member that every resource has.
const OF_EVERY_RESOURCE: &[u8] = b"\"resourceType\"";

/// Measures a body.
///
/// # Errors
///
/// The first limit that it is over.
pub fn measure(body: &[u8], limits: Limits) -> Result<(), Excess> {
    // The commas seen so far in each array or object that is open.
    let mut open: Vec<usize> = Vec::with_capacity(limits.depth);
    let mut resources = 0;
    let mut rest = body;
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' => {
                if rest.starts_with(OF_EVERY_RESOURCE) {
                    resources += 1;
                    if resources > limits.resources {
                        return Err(Excess::Resources);
                    }
                }
                rest = after_string(after);
                continue;
            }
            b'[' | b'{' => {
                if open.len() == limits.depth {
                    return Err(Excess::Depth);
                }
                open.push(0);
            }
            b']' | b'}' => {
                open.pop();
            }
            b',' => {
                if let Some(commas) = open.last_mut() {
                    *commas += 1;
                    if *commas >= limits.entries {
                        return Err(Excess::Entries);
                    }
                }
            }
            _ => {}
        }
        rest = after;
    }
    Ok(())
}

/// What follows a string whose opening quote has been read.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' => return after,
            b'\\' => rest = after.get(1..).unwrap_or_default(),
            _ => rest = after,
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_measured() {
        let limits = Limits {
            depth: 3,
            entries: 2,
            resources: 2,
        };
        let resource = r#"{"resourceType":"A"}"#;
        for (body, over) in [
            (String::new(), None),
            ("{}".to_owned(), None),
            ("[[[]]]".to_owned(), None),
            ("[[[[]]]]".to_owned(), Some(Excess::Depth)),
            (r#"{"a":{"b":{"c":{}}}}"#.to_owned(), Some(Excess::Depth)),
            ("[".repeat(1_000_000), Some(Excess::Depth)),
            ("[[],[]]".to_owned(), None),
            ("[1,2]".to_owned(), None),
            ("[1,2,3]".to_owned(), Some(Excess::Entries)),
            ("[[1,2],[1,2]]".to_owned(), None),
            (r#"["a,b,c,d"]"#.to_owned(), None),
            (r#"["[[[[[[["]"#.to_owned(), None),
            (r#"["\"[[[[[[["]"#.to_owned(), None),
            (r#"["\\",[[[]]]]"#.to_owned(), Some(Excess::Depth)),
            (r#"["\"#.to_owned(), None),
            ("]]]]}}}}[".to_owned(), None),
            (format!("[{resource},{resource}]"), None),
            (
                format!("[{resource},[{resource},{resource}]]"),
                Some(Excess::Resources),
            ),
        ] {
            assert_eq!(measure(body.as_bytes(), limits).err(), over, "{body:.40}");
        }
    }
}
