"""Starts a node, fetches its page `/verifier.html` and checks how it is served. Writes the page to a file.

    served.py TIEZHENG FILE"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request


def fetch(program: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "serve", "--test", "--data", f"{folder}/data", "--listen", "127.0.0.1:0"]
        node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={"HOME": folder})
        try:
            said, address = "", None
            while address is None:
                line = node.stdout.readline()
                said += line
                if not line:
                    raise RuntimeError(f"the node did not start: {said}")
                address = re.search(r"http://127\.0\.0\.1:\d+", line)
            answer = urllib.request.urlopen(f"{address[0]}/verifier.html")
            page, policy = answer.read(), answer.headers["Content-Security-Policy"]
            ledger = json.load(urllib.request.urlopen(f"{address[0]}/v1/ledger"))
        finally:
            node.terminate()
            node.wait()
    digest = hashlib.sha256(page).hexdigest()
    assert ledger["verifier_sha256"] == digest, (ledger["verifier_sha256"], digest)
    declared = re.search(rb'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].decode()
    assert policy == f"{declared}; frame-ancestors 'none'", policy
    return page


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_bytes(fetch(sys.argv[1]))
