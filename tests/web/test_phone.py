"""The pages as a phone shows them, without a server: the browser's requests go straight to the application."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from drip.engine.sending import pause
from drip.models.user import Role
from tests.web.conftest import Site

SCREEN = {"width": 390, "height": 844}

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
