"""The pages of deposits in headless Chromium, against a node that this script starts.

    deposits.py TIEZHENG [--pictures FOLDER]

Files are dropped on `/`, verified on `/d/{number}`, and deposited on `/deposit` in both ways of signing. Checks: what the pages say and what
they never say; receipts, archive and list that are saved, against the command line; no error on the console; no request to elsewhere, and
none with the content of a file; accessibility by axe-core in both languages and colour schemes; 320 pixels; keyboard; cancelling. Needs the
packages of requirements.txt and Chromium."""

import argparse
import csv
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import zipfile

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Checks, check_axe, check_reflow  # noqa: E402
from node import Node  # noqa: E402

SECRET = "双方约定一百元，内容保密。\n"
PASSWORD = "a long sentence of mine"
TAMPERING = ["被篡改", "遭篡改", "tampered with", "forged"]
CONSISTENT = "核验一致，但有保留"

# Drops a file on the area of a file field, as a drag from the desktop does.
DROP = """([id, files]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  const zone = document.getElementById(id).closest('.zone');
  for (const kind of ['dragover', 'drop']) zone.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
# Whether the private key of a browser can be read by scripts.
EXTRACTABLE = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open('tiezheng');
  request.onerror = reject;
  request.onsuccess = () => {
    const all = request.result.transaction('keys').objectStore('keys').getAll();
    all.onsuccess = () => resolve(all.result.map((one) => [one.privateKey.extractable, one.privateKey.algorithm.name]));
  };
})"""


class VerifyingNode(Node):
    """A node whose receipts the command line verifies."""

    def verify(self, receipt: pathlib.Path, original: pathlib.Path) -> str:
        """The conclusion of the command line."""
        key = self.get("/v1/ledger")["key"]
        command = [self.program, "verify", str(original), "--receipt", str(receipt), "--key", key, "--offline", "--json"]
        environment = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return json.loads(done.stdout)["conclusion"]["code"] if done.stdout else done.stderr


class Visit:
    """A page under observation."""

    def __init__(self, checks: Checks, browser, node: VerifyingNode) -> None:
        self.checks, self.node = checks, node
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", accept_downloads=True)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: checks.that(message.type not in ["error", "warning"], f"console: {message.text}"))
        self.page.on("pageerror", lambda error: checks.that(False, f"page error: {error}"))
        self.page.on("request", self.look_at)

    def look_at(self, request) -> None:
        is_own = request.url.startswith((self.node.url, "blob:", "data:"))
        self.checks.that(is_own, f"a request to elsewhere: {request.url}")
        sent = request.post_data_buffer or b""
        self.checks.that("一百元".encode() not in sent, f"the content of a file was sent to {request.url}")

    def open(self, path: str) -> Page:
        self.page.goto(self.node.url + path)
        return self.page


def fresh(text: str) -> dict:
    """A file that nobody has deposited."""
    return {"name": "fresh.txt", "mimeType": "text/plain", "buffer": text.encode()}


def never_tampering(checks: Checks, text: str, where: str) -> None:
    checks.that(not any(word in text for word in TAMPERING), f"{where} is worded as tampering: {text[:200]}")


def register(visit: Visit) -> None:
    page = visit.open("/register?lang=zh")
    for field, text in [("name", "张三"), ("login", "zhang.san"), ("new-password", PASSWORD), ("new-password-again", PASSWORD)]:
        page.fill(f"#{field}", text)
    page.check("#consent")
    page.click("main form button")
    page.wait_for_url("**/account**")


def check_start(checks: Checks, visit: Visit, files: dict[str, pathlib.Path]) -> None:
    page = visit.open("/?lang=zh")
    page.evaluate(DROP, ["file", [["合同.txt", SECRET]]])
    page.wait_for_selector("#results-body .verdict")
    text = page.inner_text("#results")
    checks.that("尚未在本平台存证" in text and "截至区块高度" in text, f"start: {text}")
    sm3_and_sha256 = page.eval_on_selector_all("#results .hash", "hashes => hashes.map(hash => hash.textContent)")
    checks.that(len(sm3_and_sha256) == 2 and all(re.fullmatch("[0-9a-f]{64}", one) for one in sm3_and_sha256), f"start: {sm3_and_sha256}")
    page.set_input_files("#file", files["empty"])
    page.wait_for_selector("text=空文件不能存证")
    never_tampering(checks, page.inner_text("#results"), "an empty file")
    # Cancelling.
    page.set_input_files("#file", files["large"])
    page.wait_for_selector("#working:not([hidden])")
    page.click("#cancel")
    page.wait_for_selector("#working", state="hidden")
    checks.that("已取消" in page.inner_text("#results"), "start: cancelling is not said")


def wait_for_deposits(page: Page, count: int) -> None:
    # The policy of the pages does not allow what `wait_for_function` does.
    page.locator(".file .state.passed").nth(count - 1).wait_for(timeout=60_000)
    page.wait_for_selector("#start:not([hidden])")


def check_platform(checks: Checks, visit: Visit, files: dict[str, pathlib.Path], folder: pathlib.Path) -> str:
    """Deposits by the platform; returns the number of the contract."""
    page = visit.open("/deposit?lang=zh")
    checks.that(page.inner_text("#deposit-form").count("已存证") == 0, "deposit: something is called deposited before it is")
    page.click("#start")
    page.wait_for_selector("#errors:not([hidden])")
    checks.that(page.evaluate("document.activeElement.id") == "errors", "deposit: the error summary has no focus")
    page.set_input_files("#file", [files["contract"], files["formula"], files["empty"]])
    checks.that(page.locator(".file").count() == 3 and page.locator(".file .state.passed").count() == 0, "deposit: rows")
    checks.that("尚未存证" in page.inner_text("#chosen"), "deposit: 尚未存证 is not said")
    page.click("#start")
    page.wait_for_selector("#errors:not([hidden])")
    checks.that("空文件不能存证" in page.inner_text("#files"), "deposit: an empty file is not explained")
    page.locator(".file", has_text="empty.txt").locator("button").click()
    page.locator(".file", has_text="合同.txt").locator("input").fill("借款合同")
    page.fill("#description", "约定一百")
    page.click("text=来源说明")
    page.fill("#heading-source", "本人手机")
    page.click("#start")
    wait_for_deposits(page, 2)
    text = page.inner_text("#summary")
    checks.that("2 个文件已存证" in text, f"deposit: {text}")
    with page.expect_download() as download:
        page.click("#save-receipts")
    download.value.save_as(folder / "receipts.zip")
    with page.expect_download() as download:
        page.click("#save-list")
    download.value.save_as(folder / "list.csv")
    rows = list(csv.reader(io.StringIO((folder / "list.csv").read_text("utf-8-sig"))))
    names = {row[1]: row[0] for row in rows[1:]}
    checks.that(sorted(names) == ["'=1+1.txt", "借款合同"], f"list: {rows}")
    with zipfile.ZipFile(folder / "receipts.zip") as archive:
        checks.that(archive.testzip() is None and len(archive.namelist()) == 3, f"archive: {archive.namelist()}")
        archive.extractall(folder / "receipts")
    number = names["借款合同"]
    receipt = folder / "receipts" / f"{number}.tiezheng-receipt.json"
    conclusion = visit.node.verify(receipt, files["contract"])
    checks.that(conclusion == "consistent_with_reservation", f"the command line judges the receipt: {conclusion}")
    facts = visit.node.get(f"/v1/deposits/{number}")
    checks.that(facts["signed_by"]["code"] == "platform" and facts["media_type"] == "text/plain", f"deposit: {facts}")
    return number


def check_unverified(checks: Checks, visit: Visit) -> None:
    """A receipt that does not verify is no deposit; a further attempt is the same deposit."""
    page = visit.open("/deposit?lang=zh")
    numbers = []

    def change(route) -> None:
        answer = route.fetch()
        body = answer.json()
        numbers.append(body["deposit_number"])
        body["receipt"]["header_path"][0] = "00" * 32
        route.fulfill(response=answer, json=body)

    page.route("**/deposit/on-behalf", change)
    page.set_input_files("#file", fresh("a receipt that does not verify"))
    page.click("#start")
    page.wait_for_selector(".file .state:has-text('不计为存证')")
    page.wait_for_selector("#start:not([hidden])")
    checks.that(page.locator(".file .state.passed").count() == 0 and page.is_hidden("#outcome"), "a receipt that does not verify counts")
    never_tampering(checks, page.inner_text("#files"), "a receipt that does not verify")
    page.unroute("**/deposit/on-behalf")
    page.click("#start")
    wait_for_deposits(page, 1)
    checks.that(page.locator("#numbers code").first.inner_text() == numbers[0], "a further attempt is another deposit")


def check_own_key(checks: Checks, visit: Visit, files: dict[str, pathlib.Path], folder: pathlib.Path) -> str:
    page = visit.open("/deposit?lang=zh")
    page.set_input_files("#file", files["photo"])
    page.check("#signer-key")
    page.click("#start")
    page.wait_for_selector("#errors:not([hidden])")
    checks.that("请先创建密钥" in page.inner_text("#errors"), "own key: used before it exists")
    page.click("#create-key")
    checks.that("请先阅读并勾选" in page.inner_text("#key-error"), "own key: created without consent")
    checks.that(page.evaluate(EXTRACTABLE) == [], "own key: created without consent")
    page.check("#key-consent")
    page.click("#create-key")
    page.wait_for_selector("#key-state:not(:empty)")
    checks.that(page.evaluate(EXTRACTABLE) == [[False, "Ed25519"]], f"own key: {page.evaluate(EXTRACTABLE)}")
    page.click("#start")
    wait_for_deposits(page, 1)
    with page.expect_download() as download:
        page.click("#save-receipts")
    download.value.save_as(folder / "own.zip")
    with zipfile.ZipFile(folder / "own.zip") as archive:
        archive.extractall(folder / "own")
    number = page.locator("#numbers code").first.inner_text()
    facts = visit.node.get(f"/v1/deposits/{number}")
    checks.that(facts["signed_by"]["code"] == "depositor" and facts.get("on_behalf") is None, f"own key: {facts}")
    secret = json.loads((folder / "own" / f"{number}.private.json").read_text())
    checks.that(secret["metadata"] == {"name": "photo.bin"} and len(secret["salt"]) == 64, f"own key: {secret}")
    conclusion = visit.node.verify(folder / "own" / f"{number}.tiezheng-receipt.json", files["photo"])
    checks.that(conclusion == "consistent_with_reservation", f"the command line judges the receipt: {conclusion}")
    # The key is there again after the page was left.
    page = visit.open("/deposit?lang=zh")
    page.check("#signer-key")
    page.wait_for_selector("#key-state:not(:empty)")
    checks.that(page.is_hidden("#key-creation"), "own key: another is offered")
    return number


def check_list(checks: Checks, visit: Visit, platform: str, own: str) -> None:
    page = visit.open("/deposits?lang=zh")
    page.wait_for_selector("#own:not([hidden])")
    checks.that(own in page.inner_text("#own") and platform in page.inner_text("main table >> nth=0"), "list: deposits are missing")
    with page.expect_download() as download:
        page.click("#save-shown")
    checks.that(download.value.suggested_filename.endswith(".zip"), "list: no archive")
    page = visit.open("/deposits?lang=zh&q=借款")
    checks.that(platform in page.inner_text("main"), "list: not found by name")
    page.wait_for_timeout(300)
    checks.that(page.is_hidden("#own"), "list: the deposits of the browser are not filtered")


def check_receipts(checks: Checks, visit: Visit, files: dict[str, pathlib.Path], folder: pathlib.Path, number: str) -> None:
    receipt = folder / "receipts" / f"{number}.tiezheng-receipt.json"
    page = visit.open("/?lang=zh")
    page.set_input_files("#file", receipt)
    page.wait_for_selector("#results .report .sentence")
    checks.that("回执核验通过；未提交原文，未核验原文" in page.inner_text("#results"), "a receipt alone verifies no original")
    checks.that("本平台公布的账本密钥" in page.inner_text("#results"), "whose key it is is not said")
    page.set_input_files("#file", files["contract"])
    page.wait_for_selector(f"#results .verdict h3:has-text('{CONSISTENT}')")
    checks.that("不是鉴定意见" in page.inner_text("#results"), "no limits")
    page.set_input_files("#file", [receipt, files["photo"]])
    page.wait_for_selector("#results .verdict h3:has-text('比对结果不一致')")
    altered = folder / "altered.tiezheng-receipt.json"
    altered.write_text(receipt.read_text().replace("size 40", "size 41"))
    other = folder / "v2.json"
    other.write_text('{"receipt": "tiezheng/receipt/v2", "new": []}')
    broken = folder / "broken.tiezheng-receipt.json"
    broken.write_text(receipt.read_text()[:300])
    for file, says in [(altered, "未能完成核验"), (other, "tiezheng/receipt/v2"), (broken, "不是完整的 JSON")]:
        page = visit.open("/?lang=zh")
        page.set_input_files("#file", file)
        page.wait_for_selector("#results-body .verdict")
        text = page.inner_text("#results-body")
        checks.that(says in text, f"{file.name}: {text[:300]}")
        never_tampering(checks, page.inner_text("#results-body .verdict >> nth=0"), file.name)
    # By the file alone, and verified there.
    page = visit.open("/?lang=zh")
    page.set_input_files("#file", files["contract"])
    page.wait_for_selector("#results .records li")
    checks.that(number in page.inner_text("#results .records") and "sm3、sha-256" in page.inner_text("#results .records"), "the file is not found")
    page.click("#results .records button")
    page.wait_for_selector(f"#results .verdict h3:has-text('{CONSISTENT}')")


def check_record(checks: Checks, visit: Visit, files: dict[str, pathlib.Path], number: str) -> None:
    page = visit.open(f"/d/{number}?lang=zh")
    checks.that("平台代为签名" in page.inner_text("main"), "record: who signed is not said")
    page.set_input_files("#file", files["contract"])
    page.wait_for_selector(f"#report .verdict h3:has-text('{CONSISTENT}')")
    checks.that(page.locator("#report .steps > .step").count() == 17, "record: steps")
    page.set_input_files("#file", files["photo"])
    page.wait_for_selector("#report .verdict h3:has-text('比对结果不一致')")
    page.locator("#drawn").scroll_into_view_if_needed()
    page.wait_for_selector("#drawn .path")
    receipt = visit.node.get(f"/v1/deposits/{number}/receipt")
    for at, field in enumerate(["entry_path", "header_path", "previous_path"]):
        codes = page.locator("#drawn .path").nth(at).locator(".box.sibling code")
        drawn = [codes.nth(one).evaluate("code => code.textContent") for one in range(codes.count())]
        checks.that(drawn == receipt[field], f"record: {field} is drawn as {drawn}")
    path = page.locator("#drawn .path", has=page.locator("button")).first
    path.locator("button").click()
    path.locator(".status:has-text('相同')").wait_for(timeout=60_000)
    checks.that(page.locator("#drawn .path-step.open").count() == 0, "record: a step was not recomputed")


def look(checks: Checks, page: Page, name: str, pictures: pathlib.Path | None) -> None:
    check_axe(checks, page, name)
    check_reflow(checks, page, name)
    if pictures:
        page.screenshot(path=pictures / f"{name}.png", full_page=True)


def check_results(checks: Checks, visit: Visit, files: dict[str, pathlib.Path], folder: pathlib.Path, number: str, pictures: pathlib.Path | None) -> None:
    """The looks of what scripts show."""
    receipt = folder / "receipts" / f"{number}.tiezheng-receipt.json"
    page = visit.page
    for language in ["zh", "en"]:
        for scheme, width in [("light", 1280), ("dark", 1280), ("light", 320)]:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            shown = {
                "verified": ("/", [receipt, files["contract"]], "#results .report .sentence"),
                "unable": ("/", folder / "altered.tiezheng-receipt.json", "#results .report .sentence"),
                "found": ("/", files["contract"], "#results .records li"),
                "nothing": ("/", fresh(f"nothing {language} {scheme} {width}"), "#results-body .verdict"),
                "compared": (f"/d/{number}", files["photo"], "#report .sentence"),
            }
            for name, (path, chosen, selector) in shown.items():
                visit.open(f"{path}?lang={language}")
                page.set_input_files("#file", chosen)
                page.wait_for_selector(selector)
                look(checks, page, f"{name}-{language}-{scheme}-{width}", pictures)
                if language == "en":
                    han = re.sub("[^\u4e00-\u9fff]", "", page.inner_text("main").replace("合同", ""))
                    checks.that(han == "", f"{name}: not translated: {han}")
            visit.open(f"/deposit?lang={language}")
            page.set_input_files("#file", fresh(f"deposited {language} {scheme} {width}"))
            page.click("#start")
            wait_for_deposits(page, 1)
            look(checks, page, f"deposited-{language}-{scheme}-{width}", pictures)
    page.emulate_media(media="print")
    checks.that(page.is_hidden("#files") and page.is_visible("#numbers"), "print: the list of numbers alone is printed")
    page.emulate_media(media="screen")


def check_looks(checks: Checks, visit: Visit, number: str, pictures: pathlib.Path | None) -> None:
    page = visit.page
    for path in ["/", f"/d/{number}", f"/d/{number}/path", "/deposit", "/deposits"]:
        for language in ["zh", "en"]:
            for scheme, width in [("light", 1280), ("dark", 1280), ("light", 320)]:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                visit.open(f"{path}?lang={language}")
                if path.startswith("/d/") and not path.endswith("path"):
                    page.locator("#drawn").scroll_into_view_if_needed()
                    page.wait_for_selector("#drawn .path")
                if path == "/deposit":
                    page.set_input_files("#file", [{"name": "很长的名称" * 12 + ".pdf", "mimeType": "application/pdf", "buffer": b"x"}])
                    page.check("#signer-key")
                name = f"{path.strip('/').replace('/', '-').replace(number, 'record') or 'start'}-{language}-{scheme}-{width}"
                look(checks, page, name, pictures)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def check_keyboard(checks: Checks, visit: Visit) -> None:
    page = visit.open("/?lang=zh")
    page.focus("#q")
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    checks.that("file" in reached, f"keyboard: the file field is not reached: {reached}")
    page.focus("#file")
    outline = page.evaluate("getComputedStyle(document.querySelector('.zone')).outlineStyle")
    checks.that(outline == "solid", f"keyboard: the focus of the file field is not visible: {outline}")


def check_timestamps(checks: Checks, browser, program: str, folder: pathlib.Path) -> None:
    """A node with a timestamp authority: the page verifies the timestamp by it, and says whose choice that is."""
    authority = [sys.executable, str(pathlib.Path(__file__).resolve().parents[1] / "support" / "tsa.py")]
    (folder / "timed").mkdir()
    subprocess.run([*authority, "make", folder / "tsa"], capture_output=True, check=True)
    served = subprocess.Popen([*authority, "serve", folder / "tsa", "honest"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    trusted = ["--tsa", served.stdout.readline().strip(), "--tsa-ca", str(folder / "tsa" / "ca.pem"), "--tsa-interval", "1"]
    node = VerifyingNode(program, folder / "timed", *trusted)
    try:
        body = SECRET.encode()
        deposit = {"sha_256": hashlib.sha256(body).hexdigest(), "size": len(body), "name": "合同"}
        number = node.post("/v1/entrusted-deposits", deposit)["deposit_number"]
        for _ in range(300):
            if node.get(f"/v1/deposits/{number}/receipt")["time_tokens"]:
                break
            time.sleep(0.1)
        page = Visit(checks, browser, node).open(f"/d/{number}?lang=zh")
        page.set_input_files("#file", {"name": "合同.txt", "mimeType": "text/plain", "buffer": body})
        page.wait_for_selector("#report .steps")
        text = page.inner_text("#report")
        checks.that("并非由核验人选定" in text and "时间戳机构由本平台选定" in text, f"timestamps: whose choice is not said: {text}")
        checks.that("可信时间（不晚于）" in text and "无可信时间戳" not in text, f"timestamps: not verified: {text}")
        check_axe(checks, page, "a report with a timestamp")
    finally:
        node.stop()
        served.stdin.close()
        served.wait()


def run(checks: Checks, browser, node: VerifyingNode, folder: pathlib.Path, pictures: pathlib.Path | None) -> None:
    files = {"contract": folder / "合同.txt", "photo": folder / "photo.bin", "empty": folder / "empty.txt", "formula": folder / "=1+1.txt", "large": folder / "large.bin"}
    files["contract"].write_text(SECRET)
    files["photo"].write_bytes(bytes(range(256)) * 40_000)
    files["empty"].touch()
    files["formula"].write_text("formula")
    with files["large"].open("wb") as file:
        file.truncate(1 << 30)
    visit = Visit(checks, browser, node)
    check_start(checks, visit, files)
    register(visit)
    number = check_platform(checks, visit, files, folder)
    check_unverified(checks, visit)
    own = check_own_key(checks, visit, files, folder)
    check_list(checks, visit, number, own)
    check_receipts(checks, visit, files, folder, number)
    check_record(checks, visit, files, number)
    check_keyboard(checks, visit)
    check_results(checks, visit, files, folder, number, pictures)
    check_looks(checks, visit, number, pictures)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        node = VerifyingNode(options.program, pathlib.Path(folder))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            run(checks, browser, node, pathlib.Path(folder), options.pictures)
            check_timestamps(checks, browser, options.program, pathlib.Path(folder))
        finally:
            browser.close()
            node.stop()
    print(f"{len(checks.failures)} failures")
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
