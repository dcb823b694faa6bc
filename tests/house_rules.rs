//! House rules of the source, held by a test: the arrows between modules, what each may touch, and
//! what must not be in a committed file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The modules from the bottom up, and which of the others each may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("guideline", &[]),
    ("chart", &["guideline"]),
    ("cards", &["guideline", "chart"]),
    ("timeline", &["guideline", "chart", "cards"]),
    ("cds_hooks", &["guideline", "chart", "cards"]),
    ("artefacts", &["guideline", "cards"]),
    ("cohort", &["guideline", "chart"]),
    ("config", &["cards"]),
    ("store", &["config"]),
    ("report", &["config", "store"]),
    (
        "server",
        &[
            "artefacts",
            "guideline",
            "chart",
            "cards",
            "timeline",
            "cds_hooks",
            "config",
            "store",
            "report",
        ],
    ),
    ("doctor", &["server"]),
    (
        "cli",
        &[
            "artefacts",
            "guideline",
            "chart",
            "cards",
            "timeline",
            "cds_hooks",
            "cohort",
            "config",
            "store",
            "report",
            "server",
            "doctor",
        ],
    ),
];

/// The modules that do no I/O and read no clock.
const PURE: [&str; 6] = [
    "guideline",
    "chart",
    "cards",
    "timeline",
    "artefacts",
    "cds_hooks",
];
/// Modules that read files or a database, and no clock either: the day is an argument.
const TIMELESS: [&str; 4] = ["config", "store", "report", "cohort"];
/// What neither may name.
const CLOCKS: [&str; 4] = ["SystemTime", "Instant::now", "Timestamp::now", "Zoned::now"];
/// What the pure ones may not name besides.
const IMPURE: [&str; 5] = ["std::fs", "std::net", "std::env", "std::process", "tokio"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder`, build products and the history aside.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !["target", ".git"].contains(&name) {
                found.extend(files(&path));
            }
        } else if name != ".git" {
            found.push(path);
        }
    }
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    let rust = files(root())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root()).unwrap().to_owned(), text)
    })
    .collect()
}

/// The module of a file below `src`: `src/chart/lab.rs` is `chart`.
fn module(path: &Path) -> Option<String> {
    let below = path.strip_prefix("src").ok()?;
    let first = Path::new(below.components().next()?.as_os_str());
    Some(first.file_stem()?.to_str()?.to_owned())
}

/// The names that follow `crate::`, in `use crate::{a::…, b::…}` too.
fn used_modules(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let mut depth = 0;
        let mut name = String::new();
        for letter in rest.chars() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ' ' | '\n' => {}
                letter if depth <= 1 && (letter.is_alphanumeric() || letter == '_') => {
                    name.push(letter);
                    continue;
                }
                _ => {}
            }
            if !name.is_empty() && letter != ' ' && letter != '\n' {
                used.push(std::mem::take(&mut name));
            }
            if depth == 0 {
                break;
            }
        }
    }
    used
}

#[test]
fn arrows_go_one_way() {
    let known: Vec<&str> = ARROWS.iter().map(|(module, _)| *module).collect();
    for (path, text) in sources() {
        let Some(module) = module(&path) else {
            continue;
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            assert!(
                ["lib", "main"].contains(&module.as_str()),
                "{}: no rule",
                path.display()
            );
            continue;
        };
        for used in used_modules(&text) {
            if known.contains(&used.as_str()) && used != module {
                assert!(
                    allowed.contains(&used.as_str()),
                    "{}: uses {used}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn the_reader_of_arrows_reads_every_form() {
    let text =
        "use crate::{cards::{self, card}, chart::{Chart, x::Y}};\nfn f(_: crate::server::S) {}";
    let used = used_modules(text);
    for name in ["cards", "chart", "server"] {
        assert!(used.iter().any(|used| used == name), "{name} in {used:?}");
    }
}

#[test]
fn below_the_server_no_clock_and_no_io() {
    for (path, text) in sources() {
        let Some(module) = module(&path) else {
            continue;
        };
        let forbidden: &[&[&str]] = match module.as_str() {
            pure if PURE.contains(&pure) => &[&CLOCKS, &IMPURE],
            timeless if TIMELESS.contains(&timeless) => &[&CLOCKS],
            _ => continue,
        };
        if path.ends_with("tests.rs") {
            continue;
        }
        let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for name in forbidden.concat() {
            assert!(!program.contains(name), "{}: {name}", path.display());
        }
    }
}

/// Lints that keep the guideline from panicking, denied for the whole module.
const NO_PANIC: [&str; 8] = [
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::unreachable",
    "clippy::todo",
    "clippy::indexing_slicing",
    "clippy::string_slice",
    "clippy::arithmetic_side_effects",
];

#[test]
fn the_guideline_stands_on_dates_and_serialisation_alone_and_cannot_panic() {
    let mut files = 0;
    for (path, text) in sources() {
        if module(&path).as_deref() != Some("guideline") {
            continue;
        }
        files += 1;
        let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for line in program.lines().map(str::trim) {
            let Some(used) = line
                .strip_prefix("use ")
                .or_else(|| line.strip_prefix("pub use "))
            else {
                continue;
            };
            let root = used.split([':', ';', ' ', '{']).next().unwrap();
            let own = root.starts_with(char::is_uppercase)
                || ["self", "super", "crate"].contains(&root)
                || program.contains(&format!("mod {root};"));
            assert!(
                own || ["std", "jiff", "serde"].contains(&root),
                "{}: uses {root}",
                path.display()
            );
        }
        // A dependency can be named in full, too.
        for name in [
            "serde_json::",
            "rust_decimal::",
            "tokio::",
            "tracing::",
            "r4::",
            "uuid::",
        ] {
            assert!(!program.contains(name), "{}: {name}", path.display());
        }
        for excuse in ["#[allow(clippy::", "#![allow("] {
            assert!(!program.contains(excuse), "{}: {excuse}", path.display());
        }
        for lint in NO_PANIC {
            let expected = program.contains(&format!("expect({lint}"));
            assert!(!expected, "{}: {lint}", path.display());
        }
    }
    assert!(files > 20, "{files}");
    let root = fs::read_to_string(root().join("src/guideline.rs")).unwrap();
    for lint in NO_PANIC {
        assert!(root.contains(lint), "{lint}");
    }
}

#[test]
fn fhir_types_stay_in_their_crate() {
    for (path, text) in sources() {
        if !path.starts_with("crates/r4") && !path.ends_with("house_rules.rs") {
            assert!(!text.contains("fhir_sdk::"), "{}", path.display());
        }
    }
}

#[test]
fn every_file_opens_with_what_it_is() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{}", path.display());
        assert!(!path.ends_with("mod.rs"), "{}", path.display());
        let program = path.starts_with("src") && !path.ends_with("tests.rs");
        let lines = text.lines().count();
        assert!(
            !program || lines <= 800,
            "{}: {lines} lines",
            path.display()
        );
    }
}

#[test]
fn no_path_of_a_machine_is_committed() {
    let folders = ["work", "root", "home", "tmp"].map(|folder| format!("/{folder}/"));
    for path in files(root()) {
        // A picture or another binary file holds no path that anyone reads.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for folder in &folders {
            assert!(
                !text.contains(folder.as_str()),
                "{}: {folder}",
                path.display()
            );
        }
    }
}

/// Every code of the value sets that is long enough not to be a word.
fn clinical_codes() -> Vec<String> {
    let mut codes = Vec::new();
    for path in files(&root().join("terminology/valuesets")) {
        let set: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for include in set["compose"]["include"].as_array().unwrap() {
            // A set of the project's own takes a whole code system.
            let concepts = include["concept"].as_array().into_iter().flatten();
            codes.extend(concepts.map(|one| one["code"].as_str().unwrap().to_owned()));
        }
    }
    codes.retain(|code| code.len() >= 4 && code.contains(|letter: char| letter.is_ascii_digit()));
    codes
}

#[test]
fn clinical_codes_stand_in_the_value_sets_only() {
    let codes = clinical_codes();
    assert!(codes.len() > 500, "{}", codes.len());
    for (path, text) in sources() {
        let is_test = path.components().any(|part| {
            ["tests", "benches"]
                .iter()
                .any(|name| part.as_os_str() == *name)
        }) || path.ends_with("tests.rs");
        if is_test {
            continue;
        }
        let program = text.split("#[cfg(test)]").next().unwrap();
        for code in &codes {
            let literal = format!("\"{code}\"");
            assert!(!program.contains(&literal), "{}: {literal}", path.display());
        }
    }
}
