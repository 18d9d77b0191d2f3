"""A mail that the provider took apart is put together again."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.providers.sendgrid import inbound
from tests.providers.sendgrid import corpus, posting

HEADERS = (
    b"Received: from mail.buyers.example\n\tby mx.example; Tue, 1 Sep 2026 09:00:00 -0400\n"
    b"From: Ana Pereira <ana@buyers.example>\nTo: reply+t0ken@mail.quay.example\nSubject: Re: your Quay 3\n"
    b"Message-ID: <1@buyers.example>\nIn-Reply-To: <01m@quay.example>\nAuto-Submitted: no\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/alternative;\n boundary="gone"\nContent-Transfer-Encoding: 7bit\n\n'
)
PARSED = {"headers": HEADERS, "text": "Très bien".encode(), "envelope": posting.ENVELOPE}


def raw(fields: dict[str, bytes], *parts: bytes) -> bytes:
    return inbound.read(posting.CONTENT_TYPE, posting.form(fields, *parts)).raw


def rebuilt(fields: dict[str, bytes], *parts: bytes) -> EmailMessage:
    letter = message_from_bytes(raw(fields, *parts), policy=policy.default)
    assert letter.defects == []
    return letter


def words(letter: EmailMessage, kind: str) -> str:
    """The text of its plain or html body."""
    body = letter.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def info(**given: object) -> dict[str, bytes]:
    return {"attachment-info": json.dumps({"attachment1": given}).encode()}


def only_attachment(letter: EmailMessage) -> EmailMessage:
    (attached,) = list(letter.iter_parts())[1:]
    assert isinstance(attached, EmailMessage)
    return attached


def test_its_headers_stay_but_for_those_that_described_the_old_parts() -> None:
    letter = rebuilt(PARSED)
    assert (letter["From"], letter["In-Reply-To"]) == ("Ana Pereira <ana@buyers.example>", "<01m@quay.example>")
    assert (letter["Message-ID"], letter["Auto-Submitted"]) == ("<1@buyers.example>", "no")
    assert str(letter["Received"]).startswith("from mail.buyers.example")
    assert (letter.get_content_type(), len(letter.get_all("MIME-Version"))) == ("text/plain", 1)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "utf-16", "cp850"])
def test_text_and_html_are_read_in_their_own_charsets(charset: str) -> None:
    text, page = "Très bien, merci\n", "<p>Très bien</p>"
    charsets = {"charsets": json.dumps({"text": charset, "html": "utf-8"}).encode()}
    letter = rebuilt(PARSED | charsets | {"text": text.encode(charset), "html": page.encode()})
    assert letter.get_content_type() == "multipart/alternative"
    assert (words(letter, "plain"), words(letter, "html")) == (text, page)


@pytest.mark.parametrize("charsets", [b"", b"{", b"[]", b'{"text":5}', b'{"text":"x\\r\\nBcc: eve@evil.example"}'])
def test_without_a_usable_charset_text_is_taken_for_utf_8(charsets: bytes) -> None:
    letter = rebuilt(PARSED | {"charsets": charsets})
    assert words(letter, "plain") == "Très bien"
    assert letter["Bcc"] is None


def test_a_mail_of_html_only_stays_one() -> None:
    letter = rebuilt(PARSED | {"text": b"", "html": b"<p>hello</p>"})
    assert letter.get_content_type() == "text/html"


def test_a_line_that_is_no_header_does_not_end_the_header() -> None:
    odd = b"no header\r\n continued\r\n\r\n\x00Subject: kept\rX-Odd: a\r\n b\r\nFrom me\r\nTo: t@x.example\r\n"
    letter = rebuilt(PARSED | {"headers": odd})
    assert (letter["Subject"], letter["X-Odd"], letter["To"]) == ("kept", "a b", "t@x.example")
    assert words(letter, "plain") == "Très bien"


@pytest.mark.parametrize("name", ["Zoë Ünal", '"Unal, Zoë"', "Dr Zoë Ünal (at home)", "Zoe"])
def test_without_headers_the_form_s_own_fields_stand_in(name: str) -> None:
    fields = {
        "from": f"{name} <zoe@buyers.example>".encode(),
        "to": b"reply+t0ken@mail.quay.example\r\nBcc: eve@evil.example",
        "subject": "Como usted pidió".encode("cp850"),
        "charsets": b'{"subject":"cp850","from":"rot13","to":"unicode_escape"}',
        "text": b"hello",
    }
    letter = rebuilt(fields)
    (sender,) = letter["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name.strip('"').removesuffix(" (at home)"), "zoe@buyers.example")
    assert (letter["Subject"], letter["Bcc"]) == ("Como usted pidió", None)


def test_an_attachment_keeps_name_type_and_bytes() -> None:
    content = bytes(range(256)) * 40
    letter = rebuilt(
        PARSED | info(filename="Rücklicht 1.jpg", type="image/jpeg"), posting.attachment(1, content, "x.bin")
    )
    attached = only_attachment(letter)
    assert letter.get_content_type() == "multipart/mixed"
    assert (attached.get_filename(), attached.get_content_type()) == ("Rücklicht 1.jpg", "image/jpeg")
    assert (attached.get_content(), attached.get_content_disposition()) == (content, "attachment")
    assert words(letter, "plain") == "Très bien"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("", None),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\bill.pdf", "bill.pdf"),
        ("a\r\nBcc: eve@evil.example", "a Bcc: eve@evil.example"),
        ('say "hi"; x=y.txt', 'say "hi"; x=y.txt'),
        ("n" * 500 + ".pdf", "n" * 196 + ".pdf"),
        ("..", ".."),
        (5, "5"),
        (["x"], None),
    ],
)
def test_an_attachment_s_name_may_be_anything(name: object, kept: str | None) -> None:
    attached = only_attachment(rebuilt(PARSED | info(filename=name), posting.attachment(1, b"x", "")))
    assert attached.get_filename() == kept
    assert attached["Bcc"] is None


@pytest.mark.parametrize("kind", ["", "nonsense", "multipart/mixed", "text/plain\r\nBcc: eve@evil.example", None, {}])
def test_an_attachment_of_no_usable_type_is_just_a_file(kind: object) -> None:
    attached = only_attachment(rebuilt(PARSED | info(type=kind), posting.attachment(1, b"x\xff", "a", "junk")))
    assert (attached.get_content_type(), attached.get_content()) == ("application/octet-stream", b"x\xff")


def test_the_form_s_own_headers_stand_in_for_missing_facts() -> None:
    letter = rebuilt(PARSED, posting.attachment(1, "é".encode("latin-1"), "a.txt", "text/plain; charset=latin-1"))
    attached = only_attachment(letter)
    assert (attached.get_filename(), attached.get_content()) == ("a.txt", "é")


def test_a_picture_within_the_text_keeps_its_id() -> None:
    ids = {"content-ids": b'{"ii_kx1":"attachment1"}'}
    attached = only_attachment(rebuilt(PARSED | ids, posting.attachment(1, b"GIF", "a.gif", "image/gif")))
    assert (attached["Content-ID"], attached.get_content_disposition()) == ("<ii_kx1>", "inline")


def test_attachments_keep_their_order() -> None:
    files = [posting.attachment(number, b"", f"{number}.txt", "text/plain") for number in (10, 2, 1)]
    assert [part.get_filename() for part in rebuilt(PARSED, *files).iter_attachments()] == ["1.txt", "2.txt", "10.txt"]


def test_a_delivery_report_stays_one() -> None:
    headers = HEADERS.replace(b"multipart/alternative;", b"multipart/report; report-type=delivery-status;")
    status = b"Reporting-MTA: dns; mx.example\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    files = [
        posting.attachment(1, status, "", "message/delivery-status"),
        posting.attachment(2, b"Subject: How is your Quay 3?\r\n\r\nHello", "", "message/rfc822"),
    ]
    letter = rebuilt(PARSED | {"headers": headers}, *files)
    assert (letter.get_content_type(), letter.get_param("report-type")) == ("multipart/report", "delivery-status")
    _, report, original = letter.iter_parts()
    assert report.get_payload(1)["Status"] == "5.1.1"
    assert original.get_payload(0)["Subject"] == "How is your Quay 3?"


def test_a_mountain_of_headers_is_cut_and_the_words_are_kept() -> None:
    fields = PARSED | {"headers": HEADERS.rstrip() + b"\nX: y" * 400_000, "charsets": b"[" + b"0," * 400_000 + b"0]"}
    mail = raw(fields)
    assert len(mail) < 1_000_000
    assert mail.endswith(b"base64\r\n\r\nVHLDqHMgYmllbg==\r\n")


def test_a_post_that_comes_again_gives_the_same_mail() -> None:
    files = [posting.attachment(1, b"x", "a.txt")]
    assert raw(PARSED | {"html": b"<p>"}, *files) == raw(PARSED | {"html": b"<p>"}, *files)


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300))
def test_whatever_bytes_come_the_text_and_the_file_are_there_again(headers: bytes, text: bytes, file: bytes) -> None:
    clean = [value.replace(b"xYzZY", b"") for value in (headers, text, file)]
    fields = PARSED | {"headers": b"X-First: 1\n" + clean[0], "text": clean[1]}
    letter = message_from_bytes(raw(fields, posting.attachment(1, clean[2], "a.bin")), policy=policy.compat32)
    assert letter["X-First"] is not None
    body, attached = letter.get_payload()
    assert (body.get_payload(decode=True), attached.get_payload(decode=True)) == (clean[1], clean[2])


@pytest.mark.parametrize("name", corpus.files("inbound/anymail__test_inbound_charsets.multipart"))
def test_a_captured_post_of_many_charsets_is_put_together(name: str) -> None:
    mail = inbound.read(posting.CONTENT_TYPE, corpus.content(name))
    letter = message_from_bytes(mail.raw, policy=policy.default)
    expected = json.loads(corpus.content("inbound/anymail__expected.json"))["test_inbound_charsets"]
    assert (words(letter, "plain").strip(), words(letter, "html").strip()) == (expected["text"], expected["html"])
    assert (letter["Subject"], letter["From"].addresses[0].display_name) == (expected["subject"], expected["from_name"])
