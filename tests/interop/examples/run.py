"""Runs the examples of every operation on the page /docs of a node.

    run.py TIEZHENG FOLDER

Starts a node in the folder, and pastes the examples of each operation into files. As a user does, it puts ids of its own in the place of
those in the examples (`world.py`), and a token into TIEZHENG_TOKEN; nothing else is changed. An example must compile, reach the node, and be
answered with a status that the operation documents: of 200 to 299, unless `REFUSED` names the code of the refusal. Needs curl, node, a JDK,
and Python with nothing but its standard library."""

import html.parser
import json
import pathlib
import subprocess
import sys

from world import ASKS, REFUSED, World, first, own

HERE = pathlib.Path(__file__).resolve().parent
COMMANDS = {"curl": ("bash", "sh"), "Python": ("python3", "py"), "JavaScript": ("node", "mjs"), "Java": ("java", "java")}


class Page(html.parser.HTMLParser):
    """The operations of /docs: method, path, documented statuses, the code in each language."""

    def __init__(self) -> None:
        super().__init__()
        self.operations, self.place, self.language = [], None, None

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        if tag == "details" and given.get("class") == "operation":
            self.operations.append({"method": "", "path": "", "statuses": [], "code": {}})
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


def operations(page: str) -> list[dict]:
    parser = Page()
    parser.feed(page)
    for operation in parser.operations:
        operation["name"] = f"{operation['method']} {operation['path']}"
        needs_token = "TIEZHENG_TOKEN" in operation["code"]["curl"]
        operation["who"] = first(ASKS, operation["name"], "operator") if needs_token else "nobody"
    return parser.operations


def paste(world: World, folder: pathlib.Path, operation: dict, language: str) -> pathlib.Path:
    """The example in a file of a folder of its own."""
    folder.mkdir(parents=True)
    file = folder / f"Example.{COMMANDS[language][1]}"
    code = own(world, operation, operation["code"][language])
    # curl prints no status unless it is asked to.
    file.write_text(code + (" -w '\\n%{http_code}'\n" if language == "curl" else "\n"), encoding="utf-8")
    return file


def run(world: World, file: pathlib.Path, language: str, who: str) -> tuple[str, str]:
    """Status and answer; `failed` and what was said if the example itself failed."""
    command = [COMMANDS[language][0], file]
    done = subprocess.run(command, cwd=world.folder, env=world.environment(who), capture_output=True, check=False, timeout=60)
    printed = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        return "failed", printed + done.stderr.decode(errors="replace")
    if language == "curl":
        answer, _, status = printed.rpartition("\n")
        return status, answer
    status, _, answer = printed.partition("\n")
    return status, answer


def run_java(world: World, files: list[pathlib.Path], who: str) -> list[tuple[str, str]]:
    """All in one virtual machine, which takes longer to start than an example to run."""
    command = ["java", HERE / "RunExamples.java", *[file.parent for file in files]]
    subprocess.run(command, cwd=world.folder, env=world.environment(who), check=True, timeout=600)
    results = []
    for folder in [file.parent for file in files]:
        if (folder / "failure").exists():
            results.append(("failed", (folder / "failure").read_text(errors="replace")))
        else:
            status, _, answer = (folder / "output").read_text(errors="replace").partition("\n")
            results.append((status, answer))
    return results


def code_of(answer: str) -> str:
    try:
        return json.loads(answer)["code"]
    except (ValueError, TypeError, KeyError):
        return ""


def fault(operation: dict, status: str, answer: str) -> str | None:
    """What is wrong with a result."""
    if status == "failed":
        return "the example fails"
    if status not in operation["statuses"]:
        return f"the status {status} is not documented"
    if status.startswith("2"):
        return None
    return None if code_of(answer) == REFUSED.get(operation["name"]) else f"refused: {status} {code_of(answer)}"


def results(world: World, documented: list[dict]):
    """Operation, language, status and answer of each example; those in Java at the end."""
    java: dict[str, list] = {}
    for at, operation in enumerate(documented):
        for language in COMMANDS:
            world.requests()
            file = paste(world, world.folder / "pasted" / f"{at}-{language}", operation, language)
            if language == "Java":
                java.setdefault(operation["who"], []).append((operation, file))
            else:
                yield operation, language, *run(world, file, language, operation["who"])
    for who, pasted in java.items():
        for (operation, _), result in zip(pasted, run_java(world, [file for _, file in pasted], who)):
            yield operation, "Java", *result
    # As a user starts it.
    operation, file = java["nobody"][0]
    yield operation, "Java", *run(world, file, "Java", "nobody")


def main(program: str, folder: pathlib.Path) -> int:
    world = World(program, folder)
    count, faults = 0, []
    try:
        documented = operations(world.page())
        for operation, language, status, answer in results(world, documented):
            count += 1
            if wrong := fault(operation, status, answer):
                faults.append(f"{operation['name']}, {language}: {wrong}")
                print(f"{faults[-1]}\n{answer[:1500]}\n", file=sys.stderr)
    finally:
        world.node.stop()
    if faults or count <= len(COMMANDS) * len(documented) or not documented:
        print(f"interop: {len(faults)} of {count} examples failed", file=sys.stderr)
        return 1
    print(f"interop: {count} examples of {len(documented)} operations ran in curl, Python, JavaScript and Java.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
