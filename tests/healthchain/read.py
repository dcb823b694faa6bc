"""Reads discovery documents and responses with healthchain's models, one JSON object a line.

Each line is {"what": ..., "kind": "discovery" | "response", "body": ...}; for each, prints a line with
`what`, a tab, and "ok" or why the body was not accepted or not read whole.
"""

import json
import sys

from healthchain.models.responses.cdsdiscovery import CDSServiceInformation
from healthchain.models.responses.cdsresponse import CDSResponse
from pydantic import ValidationError

MODELS = {"discovery": CDSServiceInformation, "response": CDSResponse}
# Members of CDS Hooks that its models do not have.
UNKNOWN = {"autolaunchable", "extension", "version"}


def known(value, inside_resource=False):
    """The value without what the models do not have; a FHIR resource is kept as it is."""
    if isinstance(value, list):
        return [known(item, inside_resource) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: known(item, inside_resource or name == "resource")
        for name, item in value.items()
        if inside_resource or name not in UNKNOWN
    }


def urls(value):
    """The value with source addresses as pydantic writes them: a bare host gets a slash."""
    if isinstance(value, list):
        return [urls(item) for item in value]
    if isinstance(value, dict):
        return {name: urls(item) for name, item in value.items()}
    if isinstance(value, str) and value.startswith("https://") and value.count("/") == 2:
        return value + "/"
    return value


def verdict(kind, body):
    try:
        read = MODELS[kind].model_validate(body)
    except ValidationError as error:
        places = [".".join(map(str, fault["loc"])) for fault in error.errors()]
        return "not accepted: " + ", ".join(places)
    found = read.model_dump(mode="json", exclude_none=True)
    if urls(found) != urls(known(body)):
        return "not read whole"
    return "ok"


for line in sys.stdin:
    item = json.loads(line)
    print(item["what"], verdict(item["kind"], item["body"]), sep="\t")
