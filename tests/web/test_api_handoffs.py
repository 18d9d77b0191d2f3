"""Conversations and replies as a program meets them."""

import httpx
import pytest

from drip.engine.people import suppress
from drip.models.handoff import HandoffState
from drip.models.message import MessageKind
from drip.models.reasons import Reason
from tests import world
from tests.web.conftest import Site
from tests.world import sending, talking

WORDS = {"text": "I will oil it.", "draft_id": "a-1"}


@pytest.fixture
def ana(site: Site) -> int:
    sending.buy(site.database)
    return sending.customer_id(site.database)


@pytest.fixture
def handoff_id(site: Site, ana: int) -> int:
    return talking.wrote(site.database, ana)


@pytest.fixture
def program(site: Site) -> httpx.Client:
    return site.program()


def say(program: httpx.Client, handoff_id: int, version: str | None = '"1"', **changes: object) -> httpx.Response:
    headers = {} if version is None else {"If-Match": version}
    return program.post(f"/api/handoffs/{handoff_id}/answer", json={**WORDS, **changes}, headers=headers)


def test_replies_tell_kind_evidence_and_words(program: httpx.Client, handoff_id: int) -> None:
    (told,) = program.get("/api/replies?customer=ANA@buyers.example").json()["items"]
    assert (told["kind"], told["text"], told["handoff"]) == ("problem", "The bell squeaks.", handoff_id)
    assert told["evidence"] == ["Reads like a problem."]
    assert program.get("/api/replies?kind=praise").json()["items"] == []


def test_handoffs_are_found_by_state_and_rep(program: httpx.Client, handoff_id: int) -> None:
    (told,) = program.get("/api/handoffs?state=open&rep=rita@quay.example").json()["items"]
    assert (told["id"], told["customer"], told["version"]) == (handoff_id, "ana@buyers.example", 1)
    assert program.get("/api/handoffs?state=closed").json()["items"] == []
    assert program.get("/api/handoffs?rep=otto@quay.example").json()["items"] == []


def test_they_come_page_by_page_and_each_once(site: Site, program: httpx.Client) -> None:
    for number in range(5):
        with site.database.write() as session:
            who = world.bought(session, world.Bought(email=f"b{number}@buyers.example")).customer_id
        talking.wrote(site.database, who)
    for path in ("/api/handoffs", "/api/replies"):
        seen, cursor = [], ""
        for _ in range(3):
            page = program.get(f"{path}?limit=2&cursor={cursor}").json()
            seen += [each["id"] for each in page["items"]]
            cursor = page["cursor"] or ""
        assert (seen, cursor) == ([1, 2, 3, 4, 5], "")


def test_the_first_to_claim_has_it_under_the_hint_of_its_key(
    site: Site, program: httpx.Client, handoff_id: int
) -> None:
    told = program.post(f"/api/handoffs/{handoff_id}/claim")
    assert told.status_code == 200
    assert told.json()["claimed_by"].startswith("key drip")
    late = site.program().post(f"/api/handoffs/{handoff_id}/claim")
    assert (late.status_code, late.json()["claimed_by"]) == (409, told.json()["claimed_by"])


@pytest.mark.parametrize("version", ["1", '"1"', 'W/"1"'])
def test_an_answer_is_queued_and_the_same_one_again_is_the_same_mail(
    site: Site, program: httpx.Client, handoff_id: int, version: str
) -> None:
    first, again = say(program, handoff_id, version), say(program, handoff_id, version)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["message"] == again.json()["message"]
    assert len(talking.sent(site.database, MessageKind.answer)) == 1


def test_an_answer_to_a_changed_thread_is_told_what_is_new(
    site: Site, program: httpx.Client, ana: int, handoff_id: int
) -> None:
    talking.wrote(site.database, ana, talking.Said("It fell off now."))
    told = say(program, handoff_id)
    assert (told.status_code, told.json()["version"]) == (409, 2)
    assert "It fell off now." in [each["text"] for each in told.json()["new"]]
    assert say(program, handoff_id, "2").status_code == 202


@pytest.mark.parametrize(("version", "code"), [(None, 428), ("x", 409), ("", 409), ("9" * 30, 409)])
def test_an_answer_says_which_version_it_is_to(
    program: httpx.Client, handoff_id: int, version: str | None, code: int
) -> None:
    assert say(program, handoff_id, version).status_code == code


@pytest.mark.parametrize(
    "changes", [{"text": ""}, {"text": None}, {"text": "x" * 20_001}, {"draft_id": "é"}, {"draft_id": "x" * 61},
                {"unknown": 1}]
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_refused(
    site: Site, program: httpx.Client, handoff_id: int, changes: dict[str, object]
) -> None:
    assert say(program, handoff_id, **changes).status_code == 422
    assert talking.sent(site.database, MessageKind.answer) == []


def test_who_asked_us_to_stop_is_answered_only_when_a_person_confirms(
    site: Site, program: httpx.Client, ana: int, handoff_id: int
) -> None:
    with site.database.write() as session:
        suppress.suppress(session, ana, suppress.Stop(Reason.unsubscribed), site.settings.secret_key())
    assert say(program, handoff_id).status_code == 422
    assert say(program, handoff_id, confirmed=True).status_code == 202


def test_a_conversation_is_resolved_once(site: Site, program: httpx.Client, handoff_id: int) -> None:
    path = f"/api/handoffs/{handoff_id}/resolve"
    told = program.post(path, json={"resolution": "resume", "on": None})
    assert (told.status_code, told.json()["state"], told.json()["resolution"]) == (200, "closed", "resume")
    assert program.post(path, json={"resolution": "stop"}).json()["resolution"] == "resume"


def test_a_conversation_is_not_closed_over_words_that_came_since(
    site: Site, program: httpx.Client, ana: int, handoff_id: int
) -> None:
    path, resume = f"/api/handoffs/{handoff_id}/resolve", {"resolution": "resume"}
    talking.wrote(site.database, ana, talking.Said("It fell off now."))
    late = program.post(path, json=resume, headers={"If-Match": "1"})
    assert late.status_code == 409
    assert "It fell off now." in [each["text"] for each in late.json()["new"]]
    assert program.post(path, json=resume, headers={"If-Match": "2"}).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"resolution": "x"}, {"resolution": "resume_on"}, {"resolution": "resume_on", "on": "2020-01-01"}]
)
def test_a_resolution_that_is_none_is_refused(
    site: Site, program: httpx.Client, handoff_id: int, body: dict[str, str]
) -> None:
    assert program.post(f"/api/handoffs/{handoff_id}/resolve", json=body).status_code == 422
    assert talking.handoff(site.database, handoff_id).state is HandoffState.open


def test_what_is_not_there_is_not_found(program: httpx.Client) -> None:
    assert program.post("/api/handoffs/99/claim").status_code == 404
    assert program.post(f"/api/handoffs/{10**30}/resolve", json={"resolution": "stop"}).status_code == 404
    assert say(program, 99).status_code == 404


def test_the_api_describes_them(site: Site) -> None:
    described = site.stranger().get("/api/openapi.json").json()
    assert set(described["paths"]) >= {"/api/replies", "/api/handoffs", "/api/handoffs/{handoff_id}/answer"}
