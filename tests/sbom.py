"""Checks deploy/sbom: the file against CycloneDX's own schema, and against Cargo.lock; broken copies are refused.

Usage: python tests/sbom.py FILE, with cyclonedx-python-lib (tests/tools/dependencies.txt). Exit code 1 when
the file does not conform, lacks what it must hold, or a broken copy is accepted."""

import copy
import json
import pathlib
import sys
import tomllib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

# Crates whose absence or presence would show that the file is of something else.
THERE = {"sid-cds", "r4", "axum", "serde_json", "libsqlite3-sys", "aws-lc-sys"}
NOT_THERE = {"ring", "openssl", "openssl-sys", "native-tls", "proptest", "tempfile", "rcgen", "cc", "sqlx-mysql"}

schema = JsonStrictValidator(SchemaVersion.V1_6)
root = pathlib.Path(__file__).resolve().parent.parent
locked = {
    (package["name"], package["version"]): package.get("checksum")
    for package in tomllib.loads((root / "Cargo.lock").read_text())["package"]
}


def of_form(bom):
    """What is wrong with its form."""
    wrong = schema.validate_str(json.dumps(bom))
    return [f"schema: {wrong.data.message}"[:300]] if wrong else []


def of_content(bom):
    """What is wrong with what it says, one line each."""
    found = []
    components = [bom.get("metadata", {}).get("component", {}), *bom.get("components", [])]
    names = {component.get("name") for component in components}
    found += [f"{name} is not there" for name in sorted(THERE - names)]
    found += [f"{name} is there" for name in sorted(NOT_THERE & names)]
    references = {component.get("bom-ref") for component in components}
    depended = {dependency.get("ref") for dependency in bom.get("dependencies", [])}
    if references != depended or len(references) != len(components):
        found.append("components and dependencies are not the same")
    for dependency in bom.get("dependencies", []):
        found += [f"{need} is needed, and not there" for need in dependency.get("dependsOn", []) if need not in references]
    for component in components:
        name, version = component.get("name"), component.get("version")
        checksum = [entry.get("content") for entry in component.get("hashes", [])]
        if (name, version) not in locked:
            found.append(f"{name} {version} is not in Cargo.lock")
        elif checksum != [hash for hash in [locked[name, version]] if hash]:
            found.append(f"{name}: the hash is not that of Cargo.lock")
        if not component.get("licenses"):
            found.append(f"{name} has no licence")
    text = json.dumps(bom)
    found += [f"{word} is in it" for word in (str(root), str(pathlib.Path.home())) if word in text]
    return found


bom = json.loads(pathlib.Path(sys.argv[1]).read_text())
failed = of_form(bom) + of_content(bom)
# A short one will do for the form: the schema takes seconds.
short = bom | {"components": bom["components"][:2], "dependencies": bom["dependencies"][:1]}
failed += of_form(short)
first = lambda bom: bom["components"][0]
breaks = [
    (short, of_form, "no version of the format", lambda bom: bom.pop("specVersion")),
    (short, of_form, "an element that CycloneDX does not have", lambda bom: first(bom).update(severity="high")),
    (short, of_form, "a type that is none", lambda bom: first(bom).update(type="crate")),
    (short, of_form, "a serial number that is none", lambda bom: bom.update(serialNumber="1")),
    (short, of_form, "a licence that is a word", lambda bom: first(bom).update(licenses=["MIT"])),
    (bom, of_content, "a component twice", lambda bom: bom["components"].append(first(bom))),
    (bom, of_content, "a component less", lambda bom: bom["components"].pop()),
    (bom, of_content, "another hash", lambda bom: first(bom)["hashes"][0].update(content="0" * 64)),
    (bom, of_content, "another version", lambda bom: first(bom).update(version="9.9.9")),
    (bom, of_content, "a crate that is not built in", lambda bom: first(bom).update(name="ring")),
    (bom, of_content, "a folder of this machine", lambda bom: first(bom).update(description=str(root))),
]
for good, faults, what, break_it in breaks:
    broken = copy.deepcopy(good)
    break_it(broken)
    if not faults(broken):
        failed.append(f"accepted although: {what}")
for fault in failed:
    print(fault, file=sys.stderr)
print(f"CycloneDX 1.6: {len(bom['components'])} components, {len(breaks)} broken copies refused")
sys.exit(1 if failed else 0)
