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


def test_its_words_are_shown_as_plain_text_and_the_headers_that_matter_come_first(site: Site) -> None:
    page = site.person(Role.rep).get(f"/unmatched/{waiting(site)}").text
    assert "It is Ana, from work. &lt;script&gt;" in page
    assert "<script>alert" not in page
    headers = page.partition("Headers</summary>")[2].partition("</dl>")[0]
    assert 0 < headers.index("who@elsewhere.example") < headers.index("Subject") < headers.index("X-Secret")


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


def test_nothing_in_a_header_hides_or_turns_the_line(site: Site) -> None:
    raw = b"From: who@elsewhere.example\r\nSubject: =?utf-8?b?4oCuZ25p?= \x1b[31m\x07\r\n\r\nHi"
    page = site.person(Role.rep).get(f"/unmatched/{waiting(site, raw)}").text
    assert not set(page.partition("Headers</summary>")[2]) & {"\u202e", "\x1b", "\x07"}


def test_the_raw_mail_is_saved_byte_by_byte_and_never_shown(site: Site) -> None:
    raw = b"<html><script>alert(1)</script>\x00\xff"
    answer = site.person(Role.marketing).get(f"/mails/{waiting(site, raw)}/raw.eml")
    assert answer.content == raw
    assert answer.headers["content-disposition"] == 'attachment; filename="mail-1.eml"'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert site.person(Role.rep).get("/mails/99/raw.eml").status_code == 404


FILES = (
    b"From: who@elsewhere.example\r\nSubject: Two files\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nLook.\r\n"
    b"--b\r\nContent-Type: text/html; name*=UTF-8''h%C3%B4f%22%0D%0AX-Bad%3A%201.html\r\n"
    b"Content-Disposition: attachment; filename*=UTF-8''h%C3%B4f%22%0D%0AX-Bad%3A%201.html\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nPHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pv8A\r\n"
    b"--b\r\nContent-Type: image/svg+xml\r\nContent-Disposition: attachment; filename=../../etc/door.svg\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nPHN2Zy8+\r\n--b--\r\n"
)


def test_each_file_is_saved_byte_by_byte_and_never_shown(site: Site) -> None:
    inbound_id, person = waiting(site, FILES), site.person(Role.rep)
    page = person.get(f"/unmatched/{inbound_id}").text
    answers = [person.get(f"/mails/{inbound_id}/files/{place}") for place in range(2)]
    assert [each.content for each in answers] == [b"<script>alert(1)</script>\xff\x00", b"<svg/>"]
    for place, answer in enumerate(answers):
        assert f'href="/mails/{inbound_id}/files/{place}" download' in page
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="mail-1-file-{place + 1}"; ')
        assert "x-bad" not in answer.headers
    assert answers[1].headers["content-disposition"].endswith("; filename*=UTF-8''door.svg")
    assert "f%22X-Bad%3A%201.html" in answers[0].headers["content-disposition"]


@pytest.mark.parametrize("path", ["1/files/2", "1/files/-1", "1/files/99999999999999999999", "9/files/0"])
def test_a_file_that_is_not_there_is_not_found(site: Site, path: str) -> None:
    waiting(site, FILES)
    assert site.person(Role.rep).get(f"/mails/{path}").status_code == 404


def test_what_cannot_be_read_has_no_files(site: Site) -> None:
    waiting(site, FILES, InboundState.unreadable)
    assert site.person(Role.rep).get("/mails/1/files/0").status_code == 404


def test_whoever_is_known_by_that_address_is_offered_without_a_search(site: Site) -> None:
    sending.buy(site.database)
    inbound_id = waiting(site, RAW.replace(b"who@elsewhere.example", b"Ana@buyers.example"))
    page = site.person(Role.rep).get(f"/unmatched/{inbound_id}").text
    assert "Somebody we know has this address" in page
    assert "Theirs</button>" in page


def test_a_stranger_is_answered_in_a_conversation_of_ones_own(site: Site) -> None:
    inbound_id, person = waiting(site), site.person(Role.rep)
    assert "Answer who@elsewhere.example" in person.get(f"/unmatched/{inbound_id}").text
    answer = person.post(f"/unmatched/{inbound_id}/answer")
    assert (answer.status_code, answer.headers["location"]) == (303, "/handoffs/1")
    assert mail(site, inbound_id).state is InboundState.stored
    assert "Who" in person.get("/handoffs/1").text
    assert person.post(f"/unmatched/{inbound_id}/answer").status_code == 409


def test_a_mail_without_a_sender_offers_no_answer(site: Site) -> None:
    inbound_id, person = waiting(site, b"Subject: hm\r\n\r\nHi"), site.person(Role.rep)
    sending.change(site.database, InboundMail, envelope_from="")
    assert "/answer" not in person.get(f"/unmatched/{inbound_id}").text
    assert person.post(f"/unmatched/{inbound_id}/answer").status_code == 422
    assert mail(site, inbound_id).state is InboundState.unmatched


def test_what_was_let_go_too_soon_is_taken_back(site: Site) -> None:
    inbound_id, person = waiting(site), site.person(Role.rep)
    person.post(f"/unmatched/{inbound_id}/discard")
    assert "who@elsewhere.example" not in person.get("/unmatched").text
    assert "who@elsewhere.example" in person.get("/unmatched?state=discarded").text
    assert "Take it back" in person.get(f"/unmatched/{inbound_id}").text
    assert person.post(f"/unmatched/{inbound_id}/take-back").status_code == 303
    assert "who@elsewhere.example" in person.get("/unmatched").text
    assert person.post(f"/unmatched/{inbound_id}/take-back").status_code == 409
