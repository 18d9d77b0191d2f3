"""Signing in and out."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from drip import clock
from drip.models.user import Role, User, WebSession
from drip.web import session as rooms
from drip.web import throttle
from tests.web.conftest import PASSWORD, Site, add_user

RITA = "rita@tests.example"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a failure takes is not what these tests are about."""
    monkeypatch.setattr(rooms, "FAILED_SECONDS", 0.0)


def test_the_right_password_opens_the_page_that_was_asked_for(site: Site) -> None:
    add_user(site.database, RITA, Role.rep)
    client = site.stranger()
    asked = client.get("/customers")
    assert asked.headers["location"] == "/sign-in?next=/customers"
    answer = client.post("/sign-in", data={"email": " Rita@tests.example", "password": PASSWORD, "next": "/customers"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers")
    assert client.get("/customers").status_code == 200


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(site: Site) -> None:
    add_user(site.database, RITA, Role.rep)
    known = site.stranger().post("/sign-in", data={"email": RITA, "password": "wrong, and long enough"})
    unknown = site.stranger().post("/sign-in", data={"email": "rico@tests.example", "password": PASSWORD})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace(RITA, "") == unknown.text.replace("rico@tests.example", "")


def test_after_five_wrong_guesses_the_right_password_has_to_wait_too(site: Site) -> None:
    add_user(site.database, RITA, Role.rep)
    for _ in range(5):
        assert site.stranger().post("/sign-in", data={"email": RITA, "password": "guess"}).status_code == 401
    assert site.stranger().post("/sign-in", data={"email": RITA, "password": PASSWORD}).status_code == 401
    _let_pass(site, timedelta(minutes=1))
    assert site.stranger().post("/sign-in", data={"email": RITA, "password": PASSWORD}).status_code == 303


def test_strangers_guesses_do_not_keep_out_a_browser_that_has_signed_in_before(site: Site) -> None:
    add_user(site.database, RITA, Role.rep)
    own = site.stranger()
    own.post("/sign-in", data={"email": RITA, "password": PASSWORD})
    for _ in range(8):
        site.stranger().post("/sign-in", data={"email": RITA, "password": "guess"})
    assert own.post("/sign-in", data={"email": RITA, "password": PASSWORD}).status_code == 303


def test_too_many_tries_from_one_place_are_refused(site: Site) -> None:
    codes = [
        site.stranger().post("/sign-in", data={"email": f"x{number}@tests.example", "password": "guess"}).status_code
        for number in range(throttle.BURST + 2)
    ]
    assert codes[: throttle.BURST] == [401] * throttle.BURST
    assert codes[-1] == 429


@pytest.mark.parametrize(("column", "age"), [("seen_at", timedelta(hours=1)), ("created_at", timedelta(hours=12))])
def test_a_session_ends_after_an_idle_hour_and_after_twelve_hours(site: Site, column: str, age: timedelta) -> None:
    person = site.person()
    assert person.get("/").status_code == 200
    with site.database.write() as session:
        session.execute(update(WebSession).values({column: clock.now() - age}))
    assert person.get("/").status_code == 303


def test_signing_out_ends_the_session_on_the_server_too(site: Site) -> None:
    person = site.person()
    cookies = dict(person.client.cookies)
    assert person.post("/sign-out").headers["location"] == "/sign-in"
    person.client.cookies.update(cookies)
    assert person.get("/").status_code == 303


def test_a_disabled_account_is_out_at_once(site: Site) -> None:
    person = site.person()
    with site.database.write() as session:
        session.execute(update(User).values(disabled_at=clock.now()))
    assert person.get("/").status_code == 303


def test_the_cookie_is_kept_from_scripts_and_only_its_hash_is_stored(site: Site) -> None:
    add_user(site.database, RITA, Role.rep)
    answer = site.stranger().post("/sign-in", data={"email": RITA, "password": PASSWORD})
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("drip="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    with site.database.read() as session:
        assert session.scalars(select(WebSession.token_hash)).one() not in cookie


def test_over_https_the_cookie_is_bound_to_this_very_host(https_site: Site) -> None:
    add_user(https_site.database, RITA, Role.rep)
    answer = https_site.stranger().post("/sign-in", data={"email": RITA, "password": PASSWORD})
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("__Host-drip="))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    "goal", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\r\nb"]
)
def test_a_sign_in_never_leads_to_another_site(site: Site, goal: str) -> None:
    add_user(site.database, RITA, Role.rep)
    answer = site.stranger().post("/sign-in", data={"email": RITA, "password": PASSWORD, "next": goal})
    assert answer.headers["location"] == "/queue"  # where a rep's day begins


def test_a_sign_in_form_of_another_site_is_refused(site: Site) -> None:
    add_user(site.database, RITA, Role.rep)
    fields = {"email": RITA, "password": PASSWORD}
    answer = site.stranger().post("/sign-in", data=fields, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def _let_pass(site: Site, span: timedelta) -> None:
    with site.database.write() as session:
        for user in session.scalars(select(User)):
            user.locked_until = user.locked_until and user.locked_until - span
