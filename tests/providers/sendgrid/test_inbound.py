"""Mail that reached us through the provider, with its envelope."""

import json
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip import tokens
from drip.providers.sendgrid import inbound, posts
from drip.sandbox import replies
from tests.providers.sendgrid import corpus, posting

RAW = b"From: ana@buyers.example\nSubject: =?utf-8?q?Re:_Quay_3?=\n\nGr\xfc\xdfe\x00\r\n--\r\nAna"
FIELDS = {
    "email": RAW,
    "envelope": posting.ENVELOPE,
    "dkim": b"{@buyers.example : pass}",
    "SPF": b"softfail",
    "sender_ip": b"203.0.113.9",
}


def read(fields: dict[str, bytes], *parts: bytes) -> inbound.ReceivedMail:
    return inbound.read(posting.CONTENT_TYPE, posting.form(fields, *parts))


def test_a_raw_mail_is_kept_to_the_byte() -> None:
    assert read(FIELDS) == inbound.ReceivedMail(
        raw=RAW,
        envelope_to=("reply+t0ken@mail.quay.example",),
        envelope_from="ana@buyers.example",
        spf="softfail",
        dkim="{@buyers.example : pass}",
        sender_ip="203.0.113.9",
    )


def test_what_the_sandbox_posts_is_read() -> None:
    letter = replies.raw_letter(RAW, sender="ana@buyers.example", to="reply+t0ken@mail.quay.example")
    body, content_type = replies.form(letter)
    mail = inbound.read(content_type, posting.Dribble(body, 7))
    assert (mail.raw, mail.envelope_to, mail.envelope_from) == (RAW, (letter.to,), letter.sender)
    assert (mail.spf, mail.dkim) == ("pass", "{@buyers.example : pass}")


@pytest.mark.parametrize(
    "envelope",
    [b"", b"null", b"[]", b"{", b"\xff", b"[" * 90_000, b'{"to":5,"from":[]}', b'{"to":[{},null,""],"from":null}'],
)
def test_a_mail_with_a_broken_envelope_is_not_lost(envelope: bytes) -> None:
    mail = read(FIELDS | {"envelope": envelope})
    assert (mail.raw, mail.envelope_from) == (RAW, "")
    assert mail.envelope_to in ((), ("5",))


def test_an_envelope_holds_addresses_and_nothing_else() -> None:
    given_to = ["a\r\nb\x00@x.example", *[f"{number}@x.example" for number in range(5_000)]]
    mail = read(FIELDS | {"envelope": json.dumps({"to": given_to, "from": "x" * 5_000}).encode()})
    assert mail.envelope_to[:2] == ("a b\ufffd@x.example", "0@x.example")
    assert (len(mail.envelope_to), len(mail.envelope_from)) == (inbound.MOST_RECIPIENTS, inbound.LONGEST_ADDRESS)


@pytest.mark.parametrize("fields", [{}, {"envelope": posting.ENVELOPE}, {"email": b"", "text": b" \r\n"}])
def test_a_form_without_a_mail_is_refused(fields: dict[str, bytes]) -> None:
    with pytest.raises(posts.UnreadablePost):
        read({"SPF": b"pass"} | fields)


@given(st.dictionaries(st.sampled_from(["email", "envelope", "dkim", "SPF", "sender_ip", "headers"]), st.binary()))
def test_any_bytes_in_any_field_are_read_or_refused(fields: dict[str, bytes]) -> None:
    whole = {name: value.replace(b"xYzZY", b"") for name, value in fields.items()}
    try:
        mail = read(whole)
    except posts.UnreadablePost:
        return
    assert all(text.isprintable() for text in (mail.spf, mail.dkim, mail.sender_ip, *mail.envelope_to))
    assert mail.raw == whole.get("email") or b"\r\nMIME-Version: 1.0\r\n" in b"\r\n" + mail.raw


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("reply+t0ken@mail.quay.example", ("reply", "t0ken")),
        ("STOP+T0KEN@MAIL.QUAY.EXAMPLE", ("stop", "t0ken")),
        (" <Reply+t0ken@mail.quay.example> ", ("reply", "t0ken")),
        ('"reply+t0ken"@mail.quay.example', ("reply", "t0ken")),
        ("rita@mail.quay.example", None),
        ("reply@mail.quay.example", None),
        ("reply+@mail.quay.example", None),
        ("noreply+t0ken@mail.quay.example", None),
        ("reply+t0ken", None),
        ("reply+t0ken@", None),
        ("reply+t0-ken@mail.quay.example", None),
        (f"reply+{'t' * 27}@mail.quay.example", None),
        ("\u017ftop+t0ken@mail.quay.example", None),
        ("reply+\u212aen@mail.quay.example", None),
        ("reply+t0ken@a, reply+other@b", None),
        ("", None),
    ],
)
def test_a_token_is_found_in_an_address_of_ours_only(address: str, found: tuple[str, str] | None) -> None:
    assert inbound.token(address) == found


@given(st.booleans())
def test_every_token_that_we_give_out_comes_back(shouted: bool) -> None:
    token = tokens.reply_token()
    address = f"reply+{token}@mail.quay.example"
    assert inbound.token(address.upper() if shouted else address) == ("reply", token)


@pytest.mark.parametrize("name", corpus.files("inbound/sendgrid-python__*.txt") + corpus.files("inbound/*.multipart"))
def test_captured_posts_are_read(name: str) -> None:
    body = corpus.content(name).lstrip()
    if not body:
        pytest.skip("this sample is empty")
    if b"\r" not in body:
        body = body.replace(b"\n", b"\r\n")  # stored with other line ends than it was posted with
    mail = inbound.read(posting.CONTENT_TYPE, posting.Dribble(body, 100))
    letter = message_from_bytes(mail.raw, policy=policy.default)
    text = letter.get_body(("plain",))
    assert text is not None
    assert any(word in text.get_content() for word in ("Hello Twilio SendGrid!", "charset handling…"))


@pytest.mark.parametrize("name", corpus.files("inbound/anymail__test_*.json"))
def test_captured_fields_are_read(name: str) -> None:
    fields = {key: value.encode() for key, value in corpus.table(name).items()}
    mail = read(fields)
    expected = json.loads(corpus.content("inbound/anymail__expected.json"))[name[17:-5]]
    letter = message_from_bytes(mail.raw, policy=policy.default)
    assert (mail.envelope_from, mail.envelope_to) == (expected["envelope_sender"], (expected["envelope_recipient"],))
    assert letter["Subject"] == expected["subject"]
    assert letter["Message-ID"] == expected.get("message_id", letter["Message-ID"])
