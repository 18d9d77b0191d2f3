"""The API as a program meets it."""

import json

import pytest
from sqlalchemy import update

from drip import clock
from drip.models.user import ApiKey
from tests import world
from tests.web.conftest import Site

SALE: dict[str, object] = {
    "source": "shop",
    "external_id": "A-1",
    "purchased_at": "2026-08-31T15:00:00Z",
    "product": {"name": "Quay 3", "category": "bike"},
    "amount": "1299.00",
    "currency": "USD",
    "customer": {"email": "Ana@buyers.example", "first_name": "Ana", "timezone": "America/New_York"},
}


def test_a_purchase_is_created_once_then_unchanged_then_updated(site: Site) -> None:
    program = site.program()
    first = program.post("/api/purchases", json=SALE)
    assert (first.status_code, first.json()["status"], first.json()["enrolled"]) == (201, "created", ["ride"])
    again = program.post("/api/purchases", json=SALE)
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    refunded = program.post("/api/purchases", json=SALE | {"status": "refunded"})
    assert (refunded.status_code, refunded.json()["status"]) == (200, "updated")


def test_another_product_under_the_same_id_is_a_conflict(site: Site) -> None:
    program = site.program()
    program.post("/api/purchases", json=SALE)
    answer = program.post("/api/purchases", json=SALE | {"product": {"name": "Quay 4"}})
    assert (answer.status_code, answer.json()["status"]) == (409, "conflict")


def test_every_wrong_field_is_named_at_once(site: Site) -> None:
    answer = site.program().post("/api/purchases", json={"source": "shop", "amount": "1,299", "custmer": {}})
    named = {error["field"] for error in answer.json()["errors"]}
    assert answer.status_code == 422
    assert named >= {"external_id", "purchased_at", "product", "amount", "customer", "custmer"}


def test_a_list_gets_a_result_for_each_and_bad_ones_keep_nobody_out(site: Site) -> None:
    answer = site.program().post("/api/purchases", json=[SALE, {"source": "shop"}, SALE, 3])
    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()] == ["created", "invalid", "unchanged", "invalid"]


def test_a_list_of_more_than_a_thousand_is_refused(site: Site) -> None:
    answer = site.program().post("/api/purchases", json=[{}] * 1001)
    assert answer.status_code == 422
    assert "1,001" in answer.json()["error"]


@pytest.mark.parametrize(
    "body", [b"nope", b"", b"[" * 100_000, b'{"amount": NaN}', b"\xff\xfe", b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_json_is_refused_in_one_line(site: Site, body: bytes) -> None:
    answer = site.program().post("/api/purchases", content=body)
    assert answer.status_code == 422
    assert "\n" not in answer.json().get("error", answer.json().get("detail"))


def test_more_than_five_megabytes_are_refused(site: Site) -> None:
    body = b" " * (5 * 1024 * 1024 + 1)
    for content in (body, iter([body])):  # with the length said beforehand, and without
        answer = site.program().post("/api/purchases", content=content)
        assert (answer.status_code, answer.json()) == (413, {"error": "This is larger than what is taken here."})
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_form_that_is_too_large_is_refused_with_a_page(site: Site) -> None:
    answer = site.stranger().post("/sign-in", content=b" " * 300_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "This is larger than what is taken here." in answer.text


def test_an_unknown_and_a_revoked_key_open_nothing(site: Site) -> None:
    stranger, program = site.stranger(), site.program()
    assert stranger.get("/api/clock", headers={"Authorization": "Bearer drip_made_up"}).status_code == 401
    assert program.get("/api/clock").status_code == 200
    with site.database.write() as session:
        session.execute(update(ApiKey).values(revoked_at=clock.now()))
    assert program.get("/api/clock").status_code == 401


def test_enrollments_come_page_by_page_and_each_once(site: Site) -> None:
    with site.database.write() as session:
        for number in range(5):
            world.bought(session, world.Bought(email=f"buyer{number}@buyers.example"))
    program = site.program()
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = program.get(f"/api/enrollments?limit=2&cursor={cursor}").json()
        seen += [each["customer"] for each in page["items"]]
        cursor = page["cursor"] or ""
    assert seen == [f"buyer{number}@buyers.example" for number in range(5)]
    assert cursor == ""


@pytest.mark.parametrize("cursor", ["zzz", "YWZ0ZXI6JyBPUiAx", "💥", "A" * 5000])
def test_a_made_up_cursor_is_refused(site: Site, cursor: str) -> None:
    for path in ("/api/messages", "/api/enrollments"):
        assert site.program().get(path, params={"cursor": cursor}).status_code == 422


def test_an_unknown_state_is_refused_with_the_known_ones(site: Site) -> None:
    answer = site.program().get("/api/messages?state=sent")
    assert answer.status_code == 422
    assert "ambiguous" in json.dumps(answer.json())


def test_a_step_is_explained_with_its_sentence_and_instant(site: Site) -> None:
    with site.database.write() as session:
        world.bought(session)
    told = site.program().get("/api/explain?customer=ANA@buyers.example&step=hello").json()
    assert told[0]["state"] == "planned"
    assert told[0]["planned_at"] == "2026-09-01T13:00:00Z"
    assert told[0]["sentence"].endswith(".")


def test_the_clock_tells_business_time_and_the_mode(site: Site) -> None:
    told = site.program().get("/api/clock").json()
    assert told["business_time"].startswith("2026-09-01T13:0")
    assert told["mode"] == "sandbox"


def test_the_api_describes_itself_with_the_purchase_and_the_key(site: Site) -> None:
    described = site.stranger().get("/api/openapi.json").json()
    assert set(described["paths"]) >= {"/api/purchases", "/api/messages", "/api/enrollments", "/api/clock"}
    assert "external_id" in described["components"]["schemas"]["PurchaseIn"]["properties"]
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert all(path.startswith("/api/") for path in described["paths"])
