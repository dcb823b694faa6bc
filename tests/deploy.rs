//! What stands in `deploy/` agrees with the program: metrics, addresses, configuration, files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use sid_cds::config::Config;

#[path = "deploy/guide.rs"]
mod guide;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The names in a text that begin with `sid_cds_`, without what Prometheus adds to a histogram's.
fn metrics(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("sid_cds_") {
        let name: String = text[at..]
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect();
        let plain = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        names.insert(plain.unwrap_or(&name).to_owned());
    }
    names
}

#[test]
fn alerts_and_dashboard_use_metrics_that_exist() {
    let program: String = files(&root().join("src/server"))
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();
    let known: BTreeSet<String> = program
        .match_indices("\"sid_cds_")
        .filter_map(|(at, _)| program[at + 1..].split('"').next().map(str::to_owned))
        // Not what a test expects to be printed of one.
        .filter(|text| metrics(text).contains(text))
        .collect();
    assert!(known.len() > 10, "{known:?}");
    let mut used = BTreeSet::new();
    for file in [
        "deploy/prometheus/alerts.yml",
        "deploy/grafana/dashboard.json",
    ] {
        for name in metrics(&read(file)) {
            assert!(known.contains(&name), "{file}: {name}");
            used.insert(name);
        }
    }
    let unused: Vec<&String> = known.difference(&used).collect();
    assert!(unused.is_empty(), "neither alert nor panel: {unused:?}");
}

#[test]
fn configurations_are_ones_that_serve_takes() {
    let chart = read("deploy/helm/sid-cds/values.yaml");
    let own: String = chart
        .split("config: |\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| line.starts_with("  ") || line.is_empty())
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let given = "listen = \"0.0.0.0:8080\"\nmetrics-listen = \"0.0.0.0:9090\"\n";
    let folder = tempfile::tempdir().unwrap();
    for (what, text) in [
        ("chart", format!("{given}{own}")),
        ("compose", read("deploy/compose/config.toml")),
    ] {
        let file = folder.path().join(format!("{what}.toml"));
        fs::write(&file, &text).unwrap();
        let config = Config::load(Some(&file)).unwrap_or_else(|e| panic!("{what}: {e}"));
        config
            .check_exposure()
            .unwrap_or_else(|e| panic!("{what}: {e}"));
    }
    let template = read("deploy/helm/sid-cds/templates/configmap.yaml");
    for line in given.lines() {
        assert!(template.contains(line), "{line}");
    }
}

#[test]
fn files_and_addresses_that_are_named_are_there() {
    let compose = read("deploy/compose/compose.yaml");
    let folder = root().join("deploy/compose");
    for line in compose.lines() {
        let Some(source) = line
            .trim()
            .strip_prefix("- ")
            .filter(|l| l.starts_with('.'))
        else {
            continue;
        };
        let source = source.split(':').next().unwrap();
        assert!(folder.join(source).exists(), "{source}");
    }
    for name in ["deploy/container/Containerfile", ".dockerignore"] {
        assert!(root().join(name).exists(), "{name}");
    }
    let routes = read("src/server.rs");
    for (file, path) in [
        (
            "deploy/helm/sid-cds/templates/deployment.yaml",
            "/health/ready",
        ),
        (
            "deploy/helm/sid-cds/templates/deployment.yaml",
            "/health/live",
        ),
        ("deploy/nginx/sid-cds.conf", "/cds-services"),
    ] {
        assert!(read(file).contains(path), "{file}: {path}");
        assert!(routes.contains(&format!("\"{path}\"")), "{path}");
    }
}

/// What `tests/deploy/image.py` builds and runs by hand is what the build file says.
#[test]
fn the_image_is_built_with_the_toolchain_of_the_workspace_and_links_nothing() {
    let file = read("deploy/container/Containerfile");
    let manifest = read("Cargo.toml");
    let (_, after) = manifest.split_once("rust-version = \"").unwrap();
    let version = after.split('"').next().unwrap();
    assert!(file.contains(&format!("FROM rust:{version}-")), "{version}");
    let stages: Vec<&str> = file.lines().filter(|l| l.starts_with("FROM ")).collect();
    assert_eq!(stages.last(), Some(&"FROM scratch"));
    for line in [
        "ENV RUSTFLAGS=\"-C target-feature=+crt-static\"",
        "RUN cargo build --workspace --release --locked --target x86_64-unknown-linux-gnu \\",
        "USER 65532:65532",
        "WORKDIR /var/lib/sid-cds",
        "ENTRYPOINT [\"/sid-cds\"]",
        "CMD [\"serve\", \"--config\", \"/etc/sid-cds/config.toml\"]",
    ] {
        assert!(file.lines().any(|has| has == line), "{line}");
    }
    // The chart and Compose put the configuration where the image looks for it.
    for place in [
        "deploy/helm/sid-cds/templates/deployment.yaml",
        "deploy/compose/compose.yaml",
    ] {
        assert!(read(place).contains("/etc/sid-cds/config.toml"), "{place}");
    }
}
