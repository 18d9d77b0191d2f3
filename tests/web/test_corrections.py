"""Saying what a reply is, on its page, in its conversation and by the API; and the list for whoever tunes the words."""

import pytest

from drip.models.handoff import HandoffState
from drip.models.reply import Reply, ReplyKind
from drip.models.user import Role
from tests import world
from tests.web.conftest import Site
from tests.web.test_queue import rita
from tests.world import sending, talking


@pytest.fixture
def handoff_id(site: Site) -> int:
    sending.buy(site.database, world.Bought(promises=("a bell",)))
    return talking.wrote(site.database, sending.customer_id(site.database))


def test_a_rep_says_what_it_is_in_the_conversation(site: Site, handoff_id: int) -> None:
    person = rita(site)
    assert "Read wrongly? Say what it is" in person.get(f"/handoffs/{handoff_id}").text
    answer = person.post("/replies/1/kind", kind="buying", back="conversation")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/handoffs/{handoff_id}")
    page = person.get(f"/handoffs/{handoff_id}").text
    assert "Thinks of buying." in page
    assert 'Read as <span class="word">buying</span>' in page


def test_the_mails_page_tells_who_corrected_it(site: Site, handoff_id: int) -> None:
    person = rita(site)
    answer = person.post("/replies/1/kind", kind="not_now", until="2026-10-01", back="mail")
    assert answer.headers["location"] == "/replies/1"
    page = person.get("/replies/1").text
    assert "problem became <strong>not now</strong> until Thu 1 Oct 2026, by rita@quay.example" in page
    assert talking.handoff(site.database, handoff_id).state is HandoffState.closed


def test_corrections_are_listed_for_everybody(site: Site, handoff_id: int) -> None:
    person = rita(site)
    assert "Nobody has corrected a reply yet." in person.get("/replies/corrections").text
    person.post("/replies/1/kind", kind="question", back="mail")
    page = site.person(Role.marketing).get("/replies/corrections").text
    assert "The bell squeaks." in page
    assert "corrected by rita@quay.example" in page


def test_marketing_may_look_and_not_correct(site: Site, handoff_id: int) -> None:
    person = site.person(Role.marketing)
    assert "Read wrongly?" not in person.get("/replies/1").text
    assert person.post("/replies/1/kind", kind="question").status_code == 403


def test_a_form_without_its_token_corrects_nothing(site: Site, handoff_id: int) -> None:
    person = rita(site)
    assert person.client.post("/replies/1/kind", data={"kind": "question"}).status_code == 403
    with site.database.read() as session:
        assert session.get_one(Reply, 1).kind is ReplyKind.problem


@pytest.mark.parametrize("kind", ["", "bounce", "complaint", "nonsense"])
def test_what_nobody_can_say_is_refused(site: Site, handoff_id: int, kind: str) -> None:
    assert rita(site).post("/replies/1/kind", kind=kind).status_code == 422


def test_a_reply_that_is_not_there_is_told(site: Site, handoff_id: int) -> None:
    assert rita(site).post("/replies/99/kind", kind="question").status_code == 404


def test_a_program_corrects_and_lists(site: Site, handoff_id: int) -> None:
    program = site.program()
    told = program.post("/api/replies/1/kind", json={"kind": "not_now", "until": "2026-10-01"})
    assert (told.status_code, told.json()["kind"], told.json()["until"]) == (200, "not_now", "2026-10-01")
    (row,) = program.get("/api/corrections").json()["items"]
    assert (row["from_kind"], row["to_kind"], row["text"]) == ("problem", "not_now", "The bell squeaks.")
    assert row["by"].startswith("key ")


def test_a_program_is_told_what_cannot_be(site: Site, handoff_id: int) -> None:
    program = site.program()
    assert program.post("/api/replies/1/kind", json={"kind": "bounce"}).status_code == 422
    assert program.post("/api/replies/99/kind", json={"kind": "question"}).status_code == 404


def test_corrections_come_page_by_page(site: Site, handoff_id: int) -> None:
    program = site.program()
    for kind in ("question", "buying", "praise"):
        assert program.post("/api/replies/1/kind", json={"kind": kind}).status_code == 200
    first = program.get("/api/corrections?limit=2").json()
    assert [row["to_kind"] for row in first["items"]] == ["praise", "buying"]
    rest = program.get(f"/api/corrections?limit=2&cursor={first['cursor']}").json()
    assert ([row["to_kind"] for row in rest["items"]], rest["cursor"]) == (["question"], None)
