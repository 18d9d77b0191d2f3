"""Mail that nobody was found for: a person reads it safely and says whose it is."""

import pytest
from sqlalchemy import select

from drip.models.customer import Hold
from drip.models.inbound import InboundMail, InboundState
from drip.models.reasons import Reason
from drip.models.user import Role
from tests import world
from tests.web.conftest import Site
from tests.world import sending, talking

RAW = (
    b"From: Who <who@elsewhere.example>\r\nSubject: My <b>bell</b>\r\nX-Secret: kept\r\n"
    b"Content-Type: text/plain\r\n\r\n"
    b"It is Ana, from work. <script>alert(1)</script>"
)
HOSTILE = [
    b"",
    b"\x00\xff\xfe",
    b"\r\n" * 5000,
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * 3000,
]


def waiting(site: Site, raw: bytes = RAW, state: InboundState = InboundState.unmatched) -> int:
    with site.database.write() as session:
        return talking.stored(session, raw, state).id


def mail(site: Site, inbound_id: int) -> InboundMail:
    with site.database.read() as session:
        return session.get_one(InboundMail, inbound_id)


def test_its_words_are_shown_as_plain_text_and_only_the_headers_that_matter(site: Site) -> None:
    page = site.person(Role.rep).get(f"/unmatched/{waiting(site)}").text
    assert "It is Ana, from work. &lt;script&gt;" in page
    assert "<script>alert" not in page
    headers = page.partition("Headers")[2].partition("</pre>")[0]
    assert "who@elsewhere.example" in headers
    assert "X-Secret" not in headers


@pytest.mark.parametrize("raw", HOSTILE)
@pytest.mark.parametrize("state", [InboundState.unmatched, InboundState.unreadable])
def test_a_mail_that_is_none_still_has_a_page(site: Site, raw: bytes, state: InboundState) -> None:
    answer = site.person(Role.rep).get(f"/unmatched/{waiting(site, raw, state)}")
    assert answer.status_code == 200
    assert "Let it go" in answer.text


def test_it_is_matched_to_a_customer_who_is_found_by_name_and_held_at_once(site: Site) -> None:
    sending.buy(site.database)
    ana, inbound_id = sending.customer_id(site.database), waiting(site)
    person = site.person(Role.rep)
    assert "ana@buyers.example" in person.get(f"/unmatched/{inbound_id}?q=An").text
    assert person.post(f"/unmatched/{inbound_id}/match", customer=str(ana)).status_code == 303
    assert (mail(site, inbound_id).state, mail(site, inbound_id).customer_id) == (InboundState.stored, ana)
    with site.database.read() as session:
        assert session.scalars(select(Hold.reason).where(Hold.customer_id == ana)).one() is Reason.replied


@pytest.mark.parametrize("customer", ["", "99", "x", "9" * 40])
def test_it_is_matched_to_nobody_who_is_not_there(site: Site, customer: str) -> None:
    inbound_id = waiting(site)
    assert site.person(Role.rep).post(f"/unmatched/{inbound_id}/match", customer=customer).status_code == 422
    assert mail(site, inbound_id).state is InboundState.unmatched


def test_it_is_let_go_and_kept_and_the_second_who_tries_is_told(site: Site) -> None:
    inbound_id = waiting(site)
    person = site.person(Role.rep)
    assert person.post(f"/unmatched/{inbound_id}/discard").status_code == 303
    assert mail(site, inbound_id).state is InboundState.discarded
    assert person.post(f"/unmatched/{inbound_id}/discard").status_code == 409
    with site.database.write() as session:
        ana = world.bought(session).customer_id
    assert person.post(f"/unmatched/{inbound_id}/match", customer=str(ana)).status_code == 409


def test_the_list_says_when_there_is_none(site: Site) -> None:
    person = site.person(Role.rep)
    assert "has found its customer" in person.get("/unmatched").text
    waiting(site)
    assert "who@elsewhere.example" in person.get("/unmatched").text
