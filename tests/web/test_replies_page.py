"""The page of replies, and a mail as it came in its frame."""

import re

import pytest

from drip.engine.replies import alignment
from drip.models.reply import Reply
from drip.web.reading import reply_path
from tests import world
from tests.web.conftest import Site
from tests.web.test_queue import rita
from tests.world import sending, talking


@pytest.fixture
def ana(site: Site) -> int:
    sending.buy(site.database, world.Bought(promises=("a bell",)))
    return sending.customer_id(site.database)


def test_a_replys_html_is_cleaned_and_can_neither_run_nor_load(site: Site, ana: int) -> None:
    html = (
        "<p style='position:fixed' onclick='x()'>Hi <b>there</b></p><script>alert(1)</script><img src='http://x.example/1'>"
        "<a href='javascript:alert(1)'>a</a><a href='https://quay.example'>b</a><form><input></form><style>p{}</style>"
        "<svg><script>1</script></svg><iframe src='//x'></iframe><base href='//x'><meta http-equiv=refresh content=0>"
    )
    talking.wrote(site.database, ana, talking.Said(html=html))
    answer = rita(site).get("/replies/1/html")
    body = answer.text.partition("</style>")[2]
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "<b>there</b>" in body
    assert 'href="https://quay.example"' in body
    for bad in ("script", "<img", "style", "onclick", "<form", "<input", "iframe", "svg", "<base", "<meta", "alert"):
        assert bad not in body, bad


def test_replies_are_listed_by_kind_with_their_evidence(site: Site, ana: int) -> None:
    talking.wrote(site.database, ana)
    person = rita(site)
    page = person.get("/replies").text
    assert "Reads like a problem." in page
    assert 'href="/replies/1"' in page
    assert "The bell squeaks." not in person.get("/replies?kind=praise").text


def test_the_way_of_a_reply_is_told_from_the_mail_to_the_decision(site: Site, ana: int) -> None:
    handoff_id = talking.wrote(site.database, ana)
    page = rita(site).get("/replies/1").text
    told = page.partition("From mail to decision")[2]
    steps = ("It reached us", "Known by", "Read as", "Reads like a problem.", "problem = &#34;handoff high&#34;",
             f"/handoffs/{handoff_id}", "Check-ins held back", "Rita Moss was told")  # fmt: skip
    assert [step for step in steps if step not in told] == []
    places = [told.index(step) for step in steps]
    assert places == sorted(places)


WHOSE = "It was sent to the reply address of our mail “hello” of 02 Sep 2026."
MEANS = "They wrote “squeaks”."


def test_every_page_keeps_whose_it_is_apart_from_the_words_that_decided(site: Site, ana: int) -> None:
    handoff_id = talking.wrote(site.database, ana)
    sending.change(site.database, Reply, evidence=[WHOSE, alignment.UNPROVEN, MEANS])
    person = rita(site)
    for path in (f"/handoffs/{handoff_id}", "/replies/1"):
        page = person.get(path).text
        whose, means = (
            beside(page, "Known by the address that it was sent to"),
            beside(page, 'Read as <span class="word">'),
        )
        assert [WHOSE in whose, WHOSE in means, MEANS in whose, MEANS in means] == [True, False, False, True], path
    listed = person.get("/replies").text
    assert MEANS in listed
    assert WHOSE not in listed


def beside(page: str, heading: str) -> str:
    """What stands with it."""
    return re.split("</dd>|</li>", page.partition(heading)[2])[0]


def test_what_was_cut_is_shown_and_marked(site: Site, ana: int) -> None:
    talking.wrote(site.database, ana)
    page = rita(site).get("/replies/1").text
    assert '<p class="said">The bell squeaks.</p>' in page
    assert '<p class="said cut">&gt; old words</p>' in page


@pytest.mark.parametrize(
    ("full", "kept", "told"),
    [
        ("Hi\n\nAna\n> old", "Hi\n\nAna", [(True, "Hi\n\nAna"), (False, "> old")]),
        ("> asked\nyes\n> and?\nno", "> asked\nyes\n> and?\nno", [(True, "> asked\nyes\n> and?\nno")]),
        ("On Tue:\n> old\nnew", "new", [(False, "On Tue:\n> old"), (True, "new")]),
        ("nothing of it", "from the HTML", []),
        ("", "", []),
    ],
)
def test_kept_and_cut_lines_are_told_apart(full: str, kept: str, told: list[tuple[bool, str]]) -> None:
    assert reply_path.pieces(full, kept) == told


def test_looking_changes_nothing(site: Site, ana: int) -> None:
    handoff_id = talking.wrote(site.database, ana)
    person = rita(site)
    with sending.writes(site.database) as written:
        for path in ("/queue", f"/handoffs/{handoff_id}", "/replies", "/replies/1", "/replies/corrections",
                     "/unmatched", "/unmatched/1", "/mails/1/raw.eml", "/absences", "/dashboard",
                     f"/customers/{ana}"):  # fmt: skip
            assert person.get(path).status_code == 200, path
    assert [each for each in written if not each.startswith("BEGIN")] == []
