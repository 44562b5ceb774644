"""Starts a node, fetches its page `/verifier.html` and checks how it is served. Writes the page to a file.

    served.py TIEZHENG FILE"""

import hashlib
import pathlib
import re
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from node import Node  # noqa: E402


def fetch(program: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        node = Node(program, pathlib.Path(folder))
        try:
            answer = urllib.request.urlopen(f"{node.url}/verifier.html")
            page, policy = answer.read(), answer.headers["Content-Security-Policy"]
            ledger = node.get("/v1/ledger")
        finally:
            node.stop()
    digest = hashlib.sha256(page).hexdigest()
    assert ledger["verifier_sha256"] == digest, (ledger["verifier_sha256"], digest)
    declared = re.search(rb'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].decode()
    assert policy == f"{declared}; frame-ancestors 'none'", policy
    return page


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_bytes(fetch(sys.argv[1]))
