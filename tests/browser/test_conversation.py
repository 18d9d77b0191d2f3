"""From a check-in to a conversation and back, through the pages, as the three people live it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.flows import living

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
    },
}  # fmt: skip
PATIENCE_MS = 20_000
ASKED = "What we promised you"
WORDS = "Not yet! Could you fit the roof bars next Thursday? We leave for the lake on Friday."
ANSWER = "Thursday at ten is yours, Ana. The bars are here, it takes half an hour."
NEXT = "first-week"

pytestmark = [pytest.mark.browser, pytest.mark.story, pytest.mark.xdist_group("story")]
Opener = Callable[[str], Page]


@pytest.fixture
def drip(browser: Browser, database_url: str, tmp_path: Path) -> Iterator[living.Living]:
    """The example, alive; the browser comes first, so that nothing is started in vain without one."""
    with living.up(tmp_path / "alive", database_url) as alive:
        yield alive


@pytest.fixture
def window(request: pytest.FixtureRequest, browser: Browser, drip: living.Living) -> Iterator[Opener]:
    """Opens a page of a port, each in a browser of its own: the customer and the rep share nothing."""
    contexts = []

    def opened(port: str) -> Page:
        address = f"http://127.0.0.1:{drip.environ[port]}"
        contexts.append(browser.new_context(base_url=address, **SCREENS[request.param]))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        page = contexts[-1].new_page()
        page.goto("/")
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield opened
    expect.set_options(timeout=5_000)
    for context in contexts:
        context.close()


# Neither screen cares for the database: each is played on one of them.
@pytest.mark.parametrize(
    ("database_url", "window"), [("sqlite", "desktop"), ("postgresql", "phone")], indirect=True
)  # fmt: skip
def test_a_customer_answers_a_rep_takes_over_and_the_year_goes_on(drip: living.Living, window: Opener) -> None:
    # Tuesday 1 September the letter about the promise came; on Thursday Ana answers it. Her next check-in would come
    # on Friday. Three quiet days later it is Sunday, Monday is Labor Day: it comes on Tuesday the 8th.
    drip.drip("fast-forward", "2d")
    rep, ana = window("DRIP_WEB_PORT"), window("DRIP_SANDBOX_PORT")
    _sign_in(rep, (drip.folder / "var" / "sign-in.txt").read_text().strip())
    _wait_at_the_queue(rep)

    thread = _open_letter(ana)
    _answer_as_customer(ana, thread)
    _open_handoff(rep)
    _answer_as_rep(rep)
    _read_answer(thread)
    _let_the_check_ins_go_on(rep)
    expect(ana.locator("details.thread")).to_have_count(1)

    drip.drip("fast-forward", "14d")
    ana.reload()
    expect(ana.locator("details.thread")).to_have_count(2)
    came = ana.locator("article.letter time").evaluate_all("all => all.map(each => each.dateTime)")
    days = sorted({datetime.fromisoformat(each).date().isoformat() for each in came})
    assert days == ["2026-09-01", "2026-09-03", "2026-09-08"]
    _read_story(rep)


def _sign_in(rep: Page, known: str) -> None:
    address, password = known.split(" ")
    rep.get_by_label("E-mail").fill(address)
    rep.get_by_label("Password").fill(password)
    rep.get_by_role("button", name="Sign in").click()


def _wait_at_the_queue(rep: Page) -> None:
    rep.get_by_role("navigation", name="Rooms").get_by_role("link", name="Queue").click()
    expect(rep.get_by_text("Nobody is waiting.")).to_be_visible()
    rep.evaluate("window.never_left = true")


def _open_letter(ana: Page) -> Locator:
    ana.get_by_role("searchbox").fill("Ana Ribeiro")
    ana.get_by_role("searchbox").press("Enter")
    ana.locator("#people").get_by_role("link", name="Ana Ribeiro").click()
    thread = ana.locator("details.thread", has_text=ASKED)
    expect(thread.frame_locator("iframe").get_by_text("Is that done, or are you still waiting?")).to_be_visible()
    return thread


def _answer_as_customer(ana: Page, thread: Locator) -> None:
    thread.get_by_role("textbox", name="Answer as Ana").fill(WORDS)
    thread.get_by_role("button", name="Answer as Ana").click()
    expect(thread.locator("article.reply")).to_contain_text(WORDS)


def _open_handoff(rep: Page) -> None:
    """It has come by itself: the page is the one that was opened when nobody waited."""
    talk = rep.locator("a.talk", has_text="Ana Ribeiro")
    expect(talk).to_contain_text("Could you fit the roof bars")
    assert rep.evaluate("window.never_left") is True
    talk.click()
    expect(rep.get_by_role("heading", level=1)).to_contain_text("Ana Ribeiro")
    expect(rep.locator("blockquote")).to_contain_text(WORDS)
    expect(rep.locator(".promised")).to_be_in_viewport()
    assert rep.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def _answer_as_rep(rep: Page) -> None:
    expect(rep.get_by_text(f"Re: {ASKED}")).to_be_visible()
    rep.get_by_role("textbox", name="Your answer").fill(ANSWER)
    rep.get_by_role("button", name="Send answer").click()
    expect(rep.locator("ol.mails li", has_text=ANSWER)).to_be_visible()


def _read_answer(thread: Locator) -> None:
    """It appears by itself below her own words, with the subject of the thread and no other addition."""
    entries = thread.locator("article")
    expect(entries).to_have_count(3)
    expect(entries.nth(1)).to_contain_text(WORDS)
    expect(entries.nth(2)).to_contain_text(f"Re: {ASKED}")
    expect(entries.nth(2).locator(".text-pane .whole")).to_contain_text(ANSWER)


def _let_the_check_ins_go_on(rep: Page) -> None:
    choice = rep.locator("form.choices label", has_text="Let the check-ins go on")
    expect(choice).to_contain_text(NEXT)
    choice.get_by_role("radio").check()
    rep.get_by_role("button", name="Close the conversation").click()
    expect(rep.get_by_text("the check-ins go on after some quiet days")).to_be_visible()


def _read_story(rep: Page) -> None:
    rep.get_by_role("link", name="Their whole story").click()
    expect(rep.locator("li", has=rep.get_by_role("link", name=NEXT, exact=True))).to_contain_text("8 Sep")
