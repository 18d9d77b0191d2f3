"""The pages as a phone shows them, without a server: the browser's requests go straight to the application."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from drip.campaigns import definition, publish
from drip.engine.sending import pause
from drip.models.user import Role
from tests import world
from tests.web.conftest import Site
from tests.world import sending

SCREEN = {"width": 390, "height": 844}
PARAGRAPH = "Everything that rolls wants a drop of oil now and then, and nobody ever tells you where.\n\n"

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    person = site.person(Role.admin)

    def answer(route: Route) -> None:
        found = person.get(route.request.url.removeprefix(site.settings.public_url))
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    context = browser.new_context(viewport=SCREEN, is_mobile=True, base_url=site.settings.public_url)
    page = context.new_page()
    page.route("**/*", answer)
    yield page
    context.close()


def test_less_stands_behind_all_rooms(phone: Page) -> None:
    phone.goto("/")
    phone.get_by_role("button", name="More").click()
    less, rooms = phone.get_by_role("button", name="Less"), phone.locator("nav.rooms a")
    expect(rooms.last).to_be_visible()
    last = less.bounding_box()
    assert last is not None
    for room in rooms.all():
        box = room.bounding_box()
        assert box is not None
        assert (box["y"] + box["height"] < last["y"]) or box["x"] < last["x"]


def test_words_beside_a_choice_do_not_run_under_its_circle(phone: Page, site: Site) -> None:
    with site.database.write() as session:
        pause.pause_campaign(session, "ride", by="tests", reason="")
    phone.goto("/campaigns/ride")
    for choice in phone.locator("label:has([type=radio])").all():
        left = choice.evaluate(
            "(label) => { const words = document.createRange(); words.selectNodeContents(label.lastChild);"
            " return Math.min(...[...words.getClientRects()].map((line) => line.left)); }"
        )
        circle = choice.locator("input").bounding_box()
        assert circle is not None
        assert left > circle["x"] + circle["width"]


def test_a_long_letter_is_shown_to_its_last_line(phone: Page, site: Site, tmp_path: Path) -> None:
    _publish_longer(site, tmp_path)
    customer_id = sending.buy(site.database)[0].customer_id
    phone.goto(f"/campaigns/ride/letters/hello?customer={customer_id}")
    phone.wait_for_load_state("networkidle")
    tall, shown = phone.frames[1].evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert (tall > 700, tall <= shown) == (True, True)


def _publish_longer(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    shutil.copytree(world.HERE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    text, html = (folder / "templates/emails/hello" / name for name in ("body.txt", "body.html"))
    text.write_text(PARAGRAPH * 8 + text.read_text())
    html.write_text(f"<p>{PARAGRAPH}</p>" * 8 + html.read_text())
    with site.database.write() as session:
        publish.publish(session, definition.load(folder / "config.toml"), by="tests")
