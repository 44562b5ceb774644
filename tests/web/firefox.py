"""The verifier page in headless Firefox, opened from disk: it computes its own SHA-256, and verifies a receipt with all its parts.

    firefox.py PAGE

Firefox is driven by its own WebDriver BiDi. Needs the packages of requirements.txt and `firefox-esr`."""

import asyncio
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import websockets

RECEIPTS = pathlib.Path(__file__).resolve().parent / "receipts"
EXPECTED = [
    "not_applicable", "checked", "passed", "passed", "not_applicable", "passed", "passed", "passed", "passed", "not_performed", "passed",
    "passed", "passed", "not_performed", "not_performed", "not_applicable", "not_performed",
]


class Session:
    """A session of WebDriver BiDi with one page."""

    def __init__(self, socket) -> None:
        self.socket, self.number, self.messages, self.context = socket, 0, [], None

    async def command(self, method: str, **params):
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            answer = json.loads(await self.socket.recv())
            if answer.get("id") != self.number:
                self.messages.append(answer)
            elif answer["type"] == "error":
                raise RuntimeError(answer)
            else:
                return answer["result"]

    async def value(self, expression: str):
        """The value of an expression, which must be JSON."""
        text = f"JSON.stringify({expression})"
        done = await self.command("script.evaluate", expression=text, target={"context": self.context}, awaitPromise=False)
        return json.loads(done["result"]["value"])

    async def choose(self, name: str, file: pathlib.Path) -> None:
        locator = {"type": "css", "value": f"#{name}"}
        found = await self.command("browsingContext.locateNodes", context=self.context, locator=locator)
        element = {"sharedId": found["nodes"][0]["sharedId"]}
        await self.command("input.setFiles", context=self.context, element=element, files=[str(file)])


async def connected(port: int):
    for _ in range(240):
        try:
            return await websockets.connect(f"ws://127.0.0.1:{port}/session", max_size=1 << 26)
        except OSError:
            await asyncio.sleep(0.5)
    raise RuntimeError("Firefox does not answer")


async def check(page: pathlib.Path, port: int) -> None:
    session = Session(await connected(port))
    await session.command("session.new", capabilities={})
    await session.command("session.subscribe", events=["log.entryAdded"])
    session.context = (await session.command("browsingContext.getTree"))["contexts"][0]["context"]
    address = f"{page.resolve().as_uri()}?lang=en"
    await session.command("browsingContext.navigate", context=session.context, url=address, wait="complete")
    own = await session.value("document.getElementById('own-digest').textContent")
    assert own == hashlib.sha256(page.read_bytes()).hexdigest(), own
    for name, file in [("receipt", "timestamped.json"), ("original", "original.txt"), ("authorities", "ca.pem")]:
        await session.choose(name, RECEIPTS / file)
    policy = json.dumps((RECEIPTS / "two_of_three.policy").read_text())
    await session.value(f"document.getElementById('trust').value = {policy}")
    await session.value("document.getElementById('verify').click() ?? null")
    while await session.value("document.getElementById('report').hidden && document.getElementById('errors').hidden"):
        await asyncio.sleep(0.2)
    outcomes = await session.value("[...document.querySelectorAll('.steps > .step')].map((step) => step.classList[1])")
    assert outcomes == EXPECTED, outcomes
    sentence = await session.value("document.querySelector('.sentence').textContent")
    assert sentence.startswith("Verified: the digests of the file presented agree"), sentence
    logged = [message["params"] for message in session.messages if message.get("method") == "log.entryAdded"]
    assert not logged, logged


def main(page: pathlib.Path) -> None:
    port = 9000 + hash(str(page)) % 900
    with tempfile.TemporaryDirectory() as profile:
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", str(port)]
        firefox = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            asyncio.run(check(page, port))
        finally:
            firefox.terminate()
            firefox.wait()
    print("Firefox: passed")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
