"""People at browsers: each has a context of its own and finds everything by accessible roles and names in Chinese.

Nothing here knows a selector, an id or an address of a page: `Person` opens the start page, then follows links and presses buttons. What is
typed has no Latin letter, so that no step needs an identifier or an English word; a code that the court hands out is pasted. Each page that
is met for the first time is checked: console, requests to elsewhere, overflow, axe-core."""

import json
import pathlib
import re
import urllib.parse

import axe_playwright_python
from playwright.sync_api import Browser, Locator, Page

from node import Node

AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PASSWORD = "一句只有本人知道的长话"
# What differs between pages of one kind: references of cases, deposit numbers, ids, numbers of parts.
VARYING = re.compile(r"(?<=/)(?:[0-9A-Z]{4,}(?:-[0-9A-Z]+)+|T?\d{8}-[\w-]+|[0-9a-f]{12,64}|\d+)(?=/|$)")


def spoken(name: str, exact: bool) -> re.Pattern:
    """A name as browsers compute it: with spaces around its hidden parts."""
    pattern = r"\s?".join(re.escape(character) for character in name if character != " ")
    return re.compile(rf"^\s*{pattern}\s*$" if exact else pattern)


class Failed(AssertionError):
    """A step of the walk could not be made."""


class Person:
    """Somebody at a browser."""

    # Kinds of pages that were checked, by anybody.
    seen: set[str] = set()
    failures: list[str] = []

    def __init__(self, browser: Browser, node: Node, name: str, pictures: pathlib.Path | None = None) -> None:
        self.node, self.name, self.pictures = node, name, pictures
        self.login = f"{name}的账号"
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", accept_downloads=True)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=node.url)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.that(False, f"error: {error}"))
        own = ("data:", "blob:", node.url)
        self.page.on("request", lambda request: self.that(request.url.startswith(own), f"request to {request.url}"))
        self.page.goto(node.url + "/")
        self.arrived()

    def heard(self, message) -> None:
        # A form with something wrong is answered with a page and a status of 4xx, which Chromium reports.
        if not re.search(r"responded with a status of 4\d\d", message.text):
            self.that(message.type not in ["error", "warning"], f"console: {message.text}")

    def that(self, holds: bool, what: str) -> None:
        if not holds:
            where = self.page.url.replace(self.node.url, "")
            Person.failures.append(f"{self.name} {where}: {what}")
            print(f"FAILED {self.name} {where}: {what}", flush=True)

    # Pages.

    def kind(self) -> str:
        path = self.page.url.replace(self.node.url, "").split("?")[0].split("#")[0]
        return VARYING.sub("*", urllib.parse.unquote(path))

    def arrived(self) -> None:
        """A page is there: checked if it is the first of its kind in this state."""
        self.page.wait_for_load_state("load")
        kind = self.kind() + ("!" if self.page.get_by_role("alert").count() else "")
        if kind in Person.seen:
            return
        Person.seen.add(kind)
        self.check()

    def check(self) -> None:
        self.page.evaluate(AXE)
        found = self.page.evaluate(f"axe.run(document, {{ runOnly: {json.dumps(RULES)} }})")
        for one in found["violations"]:
            nodes = [node["target"] for node in one["nodes"]][:3]
            self.that(False, f"axe {one['id']} at {nodes}: {one['nodes'][0]['failureSummary'][:300]}")
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.that(wide <= 0, f"{wide} pixels too wide")
        if self.pictures:
            number = len(Person.seen)
            name = re.sub(r"[^a-z0-9*]+", "-", self.kind()).strip("-").replace("*", "x") or "start"
            self.page.screenshot(path=self.pictures / f"walk-{number:02}-{name}.png", full_page=True)

    def one(self, found: Locator, what: str) -> Locator:
        """The only element that a person can mean."""
        try:
            found.first.wait_for(state="attached")
        except Exception as error:
            raise Failed(f"{self.name} {self.page.url}: no {what}\n{self.text()[:3000]}") from error
        if found.count() == 1:
            return found
        # Several links that lead to the same page are one way.
        targets = {found.nth(at).get_attribute("href") for at in range(found.count())}
        if len(targets) == 1 and None not in targets:
            return found.first
        raise Failed(f"{self.name} {self.page.url}: {found.count()} of {what}")

    def text(self) -> str:
        return self.page.get_by_role("main").inner_text()

    def sees(self, *texts: str) -> None:
        shown = self.text()
        for text in texts:
            if text not in shown:
                raise Failed(f"{self.name} {self.page.url}: `{text}` is not shown:\n{shown[:4000]}")

    # What a person does.

    def follow(self, name: str, *, within: Locator | None = None, exact: bool = True) -> None:
        link = self.one((within or self.page).get_by_role("link", name=spoken(name, exact)), f"link `{name}`")
        link.click()
        self.arrived()

    def download(self, name: str) -> str:
        """The text of a file behind a link."""
        link = self.one(self.page.get_by_role("link", name=spoken(name, True)), f"link `{name}`")
        with self.page.expect_download() as coming:
            link.click()
        return pathlib.Path(coming.value.path()).read_text()

    def press(self, name: str, *, exact: bool = True, stays: bool = False) -> None:
        button = self.one(self.page.get_by_role("main").get_by_role("button", name=spoken(name, exact)), f"button `{name}`")
        if stays:
            button.click()
            return
        with self.page.expect_navigation():
            button.click()
        self.arrived()

    def fill(self, label: str, text: str, exact: bool = False) -> None:
        if re.search("[A-Za-z]", text):
            raise Failed(f"`{text}` must be typed into `{label}`")
        self.field(label, exact).fill(text)

    def field(self, label: str, exact: bool = False) -> Locator:
        return self.one(self.page.get_by_role("main").get_by_label(label, exact=exact).filter(visible=True), f"field `{label}`")

    def paste(self, label: str) -> None:
        """What somebody else handed over, from the clipboard."""
        self.field(label).focus()
        self.page.keyboard.press("Control+V")

    def choose(self, label: str, option: str, exact: bool = False, whole: bool = False) -> None:
        """An option of a list, by a part of its text or the whole."""
        field = self.field(label, exact)
        texts = field.get_by_role("option").all_inner_texts()
        matching = [text for text in texts if (option == text if whole else option in text)]
        if len(matching) != 1:
            raise Failed(f"{self.name} {self.page.url}: `{option}` is {len(matching)} times among {texts}")
        field.select_option(label=matching[0])

    def own(self, name: str) -> None:
        """One of the own deposits, by the name of its file."""
        self.choose("或者从我的存证和本案文书中选择", name)

    def tick(self, label: str, exact: bool = True) -> None:
        main = self.page.get_by_role("main")
        radio = main.get_by_role("radio", name=label, exact=exact)
        self.one(radio.or_(main.get_by_role("checkbox", name=label, exact=exact)), f"box `{label}`").check()

    def answer(self, group: str, choice: str) -> None:
        """A choice within a group."""
        box = self.page.get_by_role("group", name=group)
        self.one(box.get_by_role("radio", name=choice, exact=True), f"`{choice}` of `{group}`").check()

    def unfold(self, summary: str) -> None:
        self.one(self.page.locator("summary").filter(has_text=summary), f"`{summary}`").click()

    def give(self, label: str, name: str, content: str, *, group: str | None = None) -> None:
        """Chooses a file, of a group if there are several."""
        file = {"name": name, "mimeType": "text/plain", "buffer": content.encode()}
        main = self.page.get_by_role("main")
        part = main.get_by_role("group", name=group) if group else main
        self.one(part.get_by_label(label, exact=True), f"file `{label}`").set_input_files([file])

    # Longer ways.

    def register(self, kind: str = "自然人", more: dict[str, str] | None = None, label: str = "姓名") -> str:
        """注册; returns the id of the account, for the operator."""
        self.follow("注册", within=self.page.get_by_role("navigation", name="语言与字号"))
        if kind != "自然人":
            self.follow(kind)
        for field, text in ({label: self.name} | (more or {}) | {"登录名": self.login, "再次输入新密码": PASSWORD}).items():
            self.fill(field, text, exact=True)
        self.fill("新密码", PASSWORD, exact=True)
        self.tick("已阅读并同意个人信息保护告知")
        self.press("注册")
        self.sees("账号编号")
        return self.page.get_by_role("button", name="复制 账号编号").get_attribute("data-copy")

    def press_out(self) -> None:
        """退出登录."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="退出登录").click()
        self.arrived()

    def sign_in(self) -> None:
        self.fill("登录名", self.login, exact=True)
        self.fill("密码", PASSWORD, exact=True)
        self.press("登录")

    def identify(self, login: str) -> None:
        """法院线下核验, by the clerk at the counter."""
        self.follow("账号管理", within=self.page.get_by_role("navigation", name="主要栏目"))
        self.fill("登录名或账号编号", login)
        self.press("查找")
        self.follow(login)
        self.choose("核验级别", "实名", whole=True)
        self.tick("已当面核对本人与证件原件")
        self.press("记录核验")
        self.sees("法院线下核验")

    def deposit(self, name: str, content: str) -> None:
        """存证, signed by the platform."""
        self.follow("存证", within=self.page.get_by_role("navigation", name="主要栏目"))
        self.give("文件", name, content)
        self.press("开始存证", stays=True)
        self.page.get_by_role("heading", name="存证编号清单").wait_for()
        self.sees("1 个文件已存证")

    def cases(self) -> None:
        self.follow("案件", within=self.page.get_by_role("navigation", name="主要栏目"))

    def open_case(self, cause: str) -> None:
        self.cases()
        self.follow(cause)

    def task(self, name: str) -> None:
        """One of 可办理事项 of the case that is open."""
        self.follow(name, within=self.page.get_by_role("main"))

    def tab(self, name: str) -> None:
        self.follow(name, within=self.page.get_by_role("navigation", name="本案栏目"))
