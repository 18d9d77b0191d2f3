"""What the provider says happened, in our words."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.providers.sendgrid import events, posts
from drip.providers.sendgrid.events import EventKind
from drip.sandbox import events as sandbox_events
from tests.providers.sendgrid import corpus

AT = datetime(2026, 9, 1, 13, 0, tzinfo=UTC)
MESSAGE = "01m5qy6t9c8w3k2v7n4x0r1e5z"
ANA: dict[str, object] = {
    "email": "Ana@Buyers.example",
    "timestamp": 1_788_267_600,
    "sg_event_id": "ev-1",
    "sg_message_id": "euo2iKxdSayPF4YE4--I7A.recvd-5f54b5d587-pczjm-1-67BADEEA-6.0",
    "message_id": MESSAGE,
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def one(**fields: object) -> events.ProviderEvent:
    """The event of a post with this one, of a mail to Ana."""
    (event,) = events.read(json.dumps([ANA | fields]).encode(), received_at=AT)
    return event


def bounce(**fields: object) -> events.ProviderEvent:
    return one(event="bounce", **({"type": "bounce"} | fields))


def test_an_event_says_what_happened_to_which_mail_and_when() -> None:
    event = one(event="delivered", response="250 OK")
    assert (event.id, event.kind, event.name) == ("ev-1", EventKind.delivered, "delivered")
    assert (event.message_id, event.provider_id) == (MESSAGE, "euo2iKxdSayPF4YE4--I7A")
    assert (event.email, event.at) == ("ana@buyers.example", datetime(2026, 9, 1, 13, 0, tzinfo=UTC))
    assert (event.reason, event.permanent, event.raw["response"]) == ("250 OK", False, "250 OK")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("processed", "processed"),
        ("deferred", "deferred"),
        ("delivered", "delivered"),
        ("bounce", "bounced"),
        ("dropped", "dropped"),
        ("open", "opened"),
        ("click", "clicked"),
        ("spamreport", "complained"),
        ("unsubscribe", "unsubscribed"),
        ("group_unsubscribe", "unsubscribed"),
        ("group_resubscribe", "unknown"),
        ("account_status_change", "unknown"),
        ("teleported", "unknown"),
    ],
)
def test_every_word_of_the_provider_has_its_meaning_and_is_kept(word: str, kind: str) -> None:
    event = one(event=word)
    assert (event.kind, event.name) == (kind, word)


@pytest.mark.parametrize("word", sorted(sandbox_events.EXTRA))
def test_all_that_the_sandbox_posts_is_understood(word: str) -> None:
    event = one(event=word, **sandbox_events.EXTRA[word])
    assert (event.kind is EventKind.unknown) == (word == "group_resubscribe")
    assert event.permanent == (word in ("bounce", "dropped"))


def test_a_machine_s_opening_is_told_from_a_person_s() -> None:
    assert one(event="open", sg_machine_open=True).kind is EventKind.machine_opened
    assert one(event="open", sg_machine_open=False).kind is EventKind.opened


@pytest.mark.parametrize("word", ["blocked", "expired", "Blocked"])
def test_a_refusal_of_one_mail_is_no_bounce_of_the_address(word: str) -> None:
    event = bounce(type=word, reason="550 5.7.1 try again", status="5.7.1")
    assert (event.kind, event.permanent) == (EventKind.blocked, False)


@pytest.mark.parametrize(
    ("fields", "permanent"),
    [
        ({"status": "5.1.1", "bounce_classification": "Invalid Address"}, True),
        ({"status": "5.7.1", "bounce_classification": "Invalid Address"}, True),
        ({"status": "5.1.1", "bounce_classification": "Content"}, False),
        ({"status": "5.1.1", "bounce_classification": "Technical"}, False),
        ({"status": "5.1.10"}, True),
        ({"status": "5.1.8"}, False),
        ({"status": "5.2.1", "bounce_classification": "Mailbox Unavailable"}, True),
        ({"status": "5.2.2", "bounce_classification": "Mailbox Unavailable"}, False),
        ({"status": "5.4.1", "reason": "550 5.4.1 Recipient address rejected: Access denied"}, True),
        ({"status": "5.7.1"}, False),
        ({"status": "4.2.2"}, False),
        ({"status": "5.0.0"}, True),
        ({"status": "", "reason": "550 5.1.1 no such user"}, True),
        ({"reason": "552 5.2.2 mailbox full, see 5.1.1.1"}, False),
        ({"status": "550", "reason": "unknown user"}, True),
        ({}, True),
    ],
)
def test_a_bounce_is_permanent_when_the_address_itself_is_bad(fields: dict[str, object], permanent: bool) -> None:
    assert bounce(**fields).permanent is permanent


@pytest.mark.parametrize(
    ("reason", "because", "permanent"),
    [
        ("Bounced Address", EventKind.bounced, True),
        ("Invalid", None, True),
        ("Spam Reporting Address", EventKind.complained, False),
        ("Unsubscribed Address", EventKind.unsubscribed, False),
        ("Recipient List over Package Quota", None, False),
    ],
)
def test_a_dropped_mail_tells_what_came_before(reason: str, because: EventKind | None, permanent: bool) -> None:
    event = one(event="dropped", reason=reason)
    assert (event.kind, event.because, event.permanent) == (EventKind.dropped, because, permanent)


@pytest.mark.parametrize("given_id", [None, "", 7, "x" * 101])
def test_an_event_without_a_usable_id_is_known_again_by_its_content(given_id: object) -> None:
    first, again, other = (one(event=word, sg_event_id=given_id) for word in ("open", "open", "click"))
    assert first.id == again.id != other.id
    assert len(first.id) == 64


@pytest.mark.parametrize("given_id", [None, "", 7, "x" * 27, "01M", "<a@b>", "a b", ["01m"]])
def test_an_id_that_cannot_be_ours_is_none(given_id: object) -> None:
    assert one(event="delivered", message_id=given_id).message_id is None


def test_a_late_bounce_without_the_request_s_id_is_still_one() -> None:
    event = bounce(sg_message_id=None, message_id=None)
    assert (event.kind, event.provider_id, event.message_id) == (EventKind.bounced, None, None)


@pytest.mark.parametrize("stamp", [None, "soon", True, -1, 0, 1_788_267_600_000, "nan", 1e999, int("9" * 50), [], {}])
def test_an_impossible_time_is_the_time_of_arrival(stamp: object) -> None:
    assert one(event="delivered", timestamp=stamp).at == AT


def test_half_an_address_is_never_given() -> None:
    assert one(event="bounce", email="a" * 250 + "@x.example").email == ""


def test_what_a_mail_server_says_is_one_printable_line() -> None:
    event = bounce(reason="550\r\n\x1b[31m5.1.1\x00 no\u202e user " + "x" * 900)
    assert event.reason.startswith("550 [31m5.1.1")
    assert event.reason.isprintable()
    assert len(event.reason) <= events.LONGEST_REASON


@pytest.mark.parametrize(
    "bad", ["null", "5", '"x"', "[]", "{}", '{"event":{}}', "NaN", "1e999", "9" * 5_000, "[" * 300 + "]" * 300]
)
def test_one_bad_element_does_not_lose_the_rest(bad: str) -> None:
    good = json.dumps(ANA | {"event": "delivered"})
    read = events.read(f"[{good},{bad},{good}]".encode(), received_at=AT)
    assert [event.kind for event in read] == [EventKind.delivered, EventKind.unknown, EventKind.delivered]


def test_a_byte_that_is_no_utf_8_does_not_lose_the_rest() -> None:
    (event,) = events.read(b'\xef\xbb\xbf[{"event":"open","useragent":"\xff","sg_event_id":"e"}]', received_at=AT)
    assert (event.kind, event.raw["useragent"]) == (EventKind.opened, "\ufffd")


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"null", b'"[]"', b"[", b"[{]", b"2[]", b"[" * 100_000, b"\xff\xfe", b"<html>"]
)
def test_what_is_no_array_is_refused(raw: bytes) -> None:
    with pytest.raises(posts.UnreadablePost):
        events.read(raw)


@pytest.mark.parametrize("raw", [b"[" + b"0," * 10_000 + b"0]", b"[" + b" " * events.MOST_BYTES + b"]"])
def test_what_is_larger_than_any_batch_is_refused(raw: bytes) -> None:
    with pytest.raises(posts.TooLarge):
        events.read(raw)


@given(st.lists(ANY_JSON | st.fixed_dictionaries(dict.fromkeys((*ANA, "event", "reason", "status"), ANY_JSON))))
def test_whatever_comes_is_kept_in_order_and_can_be_stored(elements: list[object]) -> None:
    raw = json.dumps(elements).encode()
    read = events.read(raw, received_at=AT)
    assert len(read) == len(elements)
    assert read == events.read(raw, received_at=AT)
    for event in read:
        stored = json.dumps([event.raw, event.reason, event.email, event.id], allow_nan=False, ensure_ascii=False)
        assert "\\u0000" not in stored
        assert stored.encode()


@given(st.lists(ANY_JSON, max_size=5), st.booleans())
def test_the_quick_look_and_the_careful_one_read_the_same(elements: list[object], ascii_only: bool) -> None:
    said = json.dumps(elements, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    carefully = b"\xef\xbb\xbf" + said  # no sender marks its JSON so, and what is unusual is looked at twice
    assert repr(posts.read_json(said)) == repr(posts.read_json(carefully))


@pytest.mark.parametrize(
    "number", ["0", "-0", "-0.0", "1e400", "9" * 17, "9" * 18, "9" * 19, "-" + "9" * 17, "-" + "9" * 18, "1.5", "NaN"]
)
def test_numbers_that_no_database_holds_stay_text_however_they_are_read(number: str) -> None:
    said = f'[{{"n": {number}, "deep": [[{number}]]}}]'.encode()
    assert repr(posts.read_json(said)) == repr(posts.read_json(b"\xef\xbb\xbf" + said))


@pytest.mark.parametrize("levels", range(6, 11))
def test_what_lies_too_deep_is_left_out_however_it_is_read(levels: int) -> None:
    said = ("[" * levels + "1" + "]" * levels).encode()
    assert posts.read_json(said) == posts.read_json(b"\xef\xbb\xbf" + said)


@pytest.mark.parametrize("name", corpus.files("events/*-[0-9][0-9].json") + corpus.files("events/anymail__test_*.json"))
def test_real_posts_are_understood(name: str) -> None:
    raw = corpus.content(name)
    read = events.read(raw, received_at=AT)
    assert len(read) == len(json.loads(raw))
    assert all((event.kind is EventKind.unknown) == ("event" not in event.raw) for event in read)
    assert all(event.email for event in read)


@pytest.mark.parametrize("path", [corpus.SENDGRID.parents[1] / "reference" / "sendgrid-event-examples.json"])
def test_the_documented_examples_are_understood(path: Path) -> None:
    if not path.exists():
        pytest.skip("the examples are not beside this project")
    read = events.read(path.read_bytes())
    assert [event.permanent for event in read[3:7]] == [True, False, True, True]
    assert [event.name for event in read if event.kind is EventKind.unknown] == ["group_resubscribe"]
