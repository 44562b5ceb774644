"""The verifier page in headless Chromium, opened from disk.

    browser.py PAGE [--quick] [--pictures FOLDER] [--large]

PAGE is the file `verifier.html`. Checks: the page computes its own SHA-256; every frozen receipt leads to the same report as the modules
in Node; no error on the console; accessibility by axe-core in both languages, both colour schemes and at 320 pixels; keyboard; cancelling;
with --large, a file of 2 GiB with less than 300 MiB of memory. Needs the packages of requirements.txt, Chromium and Node."""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import axe_playwright_python
from playwright.sync_api import Page, sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
RECEIPTS = HERE / "receipts"
AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOWN = "#report:not([hidden]), #errors:not([hidden])"

# Receipt, file, trust, authorities.
CASES = {
    "consistent_with_reservation": ("timestamped.json", "original.txt", "two_of_three.policy", "ca.pem"),
    "mismatch": ("plain.json", "other.txt", "key.txt", None),
    "contradictory": ("contradictory.json", "original.txt", "key.txt", None),
    "record_only": ("witnessed.json", None, "two_of_three.policy", None),
    "unable_unknown_key": ("plain.json", "original.txt", None, None),
    "unable_broken_receipt": ("rotated_before.json", "original.txt", "key.txt", None),
    "unable_no_salt": ("salted.json", "original.txt", "key.txt", None),
    "unable_manifest_only": ("manifest.json", "original.txt", "key.txt", None),
    "item": ("item_0.json", "original.txt", "key.txt", None),
    "forged_witness": ("forged_witness.json", "original.txt", "two_of_three.policy", None),
    "too_few_witnesses": ("one_witness.json", "original.txt", "two_of_three.policy", None),
    "on_behalf": ("on_behalf.json", "original.txt", "key.txt", None),
    "other_time": ("other_time.json", "original.txt", "key.txt", "ca.pem"),
    "test_ledger": ("test.json", "original.txt", "key.txt", None),
}


class Checks:
    """Counts failures and goes on, so that one run names all of them."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def that(self, holds: bool, what: str) -> None:
        if not holds:
            self.failures.append(what)
            print(f"FAILED {what}")


def give(page: Page, address: str, case, language: str = "zh") -> None:
    receipt, original, trust, authorities = case
    page.goto(f"{address}?lang={language}")
    page.set_input_files("#receipt", RECEIPTS / receipt)
    if original:
        page.set_input_files("#original", original if isinstance(original, pathlib.Path) else RECEIPTS / original)
    if trust:
        page.fill("#trust", (RECEIPTS / trust).read_text())
    if authorities:
        page.click("details.further > summary")
        page.set_input_files("#authorities", RECEIPTS / authorities)


def verify(page: Page, address: str, case, language: str = "zh") -> None:
    give(page, address, case, language)
    page.click("#verify")
    page.wait_for_selector(SHOWN)


def by_node(case) -> dict:
    receipt, original, trust, authorities = case
    line = {"receipt": str(RECEIPTS / receipt), "trust": (RECEIPTS / trust).read_text() if trust else ""}
    line |= {"file": str(RECEIPTS / original)} if original else {}
    line |= {"authorities": str(RECEIPTS / authorities)} if authorities else {}
    done = subprocess.run(["node", HERE / "report.mjs"], input=json.dumps(line), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def shown_steps(page: Page) -> list[list[str]]:
    read = "rows => rows.map(row => ['.step-number', '.step-name', '.outcome'].map(part => row.querySelector(part).textContent))"
    return page.eval_on_selector_all(".steps > .step", read)


def check_report(checks: Checks, page: Page, address: str, name: str, case) -> None:
    report = by_node(case)
    for at, language in enumerate(["zh", "en"]):
        if at == 0:
            verify(page, address, case)
        else:
            page.click("#en")
        sentence = page.inner_text(".sentence")
        checks.that(sentence == report["conclusion"][language], f"{name} {language}: {sentence}")
        expected = [[str(step["number"]), step["label"][language], step["outcome"][language]] for step in report["steps"]]
        checks.that(shown_steps(page) == expected, f"{name} {language}: steps differ: {shown_steps(page)}")
        lang = page.get_attribute("html", "lang")
        checks.that(lang == ["zh-CN", "en"][at], f"{name}: language {lang}")
        text = page.inner_text("#report")
        if report["conclusion"]["code"] == "unable":
            words = ["被篡改", "遭篡改", "tampered", "forged"]
            said = page.inner_text(".verdict") + page.inner_text(".steps")
            checks.that(not any(word in said for word in words), f"{name} {language}: unable is worded as tampering")
    limits = "本报告由程序生成" if language == "zh" else "This report was generated by a program"
    checks.that(limits in text, f"{name}: no limits")


def check_axe(checks: Checks, page: Page, name: str) -> None:
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {{ runOnly: {json.dumps(RULES)} }})")
    checks.that(not found["violations"], f"axe, {name}: " + "; ".join(
        f"{one['id']} at {[node['target'] for node in one['nodes']][:3]}: {one['nodes'][0]['failureSummary'][:300]}" for one in found["violations"]
    ))
    checks.that(len(found["passes"]) > 15, f"axe, {name}: only {len(found['passes'])} rules passed")


def check_reflow(checks: Checks, page: Page, name: str) -> None:
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    checks.that(width <= 0, f"{name}: {width} pixels too wide")


def check_text_spacing(checks: Checks, page: Page) -> None:
    """WCAG 1.4.12: nothing is cut off with larger spacing."""
    sheet = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
    page.evaluate("sheet => { const made = new CSSStyleSheet(); made.replaceSync(sheet); document.adoptedStyleSheets = [made]; }", sheet)
    check_reflow(checks, page, "text spacing")


def check_keyboard(checks: Checks, page: Page, address: str) -> None:
    page.goto(f"{address}?lang=zh")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    for wanted in ["zh", "en", "receipt", "original", "trust", "verify"]:
        checks.that(wanted in reached, f"keyboard: {wanted} is not reached: {reached}")
    page.focus("#receipt")
    outline = page.evaluate("getComputedStyle(document.getElementById('receipt-zone')).outlineStyle")
    checks.that(outline == "solid", f"keyboard: the focus of a file field is not visible: {outline}")
    page.focus("#verify")
    page.keyboard.press("Enter")
    page.wait_for_selector("#errors:not([hidden])")
    checks.that(page.evaluate("document.activeElement.id") == "errors", "keyboard: the error summary has no focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    checks.that(page.evaluate("document.activeElement.id") == "receipt", "keyboard: an error does not lead to its field")


def check_errors(checks: Checks, page: Page, address: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        other = pathlib.Path(folder) / "v2.json"
        other.write_text('{"receipt":"tiezheng/receipt/v2","new":[]}')
        for language, words in [("zh", "本页不能读取该格式：“tiezheng/receipt/v2”"), ("en", "This page cannot read this format")]:
            page.goto(f"{address}?lang={language}")
            page.set_input_files("#receipt", other)
            page.fill("#trust", "abc")
            page.click("#verify")
            page.wait_for_selector("#errors:not([hidden])")
            text = page.inner_text("#errors")
            checks.that(words in text and "1" in text, f"errors {language}: {text}")
            checks.that(page.get_attribute("#trust", "aria-invalid") == "true", "errors: the field is not marked")
            check_axe(checks, page, f"errors {language}")


def check_wrong_files(checks: Checks, page: Page, address: str) -> None:
    """A file that cannot be a receipt, or is empty, is named as such and not read into memory."""
    with tempfile.TemporaryDirectory() as folder:
        empty, large = pathlib.Path(folder) / "empty.json", pathlib.Path(folder) / "large.json"
        empty.touch()
        with large.open("wb") as file:
            file.truncate(5 << 20)
        for file, words in [(empty, "所选的回执文件为空"), (large, "所选文件过大，不是存证回执")]:
            page.goto(f"{address}?lang=zh")
            page.set_input_files("#receipt", file)
            page.set_input_files("#original", empty)
            page.click("#verify")
            page.wait_for_selector("#errors:not([hidden])")
            text = page.inner_text("#errors")
            checks.that(words in text and "空文件不能存证" in text, f"wrong files: {text}")


def check_paths(checks: Checks, page: Page, address: str) -> None:
    verify(page, address, CASES["consistent_with_reservation"])
    receipt = json.loads((RECEIPTS / "timestamped.json").read_text())
    for at, field in enumerate(["entry_path", "header_path", "previous_path"]):
        section = page.locator(".path").nth(at)
        siblings = section.locator(".box.sibling code")
        drawn = [siblings.nth(one).evaluate("code => code.textContent") for one in range(siblings.count())]
        checks.that(drawn == receipt[field], f"paths: {field} is drawn as {drawn}")
    button = page.locator(".path button").first
    button.click()
    page.wait_for_selector(".path-step.open", state="attached")
    page.wait_for_selector(".path .status:has-text('相同')", timeout=60_000)
    checks.that(page.locator(".path-step.open").count() == 0, "paths: a step was not recomputed")


def renderer_peak(pids: set[int]) -> int:
    """The largest resident memory of the renderers with these ids, in MiB."""
    peak = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]) // 1024)
    return peak


def is_descendant(pid: int) -> bool:
    """Whether this process has started that one, itself or through others."""
    while pid > 1 and pid != os.getpid():
        # The name before the last bracket may contain anything.
        pid = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return pid == os.getpid()


def renderers() -> set[int]:
    """The renderers of this script's browser. Others may run on this machine."""
    found = set()
    for command in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            pid = int(command.parent.name)
            if b"--type=renderer" in command.read_bytes() and is_descendant(pid):
                found.add(pid)
    return found


def check_large(checks: Checks, browser, address: str) -> None:
    before = renderers()
    page = browser.new_page()
    with tempfile.TemporaryDirectory() as folder:
        large = pathlib.Path(folder) / "large.bin"
        with large.open("wb") as file:
            file.truncate(2 << 30)
        page.set_default_timeout(600_000)
        give(page, address, ("plain.json", large, "key.txt", None))
        page.click("#verify")
        page.wait_for_selector("#working:not([hidden])")
        time.sleep(1)
        done = page.evaluate("document.getElementById('progress').value")
        page.click("#cancel")
        page.wait_for_selector("#working", state="hidden")
        text = page.inner_text("#status")
        checks.that("已取消" in text and page.is_hidden("#report"), f"large: after cancelling: {text}")
        checks.that(0 <= done < 100, f"large: progress {done}")
        start, values = time.monotonic(), []
        stop = threading.Event()
        page.click("#verify")
        while page.is_hidden("#report"):
            values.append(page.evaluate("document.getElementById('progress').value"))
            time.sleep(0.5)
        stop.set()
        checks.that(values == sorted(values) and len(set(values)) > 5, f"large: progress {values}")
        peak = renderer_peak(renderers() - before)
        print(f"2 GiB hashed in {time.monotonic() - start:.1f} s, renderer {peak} MiB")
        checks.that(0 < peak < 300, f"large: {peak} MiB")
        page.click(".steps > .step:nth-child(4) summary")
        expected = "a7c744c13cc101ed66c29f672f92455547889cc586ce6d44fe76ae824958ea51"
        digests = page.inner_text(".steps > .step:nth-child(4)").replace("\n", "").replace(" ", "")
        checks.that(expected in digests, f"large: {digests}")
    page.close()


def pictures(browser, address: str, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for scheme, width in [("light", 1000), ("dark", 1000), ("light", 320)]:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        for name, case in CASES.items():
            for language in ["zh", "en"] if (scheme, width) == ("light", 1000) else ["zh"]:
                verify(page, address, case, language)
                page.screenshot(path=folder / f"{name}-{language}-{scheme}-{width}.png", full_page=True)
        page.close()


def run(checks: Checks, browser, file: pathlib.Path, options) -> None:
    address = file.resolve().as_uri()
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.on("console", lambda message: checks.that(message.type not in ["error", "warning"], f"console: {message.text}"))
    page.on("pageerror", lambda error: checks.that(False, f"page error: {error}"))
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    page.on("request", lambda request: checks.that(request.url.startswith(("file:", "blob:")), f"request: {request.url}"))
    page.goto(address)
    own = page.inner_text("#own-digest").replace("\n", "").replace(" ", "")
    checks.that(own == hashlib.sha256(file.read_bytes()).hexdigest(), f"the page computes {own} as its SHA-256")
    cases = dict(list(CASES.items())[:5]) if options.quick else CASES
    for name, case in cases.items():
        check_report(checks, page, address, name, case)
    # One document hashes again in a worker, not on its own thread.
    verify(page, address, CASES["mismatch"])
    workers.clear()
    for number in [1, 2]:
        page.click("#verify")
        for _ in range(300):
            if len(workers) == number:
                break
            page.wait_for_timeout(100)
        page.wait_for_selector("#verify:not([aria-disabled])")
    checks.that(len(workers) == 2, f"{len(workers)} workers in two verifications")
    check_errors(checks, page, address)
    check_wrong_files(checks, page, address)
    check_keyboard(checks, page, address)
    check_paths(checks, page, address)
    for scheme in ["light", "dark"]:
        page.emulate_media(color_scheme=scheme)
        for language in ["zh", "en"]:
            for name in ["consistent_with_reservation", "mismatch", "unable_unknown_key"]:
                verify(page, address, CASES[name], language)
                check_axe(checks, page, f"{name} {language} {scheme}")
    page.emulate_media(color_scheme="light")
    for width in [320, 640, 1920]:
        page.set_viewport_size({"width": width, "height": 800})
        verify(page, address, CASES["consistent_with_reservation"])
        check_reflow(checks, page, f"{width} pixels")
        check_axe(checks, page, f"{width} pixels")
    page.set_viewport_size({"width": 320, "height": 800})
    check_text_spacing(checks, page)
    page.close()
    if options.large:
        check_large(checks, browser, address)
    if options.pictures:
        pictures(browser, address, options.pictures)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    checks = Checks()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        run(checks, browser, options.page, options)
        browser.close()
    print(f"{len(checks.failures)} failures")
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
