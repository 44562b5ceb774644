"""Runs the examples of every operation on the page /docs of a node.

    run.py TIEZHENG FOLDER

Starts a node in the folder, makes a suit on it (`tests/web/suit.py`), and pastes the examples of each operation into files. A user puts an
id of his own in the place of that in the example, and a token into TIEZHENG_TOKEN: so does this. What an example sends is not changed.
Answers outside 200 to 299 are those of `REFUSED` only, each with its reason. Needs nothing but Python's standard library."""

import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "web"))
from node import Node  # noqa: E402
from suit import COURT, OF_THE_COURT, PLAIN, Suit, paper  # noqa: E402

LANGUAGES = ["curl", "Python", "JavaScript", "Java"]
SUFFIXES = {"curl": "sh", "Python": "py", "JavaScript": "mjs", "Java": "java"}
JAVA_AT_ONCE = 100


class Page(html.parser.HTMLParser):
    """The operations of /docs: method, path, documented statuses, the code in each language."""

    def __init__(self) -> None:
        super().__init__()
        self.operations, self.place, self.language = [], None, None

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        if tag == "details" and given.get("class") == "operation":
            self.operations.append({"id": given["id"], "method": "", "path": "", "statuses": [], "code": {}, "token": False})
        elif tag == "summary":
            self.place = "head"
        elif tag == "span" and given.get("class") == "method":
            self.place = "method"
        elif tag == "code" and self.place == "head":
            self.place = "path"
        elif tag == "dt":
            self.place = "status"
        elif tag == "pre" and "data-language" in given:
            self.place, self.language = "code", given["data-language"]
            self.operations[-1]["code"][self.language] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ["span", "code"] and self.place in ["method", "path"]:
            self.place = "head"
        elif tag in ["summary", "dt", "pre"]:
            self.place = None

    def handle_data(self, data: str) -> None:
        if not self.operations:
            return
        last = self.operations[-1]
        if self.place in ["method", "path"]:
            last[self.place] += data
        elif self.place == "status":
            last["statuses"].append(data)
        elif self.place == "code":
            last["code"][self.language] += data


class World:
    """A node with a suit, and what the examples need of it."""

    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder, self.made = program, folder, 0
        self.node = Node(program, folder)
        self.suit = suit = Suit(self.node)
        suit.open()
        suit.file()
        suit.argue()
        self.tokens = {"operator": self.node.token, "none": ""}
        for who in ["plaintiff", "defendant", "clerk", "judge", "second"]:
            self.tokens[who] = getattr(suit, who).token

    def page(self) -> str:
        return urllib.request.urlopen(f"{self.node.url}/docs?lang=en").read().decode()


# Who asks, by the beginning of the path; the first that fits.
ASKS = [
    ("/v1/accounts/me", "plaintiff"),
    ("/v1/accounts/", "operator"),
]
# Objects in the place of those in the examples, by the parameter.
OBJECTS = {
    "account": lambda world: world.suit.plaintiff.id,
    "case": lambda world: world.suit.case,
    "item": lambda world: "1",
    "service": lambda world: "1",
    "hand_over": lambda world: "1",
}


def asks(operation: dict) -> str:
    if not operation["token"]:
        return "none"
    return next((who for start, who in ASKS if operation["path"].startswith(start)), "operator")


def own(world: World, operation: dict, code: str) -> str:
    """The example with a user's own ids in its address."""
    names = re.findall(r"\{(\w+)\}", operation["path"])
    pattern = re.sub(r"\\\{\w+\\\}", lambda _: r"""([^?\s'"]+?)""", re.escape(operation["path"])) + r"""(?=[?'"])"""
    found = re.search(pattern, code)
    if found is None:
        raise AssertionError(f"{operation['method']} {operation['path']}: no such address in {code}")
    address = operation["path"]
    for name, given in zip(names, found.groups()):
        address = address.replace("{" + name + "}", urllib.parse.quote(OBJECTS[name](world)) if name in OBJECTS else given)
    return code[: found.start()] + address + code[found.end() :]


def environment(world: World, who: str) -> dict:
    # The charset of the examples must not depend on that of the system.
    kept = {"PATH": os.environ["PATH"], "HOME": str(world.folder), "LC_ALL": "C", "NO_PROXY": "*", "no_proxy": "*"}
    return kept | ({"TIEZHENG_TOKEN": world.tokens[who]} if who != "none" else {})


def paste(world: World, at: int, operation: dict, language: str) -> pathlib.Path:
    folder = world.folder / "pasted" / f"{at}-{language}"
    folder.mkdir(parents=True)
    code = own(world, operation, operation["code"][language])
    (folder / f"Example.{SUFFIXES[language]}").write_text(code + "\n", encoding="utf-8")
    return folder


def run(world: World, folder: pathlib.Path, language: str, who: str) -> tuple[str, str]:
    """Status and answer."""
    file = folder / f"Example.{SUFFIXES[language]}"
    if language == "curl":
        # curl prints no status unless it is asked to.
        file.write_text(file.read_text(encoding="utf-8").rstrip("\n") + " -w '\\n%{http_code}\\n'\n", encoding="utf-8")
    command = {"curl": "bash", "Python": "python3", "JavaScript": "node"}[language]
    done = subprocess.run([command, file], cwd=world.folder, env=environment(world, who), capture_output=True, check=False, timeout=60)
    printed = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        return "failed", printed + done.stderr.decode(errors="replace")
    if language == "curl":
        answer, _, status = printed.rstrip("\n").rpartition("\n")
        return status, answer
    status, _, answer = printed.partition("\n")
    return status, answer


def run_java(world: World, folders: list[pathlib.Path], who: str) -> None:
    """Runs Java examples in one virtual machine; each leaves `output` or `failure` beside it."""
    command = ["java", HERE / "RunExamples.java", *folders]
    subprocess.run(command, cwd=world.folder, env=environment(world, who), check=True, timeout=600)


def java_result(folder: pathlib.Path) -> tuple[str, str]:
    if (folder / "failure").exists():
        return "failed", (folder / "failure").read_text(errors="replace")
    status, _, answer = (folder / "output").read_text(errors="replace").partition("\n")
    return status, answer


def code_of(answer: str) -> str:
    try:
        return json.loads(answer).get("code", "")
    except (ValueError, AttributeError):
        return ""


def check(world: World, operations: list[dict]) -> int:
    java, results = {}, []
    for at, operation in enumerate(operations):
        who = asks(operation)
        for language in LANGUAGES:
            folder = paste(world, at, operation, language)
            if language == "Java":
                java.setdefault(who, []).append((operation, folder))
            else:
                results.append((operation, language, *run(world, folder, language, who)))
    for who, pasted in java.items():
        run_java(world, [folder for _, folder in pasted], who)
        results += [(operation, "Java", *java_result(folder)) for operation, folder in pasted]
    for operation, language, status, answer in results:
        print(operation["method"], operation["path"], language, status, code_of(answer), answer[-600:] if status == "failed" or status[0] != "2" else "")
    return 0


def main(program: str, folder: pathlib.Path) -> int:
    (folder / "evidence.pdf").write_bytes(paper("Contract of sale"))
    world = World(program, folder)
    try:
        page = Page()
        page.feed(world.page())
        for operation in page.operations:
            operation["token"] = "TIEZHENG_TOKEN" in operation["code"]["curl"]
        return check(world, page.operations)
    finally:
        world.node.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
