"""The pictures of README.md: the example lives six weeks and one conversation, and Chromium looks on."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
DRIP = (sys.executable, "-m", "drip.cli.main")
START_SECONDS, PATIENCE_MS = 60.0, 30_000

WORDS = "Not yet! Could you fit the roof bars next Thursday? We leave for the lake on Friday."
ANSWER = "Hi Ana,\n\nThursday at ten is yours. The bars are here, it takes half an hour, and there is coffee.\n\nMaria"
OTHERS = (  # who else answers, what, and how long we wait before the next
    ("beatriz.nogueira946@home.example", "A capa de chuva ainda não chegou. Quando posso ir buscá-la?", "26h"),
    ("theo.smith923@post.test", "Can I bring the bike in on Saturday? The back brake squeals in the rain.", "2h"),
    ("willa.holloway941@post.test", "Love it. My sister would like one too: do you still have the green one?", "1h"),
    ("silas.abbott938@inbox.example", "The second key never came, and now the first one sticks in the lock.", "1h"),
)


@dataclass(frozen=True, slots=True)
class House:
    """A Drip of our own: its environment and its folder."""

    environ: dict[str, str]
    folder: Path

    def address(self, port: str) -> str:
        return f"http://127.0.0.1:{self.environ[port]}"

    def fast_forward(self, length: str) -> None:
        told = [*DRIP, "fast-forward", length, "--json"]
        subprocess.run(told, env=self.environ, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def main() -> None:
    """Write all pictures anew."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="drip-pictures-") as folder,
        _up(Path(folder)) as house,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=_chromium(), args=_flags())
        _play(house, browser)
        browser.close()
    for path in sorted(IMAGES.glob("*.png")):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} kB")  # noqa: T201 - a person is watching


def _play(house: House, browser: Browser) -> None:
    """Ana answers on Thursday, Maria fits the roof bars; six weeks later other people answer."""
    house.fast_forward("2d")
    mailbox, desk, phone = _desktop(browser, height=1080), _desktop(browser, height=920), _phone(browser)
    for page in (desk, phone):
        _sign_in(house, page)
    _answer_as_customer(house, mailbox)
    _talk(house, phone)
    mailbox.reload()
    expect(mailbox.locator("article.letter")).to_have_count(2)
    _shoot(mailbox, "mailbox")
    house.fast_forward("41d")
    _tour(house, desk, phone)
    for address, words, wait in OTHERS:
        _reply(house, address, words)
        house.fast_forward(wait)
    desk.goto(house.address("DRIP_WEB_PORT") + "/queue")
    expect(desk.locator("a.talk")).to_have_count(len(OTHERS))
    _shoot(desk, "queue")


def _answer_as_customer(house: House, mailbox: Page) -> None:
    mailbox.goto(house.address("DRIP_SANDBOX_PORT") + "/?who=ana.ribeiro@post.test")
    mailbox.get_by_role("textbox", name="Answer as Ana").fill(WORDS)
    mailbox.get_by_role("button", name="Answer as Ana").click()
    expect(mailbox.locator("article.reply")).to_have_count(1)


def _talk(house: House, phone: Page) -> None:
    phone.goto(house.address("DRIP_WEB_PORT") + "/queue")
    phone.locator("a.talk", has_text="Ana Ribeiro").click()
    expect(phone.locator("blockquote")).to_contain_text(WORDS)
    _shoot(phone, "handoff-phone")
    phone.get_by_role("textbox", name="Your answer").fill(ANSWER)
    phone.get_by_role("button", name="Send answer").click()
    expect(phone.locator("ol.mails")).to_contain_text("Thursday at ten")
    phone.get_by_role("radio", name="Let the check-ins go on").check()
    phone.get_by_role("button", name="Close the conversation").click()


def _tour(house: House, desk: Page, phone: Page) -> None:
    pages = house.address("DRIP_WEB_PORT")
    for path, name in (("/campaigns/first-year", "campaign"), ("/", "today")):
        desk.goto(pages + path)
        _shoot(desk, name)
    phone.goto(pages + "/customers?q=ana.ribeiro")
    phone.get_by_role("main").get_by_role("link", name="Ana Ribeiro").click()
    phone.get_by_role("heading", level=1, name="Ana Ribeiro").wait_for()
    phone.locator(".crumb").evaluate("(above) => above.scrollIntoView()")  # from the name on
    _shoot(phone, "customer-phone")


def _sign_in(house: House, page: Page) -> None:
    address, _, password = (house.folder / "var" / "sign-in.txt").read_text().strip().partition(" ")
    page.goto(house.address("DRIP_WEB_PORT"))
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Rooms").wait_for()


def _reply(house: House, address: str, words: str) -> None:
    """Somebody answers the newest letter that they got."""
    messages = house.address("DRIP_SANDBOX_PORT") + "/api/messages"
    with urllib.request.urlopen(f"{messages}?to={urllib.parse.quote(address)}") as answer:  # noqa: S310 - our own
        newest = json.load(answer)[-1]["id"]
    body, said = json.dumps({"text": words}).encode(), {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{messages}/{newest}/reply", body, said)).close()  # noqa: S310


def _desktop(browser: Browser, *, height: int) -> Page:
    return _patient(browser.new_context(viewport={"width": 1280, "height": height}).new_page())


def _phone(browser: Browser) -> Page:
    screen = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    return _patient(screen.new_page())


def _patient(page: Page) -> Page:
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return page


def _shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")


@contextmanager
def _up(folder: Path) -> Iterator[House]:
    """Alive with the example when the block begins, ended as Ctrl-C does."""
    ports = {name: str(_free_port()) for name in ("DRIP_WEB_PORT", "DRIP_SANDBOX_PORT")}
    house = House(os.environ | ports | {"DRIP_DATA_DIR": str(folder / "var")}, folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*DRIP, "up"], env=house.environ, cwd=ROOT, stdout=log, stderr=log)  # noqa: S603
    try:
        _wait(process, folder / "log")
        yield house
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Ctrl-C stops everything" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"Drip did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return found or sys.exit("The pictures need Chromium: install your system's chromium package.")


def _flags() -> list[str]:
    """As root, Chromium's own sandbox refuses to start."""
    return ["--disable-gpu", "--no-first-run", *["--no-sandbox"] * (os.geteuid() == 0)]


if __name__ == "__main__":
    main()
