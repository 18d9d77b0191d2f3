"""The mailbox in a real browser: a person answers, new letters appear, hostile letters stay inert."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, sandbox) -> Iterator[Page]:
    context = browser.new_context(base_url=sandbox.url, viewport={"width": 1200, "height": 800})
    opened = context.new_page()
    opened.dialogs = []
    opened.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
    yield opened
    context.close()


def test_a_person_answers_as_the_customer(page, sandbox, receiver, body):
    sandbox.send(body())
    page.goto("/?who=ana@pereira.example")
    page.get_by_role("textbox", name="Answer as Ana").fill("It is lovely, thank you.")
    page.get_by_role("button", name="Answer as Ana").click()
    expect(page.locator(".reply")).to_contain_text("It is lovely, thank you.")
    sandbox.flush()
    assert b"It is lovely, thank you." in receiver.taken("inbound")[0].body


def test_a_person_sends_a_photo_along(page, sandbox, receiver, body):
    sandbox.send(body())
    page.goto("/?who=ana@pereira.example")
    page.get_by_role("textbox", name="Answer as Ana").fill("See the photo.")
    page.get_by_label("Files to send along").set_input_files(
        {"name": "dent.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
    )
    page.get_by_role("button", name="Answer as Ana").click()
    expect(page.locator(".reply")).to_contain_text("with dent.png")
    sandbox.flush()
    assert b"iVBORw0KGgo" in receiver.taken("inbound")[0].body


def test_a_button_reports_a_bounce(page, sandbox, receiver, body):
    sandbox.send(body())
    page.goto("/")
    page.get_by_role("button", name="Bounce").click()
    expect(page.locator(".chip")).to_have_text("bounced")
    sandbox.flush()
    assert [event["event"] for event in receiver.events()] == ["processed", "delivered", "bounce"]


def test_new_letters_appear_by_themselves(page, sandbox, body):
    page.goto("/")
    expect(page.locator("#people")).to_contain_text("No letters yet")
    sandbox.send(body())
    expect(page.locator("#people")).to_contain_text("Ana Pereira")


def test_what_somebody_is_writing_is_not_lost_when_a_letter_arrives(page, sandbox, body):
    sandbox.send(body())
    page.goto("/?who=ana@pereira.example")
    box = page.get_by_role("textbox", name="Answer as Ana")
    box.fill("I was just")
    sandbox.send(body(subject="Another", headers={"Message-ID": "<m2@x.example>"}))
    expect(page.locator("#notice")).to_contain_text("new letter")
    expect(box).to_have_value("I was just")


def test_looking_at_a_mailbox_marks_it_as_read(page, sandbox, body):
    sandbox.send(body())
    page.goto("/?who=ana@pereira.example")
    expect(page.locator(".badge")).to_have_count(0)
    page.reload()
    expect(page.locator(".badge")).to_have_count(0)


def test_a_hostile_letter_can_do_nothing(page, sandbox, body):
    html = (
        "<script>alert(1)</script><img src=x onerror='alert(2)'><form action='/api/misbehave' method=post><button>"
        "<iframe src='javascript:parent.alert(3)'></iframe><meta http-equiv=refresh content='0;url=/'>"
        "<a id=out target=_top href='javascript:alert(4)'>out</a><style>body{background:url(http://127.0.0.1:1/)}</style>"
    )
    content = [{"type": "text/plain", "value": "x"}, {"type": "text/html", "value": html}]
    sandbox.send(body(content=content, subject="<img src=x onerror=alert(5)>"))
    blocked = []
    page.on("requestfailed", lambda request: blocked.append((request.url, request.failure)))
    page.on("requestfinished", lambda request: page.dialogs.append(request.url) if ":1/" in request.url else None)
    page.goto("/?who=ana@pereira.example")
    frame = page.frame_locator("iframe")
    frame.locator("#out").click()
    expect(frame.locator("#out")).to_be_visible()
    assert page.dialogs == []
    assert page.url.endswith("/?who=ana@pereira.example")
    assert ("http://127.0.0.1:1/", "csp") in blocked


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(page, sandbox, body, width):
    sandbox.send(body(subject="W" * 300, personalizations=[{"to": [{"email": "ana@x.example", "name": "N" * 300}]}]))
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/?who=ana@x.example"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
