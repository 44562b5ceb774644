"""A node for tests, and requests made in the name of its operator. Needs nothing but Python's standard library."""

import json
import pathlib
import re
import subprocess
import urllib.parse
import urllib.request


class Node:
    """A node with a test ledger, an operator, and requests made in its name."""

    def __init__(self, program: str, folder: pathlib.Path, *options: str) -> None:
        self.program, self.folder, self.sent = program, folder, 0
        token = folder / "operator.token"
        command = [program, "serve", "--test", "--data", folder / "chain", "--listen", "127.0.0.1:0", "--operator-token", token, *options]
        environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        said, self.url = "", None
        while self.url is None:
            line = self.process.stdout.readline()
            said += line
            if not line:
                raise RuntimeError(f"the node did not start: {said}")
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            self.url = found and found[0]
        self.token = token.read_text().strip()

    def post(self, path: str, body: dict, method: str = "POST") -> dict:
        return self.send(path, json.dumps(body).encode(), "application/json", self.token, method)

    def send(self, path: str, body: bytes, media_type: str, token: str, method: str) -> dict:
        self.sent += 1
        headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type, "Idempotency-Key": f"people-{self.sent}"}
        request = urllib.request.Request(self.url + urllib.parse.quote(path), body, headers, method=method)
        return json.load(urllib.request.urlopen(request))

    def get(self, path: str) -> dict:
        return json.load(urllib.request.urlopen(self.url + path))

    def grant(self, account: str, role: str, court: str | None = None) -> None:
        self.post(f"/v1/accounts/{account}/roles", {"role": role} | ({"court": court} if court else {}))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
