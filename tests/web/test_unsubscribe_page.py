"""The plain way out of our mails."""

import pytest
from sqlalchemy import func, select

from drip.mail import addresses
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from tests import world
from tests.web.conftest import Site

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_at_the_page_stops_nothing(site: Site, method: str) -> None:
    path = _link(site)
    for _ in range(3):
        site.stranger().request(method, path)
    assert _stops(site) == 0


def test_pressing_the_button_stops_every_campaign_of_this_person(site: Site) -> None:
    path = _link(site)
    answer = site.stranger().post(path)
    assert answer.status_code == 200
    with site.database.read() as session:
        enrollment = session.scalars(select(Enrollment)).one()
        assert (enrollment.state, enrollment.reason) == (EnrollmentState.exited, Reason.unsubscribed)


def test_a_mail_programs_one_click_works_without_cookie_or_token_in_both_encodings(site: Site) -> None:
    path = _link(site)
    assert site.stranger().post(path, data=ONE_CLICK).status_code == 200
    assert (
        site.stranger().post(path, files={name: (None, value) for name, value in ONE_CLICK.items()}).status_code == 200
    )
    assert _stops(site) == 1


def test_a_one_click_that_a_browser_sends_from_a_mail_page_counts(site: Site) -> None:
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    assert site.stranger().post(_link(site), data=ONE_CLICK, headers=headers).status_code == 200
    assert _stops(site) == 1


def test_a_token_of_ours_a_used_one_and_an_invented_one_get_the_same_answers(site: Site) -> None:
    path = _link(site)
    invented = path[:-1] + ("a" if path[-1] != "a" else "b")
    client = site.stranger()
    assert client.get(path).text == client.get(invented).text
    assert client.post(path).text == client.post(path).text == client.post(invented).text == client.post("/u/x").text
    assert _stops(site) == 1


def test_a_token_made_for_another_purpose_stops_nobody(site: Site) -> None:
    from drip import tokens

    key = site.settings.secret_key()
    with site.database.write() as session:
        customer_id = world.bought(session).customer_id
    for purpose in ("device", "reply", "session"):
        site.stranger().post(f"/u/{tokens.sealed(key, purpose, customer_id)}")
    assert _stops(site) == 0


def _link(site: Site) -> str:
    with site.database.write() as session:
        customer_id = world.bought(session).customer_id
    url = addresses.unsubscribe_url(site.settings.public_url, site.settings.secret_key(), customer_id)
    return url.removeprefix(site.settings.public_url)


def _stops(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Suppression)) or 0
