"""The verifier in JavaScript and the command line agree: on every frozen receipt of the repository, and on changed ones.

    agreement.py TIEZHENG [COUNT]

TIEZHENG is the program, COUNT the number of changed receipts (500), and of those that were changed before they were signed. Compared are the conclusion with its sentence, the obstacle, the
reservations, and of every step its number, code, outcome, reason, comparison, finding and values, in both languages. Needs Node."""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mutate import mutate  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECEIPTS = HERE / "receipts"
SEED = 18


def read(name: str) -> str:
    return (RECEIPTS / name).read_text()


def requests(count: int, folder: pathlib.Path):
    """What is verified: the frozen receipts with every trust and file, the fuzz corpus, changed receipts."""
    frozen = {path.name: json.loads(path.read_text()) for path in sorted(RECEIPTS.glob("*.json"))}
    trusts = ["two_of_three.policy", "none.policy", "key.txt", "key_2.txt", "other_key.txt", None]
    salt = read("salt.txt").strip()
    for name in frozen:
        for trust in trusts:
            for file in ["original.txt", "other.txt", None]:
                yield {"receipt": RECEIPTS / name, "file": file, "trust": trust, "salt": salt}
        for authorities in [None, "ca_2.pem"]:
            yield {"receipt": RECEIPTS / name, "file": "original.txt", "trust": "key.txt", "ca": authorities}
        number = frozen[name].get("deposit", frozen[name])["entry"].split("\n")[1].removeprefix("number ")
        for asked in [number, "20261122-0K7M-X9QT-3D5W-C3"]:
            yield {"receipt": RECEIPTS / name, "file": None, "trust": "key.txt", "number": asked}
    for corpus in ["receipt", "item_receipt"]:
        for path in sorted((ROOT / "fuzz" / "corpus" / corpus).iterdir()):
            for file in ["original.txt", None]:
                yield {"receipt": path, "file": file, "trust": None}
    signed = subprocess.run(["node", HERE / "signed.mjs", str(count), folder], capture_output=True, text=True, check=True)
    for at, path in enumerate(signed.stdout.split()):
        trust = ["key.txt", "key.txt", "two_of_three.policy", "key_2.txt"][at % 4]
        yield {"receipt": pathlib.Path(path), "file": "original.txt", "trust": trust, "ca": None}
    rng = random.Random(SEED)
    for at in range(count):
        path = folder / f"changed_{at}.json"
        path.write_text(mutate(rng, rng.choice(sorted(frozen)), frozen))
        file = rng.choice(["original.txt", "original.txt", "other.txt", None])
        yield {"receipt": path, "file": file, "trust": rng.choice(trusts), "salt": rng.choice([salt, None])}


def by_command(program: str, request: dict, home: pathlib.Path) -> dict:
    args = [program, "verify", "--receipt", str(request["receipt"]), "--offline", "--json"]
    if request["file"]:
        args.append(str(RECEIPTS / request["file"]))
    trust = request["trust"]
    if trust and trust.endswith(".policy"):
        args += ["--policy", str(RECEIPTS / trust)]
    elif trust:
        args += ["--key", read(trust).strip()]
    if authorities := request.get("ca", "ca.pem"):
        args += ["--tsa-ca", str(RECEIPTS / authorities)]
    if request.get("salt"):
        args += ["--salt", request["salt"]]
    if request.get("number"):
        args += ["--number", request["number"]]
    environment = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "TIEZHENG_CONFIG": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(args, capture_output=True, text=True, env=environment, check=False)
    if done.stdout.strip():
        return json.loads(done.stdout)
    return {"error": done.stderr.strip(), "status": done.returncode}


def line_for_node(request: dict) -> str:
    line = {"receipt": str(request["receipt"]), "trust": read(request["trust"]) if request["trust"] else ""}
    if request["file"]:
        line["file"] = str(RECEIPTS / request["file"])
    if authorities := request.get("ca", "ca.pem"):
        line["authorities"] = str(RECEIPTS / authorities)
    return json.dumps(line | {name: request[name] for name in ["salt", "number"] if request.get(name)})


def comparable(report: dict) -> dict:
    """What both must say. Fields that are absent in one and null in the other are the same."""
    if "error" in report:
        return {"error": True}
    kept = {name: report.get(name) for name in ["deposit_number", "conclusion", "obstacle", "reservations"]}
    fields = ["number", "code", "label", "outcome", "reason", "compared", "finding", "values"]
    kept["steps"] = [{name: step.get(name) for name in fields} for step in report["steps"]]
    return kept


def differences(left, right, place: str = "") -> list[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        names = sorted(set(left) | set(right))
        return [line for name in names for line in differences(left.get(name), right.get(name), f"{place}.{name}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = enumerate(zip(left, right))
        return [line for at, (one, other) in pairs for line in differences(one, other, f"{place}[{at}]")]
    return [] if left == right else [f"{place}: command {left!r}, page {right!r}"]


def main(program: str, count: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        asked = list(requests(count, folder))
        lines = "".join(line_for_node(request) + "\n" for request in asked)
        node = subprocess.run(["node", str(HERE / "report.mjs")], input=lines, capture_output=True, text=True, check=True)
        reports = [json.loads(line) for line in node.stdout.splitlines()]
        assert len(reports) == len(asked)
        failures, conclusions = 0, {}
        for request, report in zip(asked, reports):
            command = by_command(program, request, folder)
            found = differences(comparable(command), comparable(report))
            key = report["conclusion"]["code"] if "conclusion" in report else "error"
            if report.get("obstacle"):
                key += f" ({report['obstacle']['code']})"
            conclusions[key] = conclusions.get(key, 0) + 1
            if found:
                failures += 1
                shown = {name: str(value) for name, value in request.items()}
                print(f"{shown}\n  " + "\n  ".join(found[:6]) + f"\n  {command.get('error', '')[:300]} {report.get('error', '')}")
                if request["receipt"].parent == folder and failures <= 5:
                    print("  " + request["receipt"].read_text().replace("\n", "\n  ")[:3000])
    print(f"{len(asked)} verifications, {failures} disagreements: {conclusions}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500))
