"""Whatever a body holds, it is refused with a reason or read as mail; it never breaks the sandbox."""

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from drip.sandbox import events, mails, refusals, schema

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
COMPLETE = {
    "personalizations": [
        {
            "to": [{"email": "ana@pereira.example", "name": "Ana"}],
            "cc": [{"email": "leo@pereira.example"}],
            "headers": {"X-A": "b"},
            "custom_args": {"message_id": "m1"},
            "subject": "Hi",
            "send_at": 1,
        }
    ],
    "from": {"email": "maria@harbourcars.example", "name": "Maria"},
    "reply_to": {"email": "reply@harbourcars.example"},
    "subject": "Hi",
    "content": [{"type": "text/plain", "value": "x"}, {"type": "text/html", "value": "y"}],
    "attachments": [{"content": "eA==", "filename": "x.txt"}],
    "headers": {"Message-ID": "<m1@x.example>"},
    "categories": ["a"],
    "custom_args": {"a": "b"},
    "send_at": 1,
    "mail_settings": {"sandbox_mode": {"enable": False}},
}


def places(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def replaced(path, value):
    if not path:
        return value
    body = copy.deepcopy(COMPLETE)
    node = body
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return body


def test_a_complete_body_fits():
    assert schema.problems(COMPLETE) == []
    assert list(refusals.beyond_schema(COMPLETE, now=0)) == []


@given(st.sampled_from(sorted(places(COMPLETE), key=str)), ANYTHING)
def test_any_change_to_a_body_is_refused_with_a_reason_or_read(path, value):
    body = replaced(path, value)
    found = schema.problems(body) or list(refusals.beyond_schema(body, now=0))
    if found:
        assert all(refusal.message for refusal in found)
        return
    accepted = {
        "id": "x",
        "accepted_at": "2026-09-01T13:00:00Z",
        "business_time": "2026-09-01T13:00:00Z",
        "time_zone": None,
        "body": body,
    }
    read = mails.of(json.loads(json.dumps(accepted)), 0)
    assert len(read) == sum(len(each["to"]) + len(each.get("cc", ())) for each in body["personalizations"])
    assert all(event["email"] == mail.to for mail in read for event in events.first(mail, None))
    assert all(mail.message_id for mail in read)


@given(st.text(max_size=400))
def test_an_address_that_passes_can_stand_in_a_header(text):
    for address in (text, f"{text}@x.example", f"ana@{text}.example"):
        if refusals.is_address(address):
            assert not set(address) & set(' \t\r\n\0<>,;:"()[]\\')
            assert address.count("@") == 1
