"""Makes the pictures of the README and the guides: `docs/pictures/*.png`, in Chinese and English.

    pictures.py TIEZHENG [--only NAME]

Each is a page of a test ledger with a suit of invented people (`suit.py`), in headless Chromium. A picture has 64 colours and at most
150 kB. Numbers, hashes and times differ each time; make them anew after the pages have changed. Needs the packages of requirements.txt,
Chromium and the fonts Noto Sans CJK."""

import argparse
import io
import pathlib
import sys
import tempfile

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from pages import activate  # noqa: E402
from node import Node  # noqa: E402
from suit import Suit  # noqa: E402

FOLDER = HERE.parent.parent / "docs" / "pictures"
WIDTH, HEIGHT = 1080, 860
LARGEST = 150_000
COLOURS = 64


class Camera:
    """Takes the pictures of one language."""

    def __init__(self, browser: Browser, node: Node, language: str, only: str | None) -> None:
        self.browser, self.node, self.language, self.only = browser, node, language, only

    def visit(self) -> Page:
        context = self.browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce")
        return context.new_page()

    def open(self, page: Page, path: str) -> Page:
        page.goto(f"{self.node.url}{path}{'&' if '?' in path else '?'}lang={self.language}")
        return page

    def take(self, page: Page, name: str, height: int = HEIGHT, above: str | None = None) -> None:
        """A picture of the visible part, beginning at the top or above an element."""
        if self.only not in [None, name]:
            return
        page.set_viewport_size({"width": WIDTH, "height": height})
        place = "document.querySelector(above).getBoundingClientRect().top + scrollY - 16" if above else "0"
        page.evaluate(f"above => scrollTo(0, {place})", above)
        taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        file = FOLDER / f"{name}-{self.language}.png"
        taken.save(file, optimize=True)
        size = file.stat().st_size
        print(f"{file.name} {size}")
        if size > LARGEST:
            raise RuntimeError(f"{file} has {size} bytes")


def take_all(camera: Camera) -> None:
    suit = Suit(camera.node, camera.language)
    suit.open()
    suit.file()
    suit.argue()
    party, judge = camera.visit(), camera.visit()
    activate(party, camera.node, suit.plaintiff.token, suit.plaintiff.login)
    activate(judge, camera.node, suit.judge.token, suit.judge.login)
    chat = {"name": suit.t("聊天记录.txt", "chat.txt"), "mimeType": "text/plain", "buffer": "聊天记录：价款一百元。\n".encode()}

    page = camera.open(camera.visit(), "/")
    page.set_input_files("#file", [chat])
    page.wait_for_selector("#results-body .records li")
    camera.take(page, "start", 1000)

    number = suit.read(suit.plaintiff, f"/v1/cases/{suit.case}")["items"][0]["deposit_number"]
    camera.take(camera.open(camera.visit(), f"/d/{number}"), "record", 1000)

    page = camera.open(party, "/deposit")
    page.set_input_files("#file", [{**chat, "name": suit.t(name, other), "buffer": name.encode()} for name, other in [("订单截图.png", "order.png"), ("物流记录.pdf", "delivery.pdf")]])
    page.click("#start")
    page.locator(".file .state.passed").nth(1).wait_for(timeout=60_000)
    page.wait_for_selector("#start:not([hidden])")
    camera.take(page, "deposit", 900, above="#chosen")

    camera.take(camera.open(party, suit.path), "case", 1000)
    camera.take(camera.open(judge, f"{suit.path}/hearing"), "hearing", 1000)
    page = camera.open(camera.visit(), "/chain")
    page.wait_for_timeout(1500)
    camera.take(page, "chain", 1000)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--only")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for language in ["zh", "en"]:
            with tempfile.TemporaryDirectory() as folder:
                node = Node(options.program, pathlib.Path(folder))
                try:
                    take_all(Camera(browser, node, language, options.only))
                finally:
                    node.stop()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
