"""Assembles the single-file verifier from its parts, as the program does (src/http/verifier_page.rs): modules in order, each in a
function of its own, styles, and a Content-Security-Policy with the hashes of exactly these."""

import base64
import hashlib
import pathlib
import re
import sys

WEB = pathlib.Path(__file__).resolve().parents[2] / "web"
PAGE = """bytes sha256 sm3 sha512 ed25519 text keys note merkle number media statement records policy key_history json receipt
manifest der x509 authorities time_token verify words sentences question texts dom hashing paths_view report_view page""".split()
WORKER = "sha256 sm3 hashing worker".split()
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; worker-src blob:; connect-src 'none'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types tiezheng-worker"
)


def module(name: str) -> str:
    text = (WEB / "verify" / f"{name}.js").read_text()
    body, exported = [], []
    rest = text
    imports = re.compile(r"^import \{([^}]*)\} from '\./(\w+)\.js';\n", re.M)
    rest = imports.sub(lambda m: f"const {{ {' '.join(m[1].split()).rstrip(',')} }} = {m[2]}$;\n", rest)
    for line in rest.split("\n"):
        if line.startswith("export "):
            line = line.removeprefix("export ")
            exported.append(re.match(r"(?:async )?(?:function|class|const) (\w+)", line)[1])
        body.append(line)
    return f"const {name}$ = (() => {{\n" + "\n".join(body) + f"return {{ {', '.join(exported)} }};\n}})();\n"


def bundle(names: list[str]) -> str:
    return '"use strict";\n' + "".join(module(name) for name in names)


def source(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def assemble() -> str:
    script, worker = "\n" + bundle(PAGE), "\n" + bundle(WORKER)
    style = "\n" + (WEB / "verifier.css").read_text()
    policy = POLICY.format(script=source(script), style=source(style))
    page = (WEB / "verifier.html").read_text()
    for mark, part in [("@csp@", policy), ("@style@", style), ("@worker@", worker), ("@script@", script)]:
        assert page.count(mark) == 1
        page = page.replace(mark, part)
    return page


if __name__ == "__main__":
    sys.stdout.write(assemble())
