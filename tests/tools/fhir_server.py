"""Starts sekmet, a FHIR R4 server, on 127.0.0.1, with its data in the current folder.

Arguments: the port, and the most entries of a page, which forces a client to follow its links.
"""

import sys

import uvicorn
from sekmet.config import Settings
from sekmet.fhir import search
from sekmet.main import create_app

port, page = int(sys.argv[1]), int(sys.argv[2])
search.MAX_COUNT = page
settings = Settings.model_validate({
    # Its links lead here.
    "base_url": f"http://127.0.0.1:{port}/fhir",
    "host": "127.0.0.1",
    "port": port,
    "data_dir": ".",
    # It would answer orders with resources of its own.
    "simulator": {"enabled": False},
    "log_inbound": False,
    "server_auth": {"types": ["bearer"], "tokens": ["a-token-of-the-test"]},
})
uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_level="warning")
