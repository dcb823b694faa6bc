//! The demonstration patients as charts.

use std::{fs, path::Path};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;
use sid_cds::chart::Chart;

use crate::support::{self, Gap};

/// What a test needs of `story.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Story {
    as_of: Date,
    #[serde(default)]
    not_searched: Vec<String>,
}

/// One demonstration patient.
pub struct Fixture {
    /// The folder's name: `01-car-t-3-months`.
    pub name: String,
    /// The evaluation date of its story.
    pub as_of: Date,
    /// The chart, as a client would send it.
    pub chart: Chart,
}

/// Every demonstration patient, in order.
pub fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders: Vec<_> = fs::read_dir(root)
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders.iter().map(|folder| read(folder)).collect()
}

fn read(folder: &Path) -> Fixture {
    use figment::{
        Figment,
        providers::{Format, Toml},
    };
    let story: Story = Figment::from(Toml::file_exact(folder.join("story.toml")))
        .extract()
        .expect("a story");
    let bundle = fs::read_to_string(folder.join("bundle.json")).expect("a bundle");
    let bundle: Value = serde_json::from_str(&bundle).expect("JSON");
    let resources: Vec<Value> = bundle["entry"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| entry["resource"].clone())
        .collect();
    let patient = resources
        .iter()
        .find(|resource| resource["resourceType"] == "Patient")
        .and_then(|patient| patient["id"].as_str())
        .expect("a patient");
    let gaps: Vec<(&str, Gap)> = story
        .not_searched
        .iter()
        .map(|source| (source.as_str(), Gap::Absent))
        .collect();
    Fixture {
        name: folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned(),
        as_of: story.as_of,
        chart: support::read(&resources, &gaps, &[], patient, story.as_of),
    }
}
