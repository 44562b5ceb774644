"""Every page of a node in headless Chromium.

    pages.py TIEZHENG [--quick] [--pictures FOLDER] [--only ROUTE] [--who visitor … | --of-a-case | --without-a-case] [--schemes light dark] [--widths 320 768 1280]

TIEZHENG is the program. The pages are those of pages.json, which tests/it compares with the routes of the program. Each is opened in both
languages, light and dark, at 320, 768 and 1280 pixels (320 is 1280 at a zoom of 400 %), and checked for errors on the console, requests
to other sites, overflow, accessibility (axe-core), focus that is visible from the keyboard, and larger text spacing. --quick opens one
width and one colour scheme; --pictures saves each page. Needs the packages of requirements.txt and Chromium."""

import argparse
import contextlib
import hashlib
import json
import pathlib
import re
import sys
import urllib.parse
import tempfile
import time

import axe_playwright_python
from playwright.sync_api import Browser, Page, sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from node import Node  # noqa: E402
from suit import Suit  # noqa: E402

AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LANGUAGES = ["zh", "en"]
SCHEMES = ["light", "dark"]
WIDTHS = [320, 768, 1280]
PASSWORD = "a long sentence of mine"
# Who opens pages of a case: a party, court staff, and the clerk of the court to which its dossier goes.
OF_A_CASE = ["party", "clerk", "judge", "second"]
WITHOUT_A_CASE = ["visitor", "person", "operator"]
# Elements that the Tab key may reach on one page; more are alike.
REACHED = 60
FOCUS = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { name: element.tagName + "#" + element.id + " " + element.textContent.trim().slice(0, 30), visible, inside: box.right > 0 && box.bottom > 0, body: element === document.body };
}"""
SPACING = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"


class Checks:
    """Counts failures and goes on, so that one run names all of them."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.where = ""
        # Lines of the console that a check causes.
        self.expected: list[str] = []

    def that(self, holds: bool, what: str) -> None:
        if not holds:
            self.failures.append(f"{self.where}: {what}")
            print(f"FAILED {self.where}: {what}", flush=True)


def deposit(node: Node, name: str) -> str:
    content = name.encode()
    body = {"sha_256": hashlib.sha256(content).hexdigest(), "size": len(content), "name": name}
    return node.post("/v1/entrusted-deposits", body)["deposit_number"]


def sign_in(page: Page, node: Node, login: str) -> None:
    page.goto(f"{node.url}/login?lang=zh")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="登录").click()
    # Otherwise the pages of this person would be checked as the page for signing in.
    assert urllib.parse.urlsplit(page.url).path != "/login", f"{login} is not signed in: {page.inner_text('main')[:200]}"


def activate(page: Page, node: Node, token: str, login: str) -> None:
    """Sets a password for the account of a token, and signs in with it."""
    page.goto(f"{node.url}/activate?lang=zh")
    page.fill("#token", token)
    page.fill("#login", login)
    page.fill("#new-password", PASSWORD)
    page.fill("#new-password-again", PASSWORD)
    with page.expect_navigation():
        page.locator("main form button").click()
    sign_in(page, node, login)


def register(page: Page, node: Node) -> str:
    page.goto(f"{node.url}/register?lang=zh")
    page.fill("#name", "张三")
    page.fill("#login", "zhang.san")
    page.fill("#new-password", PASSWORD)
    page.fill("#new-password-again", PASSWORD)
    page.check("#consent")
    with page.expect_navigation():
        page.locator("main form button").click()
    return page.locator("main [data-copy]").first.get_attribute("data-copy")


def open_page(browser: Browser, checks: Checks, node: Node) -> Page:
    """A page in a context of its own, whose console and requests are watched."""
    page = browser.new_context().new_page()
    page.on("console", lambda message: checks.that(message.type not in ["error", "warning"] or message.text in checks.expected, f"console: {message.text}"))
    page.on("pageerror", lambda error: checks.that(False, f"error: {error}"))
    # The last two are the browser's own viewer of PDF.
    own = ("data:", "blob:", node.url, "chrome-extension:", "chrome:")
    page.on("request", lambda request: checks.that(request.url.startswith(own), f"request to {request.url}"))
    return page


def check_axe(checks: Checks, page: Page) -> None:
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {{ runOnly: {json.dumps(RULES)} }})")
    for one in found["violations"]:
        nodes = [node["target"] for node in one["nodes"]][:3]
        checks.that(False, f"axe {one['id']} at {nodes}: {one['nodes'][0]['failureSummary'][:300]}")
    checks.that(len(found["passes"]) > 10, f"axe: only {len(found['passes'])} rules passed")


def check_reflow(checks: Checks, page: Page, what: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    checks.that(wide <= 0, f"{what}: {wide} pixels too wide")


def check_keyboard(checks: Checks, page: Page, least: int = 6) -> None:
    seen = set()
    page.evaluate("scrollTo(0, 0)")
    for _ in range(REACHED):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        # What is in a frame is the browser's viewer of PDF, which draws its own focus.
        if focus["body"] or focus["name"].startswith("IFRAME"):
            break
        checks.that(focus["visible"] and focus["inside"], f"focus is not visible on {focus['name']}")
        seen.add(focus["name"])
    checks.that(len(seen) >= least, f"the Tab key reaches {len(seen)} elements")


def check_spacing(checks: Checks, page: Page) -> None:
    page.evaluate("sheet => { const made = new CSSStyleSheet(); made.replaceSync(sheet); document.adoptedStyleSheets = [made]; }", SPACING)
    check_reflow(checks, page, "text spacing")


def check_page(checks: Checks, page: Page, address: str, options) -> None:
    schemes, widths = (["light"], [1280]) if options.quick else (options.schemes, options.widths)
    for language in LANGUAGES:
        for scheme in schemes:
            for width in widths:
                checks.where = f"{options.route} {options.stage} {language} {scheme} {width}"
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.set_viewport_size({"width": width, "height": 900})
                answer = page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
                checks.that(answer.status == 200, f"status {answer.status}")
                asked, shown = (urllib.parse.unquote(urllib.parse.urlsplit(one).path) for one in (address, page.url))
                checks.that(shown == asked, f"{shown} is shown instead")
                check_reflow(checks, page, "reflow")
                check_axe(checks, page)
                if options.pictures:
                    name = re.sub(r"[^a-z0-9]+", "-", options.route).strip("-") or "start"
                    page.screenshot(path=options.pictures / f"{options.number:02}-{name}-{options.stage}-{language}-{scheme}-{width}.png", full_page=True)
                if scheme == "light" and width == WIDTHS[-1]:
                    check_keyboard(checks, page)
                if scheme == "light" and width == WIDTHS[0]:
                    check_spacing(checks, page)


def check_live(checks: Checks, page: Page, node: Node) -> None:
    """New blocks are announced by a button; nothing moves before it is pressed."""
    checks.where = "live"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{node.url}/chain?lang=zh")
    page.get_by_text("实时更新中").wait_for()
    rows = page.locator("#block-rows tr")
    first, count, place = rows.first.inner_text(), rows.count(), rows.first.bounding_box()
    for number in range(2):
        deposit(node, f"live {number}")
    show = page.get_by_role("button", name=re.compile("显示 2 个新区块"))
    show.wait_for()
    checks.that((rows.first.inner_text(), rows.count(), rows.first.bounding_box()) == (first, count, place), "rows moved by themselves")
    show.click()
    page.wait_for_function("before => document.querySelector('#block-rows tr').innerText !== before", arg=first)
    server = page.context.new_page()
    server.goto(f"{node.url}/chain?lang=zh")
    shown, expected = rows.first.inner_html(), server.locator("#block-rows tr").first.inner_html()
    checks.that(shown == expected, f"a new row differs from the server's: {shown} {expected}")
    server.close()
    checks.that(page.evaluate("document.activeElement.id") == "blocks", "the focus is lost")
    page.get_by_role("button", name="暂停更新").click()
    page.get_by_text("已暂停更新").wait_for()
    deposit(node, "while paused")
    time.sleep(2)
    checks.that(page.get_by_role("button", name="没有新区块").count() + page.locator("#live-show[disabled]").count() > 0, "paused, and yet updated")
    page.get_by_role("button", name="继续更新").click()
    page.get_by_role("button", name="显示 1 个新区块").wait_for()


def check_list(checks: Checks, people: dict[str, Page], values: dict[str, str], chosen: set[str], options) -> None:
    """The pages of the list that these people open."""
    for at, listed in enumerate(json.loads((HERE / "pages.json").read_text())):
        assert listed.get("who") in [None, *WITHOUT_A_CASE, *OF_A_CASE], listed
        if listed.get("who") not in chosen & set(options.who) or (options.only and options.only != listed["route"]):
            continue
        path = listed.get("path") or listed["full_path"]
        for name, value in values.items():
            path = path.replace(name, value)
        options.route, options.number = listed["route"] + (f" ({listed['who']})" if listed["who"] in OF_A_CASE else ""), at
        check_page(checks, people[listed["who"]], options.node.url + path, options)


def check_original(checks: Checks, page: Page, address: str) -> None:
    """A PDF is shown in a frame, as a document without an origin; the look was recorded."""
    checks.where = "original"
    page.goto(f"{address}/items/3/original?lang=zh")
    frame = page.frame_locator("iframe.original")
    checks.that(frame.owner.is_visible(), "the frame is not shown")
    answer = page.request.get(f"{address}/items/3/original/file")
    checks.that("sandbox" in answer.headers["content-security-policy"].split(";")[0], "the document of the frame is not sandboxed")
    page.goto(f"{address}/history?lang=zh")
    checks.that("查阅" in page.inner_text("main"), "the look at the original is not in the record")


def check_kept_form(checks: Checks, page: Page, node: Node, path: str, login: str, options) -> None:
    """A form that is sent after the session has ended is kept, and sent after the login in another window."""
    checks.where = "kept form"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{node.url}{path}/act/describe?lang=zh")
    claims = "第一项请求。\n\n“第二项”请求。"
    page.fill("#claims", claims)
    other = page.context.browser.new_context().new_page()
    sign_in(other, node, login)
    with other.expect_navigation():
        other.get_by_role("button", name="结束其他全部会话").click()
    other.context.close()
    checks.expected = ["Failed to load resource: the server responded with a status of 401 (Unauthorized)"]
    with page.expect_navigation():
        page.locator("main form button").click()
    checks.expected = []
    checks.that("登录已失效，表单尚未提交" in page.inner_text("main"), "the form is not kept")
    check_axe(checks, page)
    # The page has no links that leave it.
    check_keyboard(checks, page, least=3)
    if options.pictures:
        page.screenshot(path=options.pictures / "kept-form.png", full_page=True)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="登录（新窗口）").click()
    sign_in(opened.value, node, login)
    opened.value.close()
    with page.expect_navigation():
        page.get_by_role("button", name="继续提交").click()
    shown = page.inner_text("main")
    checks.that("已办理" in shown and "第一项请求。" in shown and "“第二项”请求。" in shown, f"the form was not sent: {shown[:300]}")


def run(checks: Checks, browser: Browser, node: Node, options) -> None:
    options.node = node
    number = deposit(node, "合同")
    people = {who: open_page(browser, checks, node) for who in [*WITHOUT_A_CASE, *OF_A_CASE]}
    activate(people["operator"], node, node.token, "operator")
    values = {"{number}": number, "{account}": register(people["person"], node)}
    check_list(checks, people, values, set(WITHOUT_A_CASE), options)
    if options.only in [None, "/chain"] and "visitor" in options.who:
        check_live(checks, people["visitor"], node)
    suit = Suit(node)
    suit.open()
    accounts = {"party": suit.plaintiff, "clerk": suit.clerk, "judge": suit.judge, "second": suit.second}
    for who, account in accounts.items():
        activate(people[who], node, account.token, account.login)
    # A draft, as only its filer sees it.
    values["{case}"] = suit.path
    options.stage = "draft"
    check_list(checks, people, values, {"party"}, options)
    if not options.only and "party" in options.who:
        check_kept_form(checks, people["party"], node, suit.path, suit.plaintiff.login, options)
    suit.file()
    suit.argue()
    values |= {"{transcript}": suit.transcript, "{agreement}": suit.agreement}
    options.stage = "hearing"
    check_list(checks, people, values, {"party", "clerk", "judge"}, options)
    if not options.only and "party" in options.who:
        check_original(checks, people["party"], node.url + suit.path)
    values["{hand-over}"] = suit.appeal()
    options.stage = "appeal"
    check_list(checks, people, values, {"second"}, options)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--only")
    parser.add_argument("--schemes", nargs="+", default=SCHEMES)
    parser.add_argument("--who", nargs="+", default=[*WITHOUT_A_CASE, *OF_A_CASE])
    parser.add_argument("--of-a-case", dest="who", action="store_const", const=OF_A_CASE)
    parser.add_argument("--without-a-case", dest="who", action="store_const", const=WITHOUT_A_CASE)
    parser.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    options = parser.parse_args()
    options.stage = "any"
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        node = Node(options.program, pathlib.Path(folder))
        try:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])
            run(checks, browser, node, options)
            with contextlib.suppress(Exception):
                browser.close()
        finally:
            node.stop()
    print(f"{len(checks.failures)} failures")
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
