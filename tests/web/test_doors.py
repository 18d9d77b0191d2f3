"""Every room against every role: deny by default, and no form without its token."""

import re
from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

from drip.models.user import Role
from drip.web import access
from tests import world
from tests.web.conftest import Site

ALL = {Role.admin, Role.marketing, Role.rep}
DESK = {Role.admin, Role.marketing}
TALKERS = {Role.admin, Role.rep}
OPEN = "anyone"
KEY = "key"
SIGNED = "signed"

# Method and path of every room, and who may come in. A new room has to be written down here.
ROOMS: dict[tuple[str, str], set[Role] | str] = {
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("POST", "/sign-out"): ALL,
    ("GET", "/"): ALL,
    ("POST", "/stop"): DESK,
    ("POST", "/go-on"): DESK,
    ("GET", "/unknowns"): ALL,
    ("POST", "/unknowns/{message_id}"): DESK,
    ("GET", "/campaigns"): ALL,
    ("GET", "/campaigns/{name}"): ALL,
    ("POST", "/campaigns/{name}/pause"): DESK,
    ("POST", "/campaigns/{name}/resume"): DESK,
    ("GET", "/campaigns/{name}/letters/{step}"): ALL,
    ("GET", "/campaigns/{name}/letters/{step}/people"): ALL,
    ("GET", "/campaigns/{name}/letters/{step}/html"): ALL,
    ("GET", "/customers"): ALL,
    ("GET", "/customers/{customer_id}"): ALL,
    ("POST", "/customers/{customer_id}/stop"): ALL,
    ("POST", "/customers/{customer_id}/allow"): {Role.admin},
    ("POST", "/customers/{customer_id}/erase"): {Role.admin},
    ("POST", "/customers/{customer_id}/promises/{promise_id}"): ALL,
    ("GET", "/queue"): ALL,
    ("GET", "/handoffs/{handoff_id}"): ALL,
    ("POST", "/handoffs/{handoff_id}/claim"): TALKERS,
    ("POST", "/handoffs/{handoff_id}/take-over"): TALKERS,
    ("POST", "/handoffs/{handoff_id}/answer"): TALKERS,
    ("POST", "/handoffs/{handoff_id}/skip"): TALKERS,
    ("POST", "/handoffs/{handoff_id}/snooze"): TALKERS,
    ("POST", "/handoffs/{handoff_id}/resolve"): TALKERS,
    ("POST", "/customers/{customer_id}/hold"): TALKERS,
    ("GET", "/replies"): ALL,
    ("GET", "/replies/corrections"): ALL,
    ("POST", "/replies/{reply_id}/kind"): TALKERS,
    ("GET", "/replies/{reply_id}"): ALL,
    ("GET", "/replies/{reply_id}/html"): ALL,
    ("GET", "/unmatched"): ALL,
    ("GET", "/unmatched/{inbound_id}"): ALL,
    ("POST", "/unmatched/{inbound_id}/match"): ALL,
    ("POST", "/unmatched/{inbound_id}/answer"): TALKERS,
    ("POST", "/unmatched/{inbound_id}/discard"): ALL,
    ("POST", "/unmatched/{inbound_id}/take-back"): ALL,
    ("GET", "/mails/{inbound_id}/raw.eml"): ALL,
    ("GET", "/mails/{inbound_id}/files/{place}"): ALL,
    ("GET", "/absences"): ALL,
    ("POST", "/absences"): TALKERS,
    ("POST", "/absences/{absence_id}/remove"): TALKERS,
    ("GET", "/dashboard"): ALL,
    ("GET", "/api/replies"): KEY,
    ("POST", "/api/replies/{reply_id}/kind"): KEY,
    ("GET", "/api/corrections"): KEY,
    ("GET", "/api/handoffs"): KEY,
    ("POST", "/api/handoffs/{handoff_id}/claim"): KEY,
    ("POST", "/api/handoffs/{handoff_id}/answer"): KEY,
    ("POST", "/api/handoffs/{handoff_id}/resolve"): KEY,
    ("GET", "/imports"): DESK,
    ("POST", "/imports"): DESK,
    ("GET", "/imports/{name}"): DESK,
    ("POST", "/imports/{name}/confirm"): DESK,
    ("POST", "/imports/{name}/discard"): DESK,
    ("GET", "/imports/{name}/errors.csv"): DESK,
    ("GET", "/u/{token}"): OPEN,
    ("POST", "/u/{token}"): OPEN,
    ("POST", "/webhooks/sendgrid/events"): SIGNED,
    ("POST", "/webhooks/sendgrid/inbound"): SIGNED,
    ("GET", "/healthz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("POST", "/api/purchases"): KEY,
    ("GET", "/api/messages"): KEY,
    ("GET", "/api/enrollments"): KEY,
    ("GET", "/api/clock"): KEY,
    ("GET", "/api/explain"): KEY,
    ("GET", "/api/openapi.json"): OPEN,
    ("GET", "/api/docs"): OPEN,
}
EXAMPLES = {"name": "ride", "step": "hello", "token": "none-of-ours"} | dict.fromkeys(
    ("customer_id", "handoff_id", "reply_id", "inbound_id", "absence_id", "message_id", "promise_id", "place"), "1"
)


def test_every_room_is_written_down_here_with_who_may_come_in(site: Site) -> None:
    assert {(method, path) for method, path, _ in _rooms(site)} == set(ROOMS)


def test_every_room_says_who_may_come_in(site: Site) -> None:
    silent = [path for _, path, endpoint in _rooms(site) if access.rule(endpoint) is None]
    assert silent == []


def test_a_room_that_says_nothing_is_shut(site: Site) -> None:
    router = APIRouter()
    router.get("/new-room")(lambda: "secret")
    site.app.include_router(router)
    assert site.person(Role.admin).get("/new-room").status_code == 403


@pytest.mark.parametrize("role", [*Role])
def test_a_role_comes_into_its_rooms_and_into_no_other(site: Site, role: Role) -> None:
    _ana(site)
    person = site.person(role)
    token = person.token()
    wrong = []
    for (method, path), allowed in ROOMS.items():
        if isinstance(allowed, str) or path == "/sign-out":
            continue
        code = person.client.request(
            method, _example(path), data={"csrf": token} if method == "POST" else None
        ).status_code
        if (code == 403) == (role in allowed) or code == 401:
            wrong.append((method, path, code))
    assert wrong == []


def test_strangers_are_sent_to_the_sign_in_or_asked_for_a_key(site: Site) -> None:
    _ana(site)
    client = site.stranger()
    for (method, path), allowed in ROOMS.items():
        answer = client.request(method, _example(path))
        if allowed == OPEN:
            assert answer.status_code != 403, path
            assert answer.status_code != 401 or path == "/sign-in"
        elif allowed == KEY:
            assert answer.status_code == 401, path
        elif allowed == SIGNED:
            assert answer.status_code == 403, path
        else:
            assert answer.headers["location"].startswith("/sign-in"), path


def test_a_signed_in_person_is_no_program_and_a_program_is_no_person(site: Site) -> None:
    assert site.person(Role.admin).get("/api/messages").status_code == 401
    assert site.program().get("/").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-CSRF-Token": "made up"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_no_form_changes_anything_without_its_token_or_from_another_site(site: Site, headers: dict[str, str]) -> None:
    _ana(site)
    person = site.person(Role.admin)
    foreign = "Origin" in headers or "Sec-Fetch-Site" in headers
    fields = {"csrf": person.token()} if foreign else {}
    forms = [path for (method, path), allowed in ROOMS.items() if method == "POST" and isinstance(allowed, set)]
    for path in forms:
        assert person.client.post(_example(path), data=fields, headers=headers).status_code == 403, path


def test_a_part_of_a_page_does_not_show_the_sign_in_inside_itself(site: Site) -> None:
    answer = site.stranger().get("/customers", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_every_answer_says_what_a_browser_may_do_with_it(site: Site) -> None:
    for path in ("/sign-in", "/u/x", "/api/clock", "/nowhere", "/static/drip.css"):
        headers = site.stranger().get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path


def test_no_page_holds_inline_script_or_style_or_anything_from_elsewhere(site: Site) -> None:
    _ana(site)
    person = site.person(Role.admin)
    for (method, path), allowed in ROOMS.items():
        if method == "GET" and isinstance(allowed, set) and not path.endswith(("/html", ".csv", ".eml")):
            page = person.get(_example(path)).text
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=\"/static/)", page), path
            assert not re.search(r"(src|href)=\"(https?:)?//", page), path


def test_a_large_body_is_refused_before_it_is_read(site: Site) -> None:
    person = site.person(Role.admin)
    assert person.client.post("/stop", content=b"x" * 300_000).status_code == 413


def _rooms(site: Site) -> Iterator[tuple[str, str, object]]:
    for route in iter_route_contexts(site.app.routes):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, str(route.path), route.endpoint


def _example(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: EXAMPLES[found[1]], path)


def _ana(site: Site) -> None:
    with site.database.write() as session:
        world.bought(session)
