"""Forms as they come: in pieces, with any bytes, within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.providers.sendgrid import forms, posts
from tests.providers.sendgrid import posting

NAMES = st.text("abcdefgh-", min_size=1, max_size=8)
# Pieces of boundaries and line ends are where a parser stumbles.
VALUES = st.lists(st.binary(max_size=30) | st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--xYz", b"\r\n--xYz"])).map(
    b"".join
)


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.integers(1, 200))
def test_every_field_keeps_its_bytes_however_the_body_is_cut(fields: dict[str, bytes], size: int) -> None:
    whole = {name: value.replace(b"xYzZY", b"") for name, value in fields.items()}
    body = posting.form(whole)
    if not whole:
        body = b"--xYzZY--\r\n"
    form = forms.read(posting.CONTENT_TYPE, posting.Dribble(body, size))
    assert {name: part.value for name, part in form.parts.items()} == whole


@given(st.binary(max_size=400), st.text(max_size=80))
def test_junk_is_refused_and_does_nothing_else(body: bytes, content_type: str) -> None:
    for given_type in (content_type, posting.CONTENT_TYPE):
        try:
            form = forms.read(given_type, body)
        except posts.UnreadablePost:
            continue
        assert b"--xYzZY--" in body
        assert form.parts == {} or b"name" in body


@given(st.data())
def test_a_post_that_is_cut_short_is_refused(data: st.DataObject) -> None:
    body = posting.form({"email": b"Subject: x\r\n\r\nhello", "envelope": posting.ENVELOPE})
    end = data.draw(st.integers(0, len(body) - len("-\r\n") - 1))
    with pytest.raises(posts.UnreadablePost):
        forms.read(posting.CONTENT_TYPE, body[:end])


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=xYzZY",
        f"multipart/form-data; boundary={'b' * 300}",
        "multipart/form-data; boundary=\u20ac",
    ],
)
def test_only_a_form_with_a_boundary_is_read(content_type: str) -> None:
    with pytest.raises(posts.UnreadablePost):
        forms.read(content_type, posting.form({"text": b"x"}))


def test_of_two_fields_with_one_name_the_first_counts() -> None:
    form = forms.read(posting.CONTENT_TYPE, posting.form({}, posting.part("to", b"a"), posting.part("to", b"b")))
    assert form.value("to") == b"a"


def test_a_part_without_a_name_is_left_out() -> None:
    form = forms.read(posting.CONTENT_TYPE, posting.form({"a": b"1"}, b"--xYzZY\r\nX: y\r\n\r\nlost\r\n"))
    assert list(form.parts) == ["a"]


def test_fifty_parts_are_read_and_one_more_is_too_many() -> None:
    fields = {f"f{number}": b"" for number in range(forms.MOST_PARTS)}
    assert len(forms.read(posting.CONTENT_TYPE, posting.form(fields)).parts) == forms.MOST_PARTS
    with pytest.raises(posts.TooLarge):
        forms.read(posting.CONTENT_TYPE, posting.form(fields | {"more": b""}))


@pytest.mark.parametrize("headers", [f"X: {'y' * 9_000}\r\n", *["".join(f"X{n}: {'y' * 2_000}\r\n" for n in range(6))]])
def test_headers_of_a_part_have_a_limit(headers: str) -> None:
    with pytest.raises(posts.UnreadablePost):
        forms.read(posting.CONTENT_TYPE, posting.form({}, posting.part("text", b"x", headers=headers)))


def test_a_body_larger_than_any_mail_is_given_up_early() -> None:
    body = posting.Dribble(posting.form({"email": bytes(forms.MOST_BYTES + 2_000_000)}), forms.CHUNK_BYTES)
    with pytest.raises(posts.TooLarge):
        forms.read(posting.CONTENT_TYPE, body)
    assert body.tell() <= forms.MOST_BYTES + forms.CHUNK_BYTES
