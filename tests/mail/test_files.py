"""A file that came with a mail is taken out byte by byte, and by nobody but the child that may be killed."""

import pytest

from drip.mail import files, incoming
from tests.mail import letters

RAW = letters.raw("answer_below_with_photo")


def test_a_file_is_taken_out_in_the_child_as_it_came() -> None:
    assert files.content_safely(RAW, 0) == files.content(RAW, 0) == b"hello"


def test_files_stand_in_the_order_of_the_attachments() -> None:
    parts = "".join(
        f"--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename={name}.csv\n\n{name},1\n"
        for name in "abc"
    )
    raw = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n{parts}--b--\n".encode()
    names = [each.name for each in incoming.parse(raw).attachments]
    assert names == ["a.csv", "b.csv", "c.csv"]
    assert [files.content(raw, place) for place in range(3)] == [b"a,1", b"b,1", b"c,1"]


@pytest.mark.parametrize("place", [-2, -1, 1, 2**31 - 1])
def test_a_file_that_a_mail_does_not_have_is_not_made_up(place: int) -> None:
    for take in (files.content, files.content_safely):
        with pytest.raises(incoming.UnreadableMail, match="no such file"):
            take(RAW, place)
    assert files.content_safely(RAW, 0) == b"hello"


def test_a_mail_that_is_none_has_no_file() -> None:
    with pytest.raises(incoming.UnreadableMail):
        files.content_safely(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n\r\n" * 5000, 0)
