"""Changes receipts at random, reproducibly: characters of the file, and fields, lines, paths and signatures of the record."""

import base64
import copy
import json
import random

TEXT_FIELDS = ["entry", "header", "checkpoint"]
PATHS = ["entry_path", "header_path", "previous_path"]


def change_character(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    other = rng.choice("0123456789abcdefABCDEF+/= \n—证\"\\{}[],:Tz")
    return text[:at] + other + text[at + (kind == 1) :]


def change_lines(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[at])
    elif kind == 2:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        words = lines[at].split(" ")
        word = rng.randrange(len(words))
        digits = words[word]
        words[word] = str(int(digits) + rng.choice([-1, 1])) if digits.isdigit() else digits.upper()
        lines[at] = " ".join(words)
    return "\n".join(lines)


def change_base64(rng: random.Random, text: str) -> str:
    """One bit of the last signature in a note, or of a token."""
    head, _, blob = text.rstrip("\n").rpartition(" ")
    try:
        raw = bytearray(base64.b64decode(blob))
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    except (ValueError, IndexError):
        return text
    changed = base64.b64encode(raw).decode()
    return f"{head} {changed}\n" if head else changed


def change_path(rng: random.Random, path: list[str]) -> None:
    kind = rng.randrange(4)
    if kind == 0 or not path:
        path.insert(rng.randrange(len(path) + 1), path[0] if path else "00" * 32)
    elif kind == 1:
        del path[rng.randrange(len(path))]
    elif kind == 2:
        path.reverse()
    else:
        at = rng.randrange(len(path))
        path[at] = change_character(rng, path[at])


def mutate(rng: random.Random, name: str, others: dict[str, dict]) -> str:
    """The text of a changed receipt file."""
    whole = copy.deepcopy(others[name])
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    kind = rng.randrange(10)
    if kind == 0:
        return change_character(rng, text)
    receipt = whole.get("deposit", whole)
    other = copy.deepcopy(others[rng.choice(sorted(others))])
    other = other.get("deposit", other)
    if kind <= 2:
        field = rng.choice(TEXT_FIELDS)
        receipt[field] = change_character(rng, receipt[field])
    elif kind == 3:
        field = rng.choice(TEXT_FIELDS)
        receipt[field] = change_lines(rng, receipt[field])
    elif kind == 4:
        field = rng.choice(["entry", "checkpoint"])
        receipt[field] = change_base64(rng, receipt[field])
    elif kind == 5:
        change_path(rng, receipt[rng.choice(PATHS)])
    elif kind == 6:
        field = rng.choice([*TEXT_FIELDS, *PATHS, "key_notices", "time_tokens", "index"])
        receipt[field] = other[field]
    elif kind == 7:
        receipt["index"] = max(0, receipt["index"] + rng.choice([-1, 1, 2**32, 2**60]))
    elif kind == 8 and receipt["time_tokens"]:
        at = rng.randrange(len(receipt["time_tokens"]))
        receipt["time_tokens"][at] = change_base64(rng, receipt["time_tokens"][at])
    elif kind == 8 and receipt["key_notices"]:
        notice = rng.choice(receipt["key_notices"])
        notice["text"] = change_character(rng, notice["text"])
    elif "item" in whole:
        field = rng.choice(["item", "index"])
        whole[field] = change_character(rng, whole["item"]) if field == "item" else rng.randrange(4)
    else:
        receipt["checkpoint"] = other["checkpoint"]
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
