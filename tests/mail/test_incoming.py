"""Raw mail becomes values, whatever it is."""

import hashlib
import os
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.mail import incoming, machines, quotes
from tests.mail import letters


def test_a_reply_shows_who_wrote_it_and_what_it_answers() -> None:
    mail = letters.read("answer_gmail")
    assert (mail.from_name, mail.from_address) == ("Ana Pereira Ávila", "ana@buyers.example")
    assert mail.to_addresses == ("reply+t0ken@mail.quay.example", "team@quay.example")
    assert (mail.message_id, mail.in_reply_to) == ("answer-1@buyers.example", "01m@quay.example")
    assert mail.references == ("00m@quay.example", "01m@quay.example")
    assert mail.subject == "Re: How is your Quay 3? 😀"
    assert mail.sent_at == datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def test_of_two_versions_the_text_is_read_and_the_html_kept() -> None:
    mail = letters.read("answer_gmail")
    assert mail.text.startswith("The left door squeaks. Can you look at it?\n")
    assert mail.html is not None
    assert "gmail_quote" in mail.html


def test_a_mail_of_html_only_is_read_as_text_with_its_links() -> None:
    text = letters.read("answer_outlook_html_only").text
    assert text.startswith("It runs like a dream.\n\nSee the photo <https://photos.example/quay>.")
    assert "color" not in text


def test_text_above_and_below_a_photo_is_one_text() -> None:
    mail = letters.read("answer_below_with_photo")
    assert mail.text.split() == ["First", "part.", "Second", "part."]


def test_an_attachment_has_a_plain_name_a_size_and_a_hash() -> None:
    (photo,) = letters.read("answer_below_with_photo").attachments
    assert photo == incoming.Attachment("hôf photo.jpg", "image/jpeg", 5, hashlib.sha256(b"hello").hexdigest())


NAMELESS = ["", '; filename=""', '; filename="   "', '; filename="../../"', "; filename*=utf-8''"]


@pytest.mark.parametrize("named", NAMELESS)
def test_an_attachment_without_a_name_is_kept_under_a_plain_one(named: str) -> None:
    head = "From: ana@buyers.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    body = f"--b\r\n\r\nHere it is.\r\n--b\r\nContent-Disposition: attachment{named}\r\n\r\nhello\r\n--b--\r\n"
    mail = incoming.parse((head + body).encode())
    assert [(each.name, each.size) for each in mail.attachments] == [("attachment", 5)]
    assert mail.text.strip() == "Here it is."


def test_a_false_charset_does_not_spoil_the_words() -> None:
    assert letters.read("false_charset").text.strip() == "Das Fenster schließt nicht, schöne Grüße aus Köln"


def test_a_missing_charset_is_guessed() -> None:
    assert letters.read("no_charset_windows").text.strip() == "Très bien, merci à vous"


def test_no_nul_and_no_lone_surrogate_comes_out() -> None:
    mail = incoming.parse(b"Subject: a\x00b\nContent-Type: text/plain; charset=utf-7\n\na\x00b +2AA- c")
    assert "\x00" not in mail.subject + mail.text
    (mail.subject + mail.text).encode()


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_any_kind_of_line_ends_will_do(ends: bytes) -> None:
    mail = incoming.parse(letters.raw("answer_gmail").replace(b"\r\n", ends))
    assert mail.text.startswith("The left door squeaks.")


def test_a_delivery_report_tells_of_whom_and_of_which_mail() -> None:
    report = letters.read("bounce_unknown_user").report
    assert report is not None
    assert (report.kind, report.action, report.status) == ("delivery", "failed", "5.1.1")
    assert (report.final_recipient, report.original_message_id) == ("ana@buyers.example", "01m@quay.example")


def test_a_complaint_report_tells_of_whom_and_of_which_mail() -> None:
    report = letters.read("complaint").report
    assert report is not None
    assert (report.kind, report.action) == ("feedback", "abuse")
    assert (report.final_recipient, report.original_message_id) == ("ana@buyers.example", "01m@quay.example")


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(25))
BOMBS = {
    "nested parts": NESTED,
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "many headers": b"X: y\n" * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_unreadable(bomb: str) -> None:
    with pytest.raises(incoming.UnreadableMail):
        incoming.parse(BOMBS[bomb])


def test_long_lists_and_long_texts_are_cut() -> None:
    to = b", ".join(b"a%d@b.example" % number for number in range(900))
    mail = incoming.parse(b"To: " + to + b"\n\n" + b"x" * 3_000_000)
    assert len(mail.to_addresses) == 500
    assert len(mail.text) == 2_000_000


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_mail_or_unreadable(raw: bytes) -> None:
    mail = incoming.parse(raw)
    assert incoming.from_json(incoming.as_json(mail)) == mail


@given(st.text(alphabet='<>/"=ab !-\n&;', max_size=500))
@settings(max_examples=200, deadline=None)
def test_any_html_is_read_and_its_text_can_be_kept(source: str) -> None:
    mail = incoming.parse(b"Content-Type: text/html\n\n" + source.encode())
    assert incoming.from_json(incoming.as_json(mail)) == mail


def test_the_child_reads_the_same_as_we_do() -> None:
    raw = letters.raw("answer_below_with_photo")
    assert incoming.parse_safely(raw) == incoming.parse(raw)


def test_the_child_says_that_a_mail_is_unreadable_and_reads_the_next() -> None:
    with pytest.raises(incoming.UnreadableMail, match="parts"):
        incoming.parse_safely(BOMBS["nested parts"])
    assert incoming.parse_safely(b"Subject: next\n\n").subject == "next"


def test_a_child_that_takes_too_much_is_replaced() -> None:
    with pytest.raises(incoming.UnreadableMail):
        incoming.parse_safely(b"\n" + os.urandom(1_000) + b"x" * 60_000_000, megabytes=200)
    assert incoming.parse_safely(b"Subject: next\n\n", megabytes=200).subject == "next"


@pytest.mark.skipif(not letters.CORPUS.exists(), reason="the corpus does not lie beside the repository")
def test_no_malformed_mail_of_the_corpus_is_too_much_for_the_child() -> None:
    paths = sorted((letters.CORPUS / "hostile").rglob("*.*"))
    assert len(paths) > 200
    for path in paths:
        mail = incoming.parse_safely(path.read_bytes(), seconds=10)
        assert len(quotes.new_text_of(mail)) <= quotes.LONGEST_TEXT, path.name
        assert machines.told(mail, frozenset()).sender in machines.Sender, path.name
