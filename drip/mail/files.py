"""The content of a file that came with a mail, taken out when somebody asks for it."""

import functools
import struct

from drip.mail import bodies, bounded_child, incoming, mime

CONTENT = b"="  # before a file that the child answers with; whatever else it answers is JSON
_PLACE = struct.Struct(">i")


def content(raw: bytes, place: int) -> bytes:
    """The file at this place of the mail's `attachments`. Raises UnreadableMail when there is none."""
    found = [part for part in bodies.leaves(mime.read(raw)) if incoming.is_file(part)]
    if not 0 <= place < len(found):
        raise incoming.UnreadableMail("The mail has no such file.")
    return found[place].decoded


def content_safely(raw: bytes, place: int, seconds: float = 5.0, megabytes: int = 512) -> bytes:
    """The same in a child process that is killed beyond this time or memory. Raises UnreadableMail."""
    try:
        answered = _child(seconds, megabytes).ask(_PLACE.pack(place) + raw)
    except bounded_child.Breach as breach:
        raise incoming.UnreadableMail(f"The mail could not be read: {breach}") from breach
    if not answered.startswith(CONTENT):
        incoming.from_json(answered)
    return answered.removeprefix(CONTENT)


def answer(asked: bytes) -> bytes:
    """What the child answers to a place with the raw mail behind it. Raises UnreadableMail."""
    (place,) = _PLACE.unpack_from(asked)
    return CONTENT + content(asked[_PLACE.size :], place)


@functools.cache
def _child(seconds: float, megabytes: int) -> bounded_child.Child:
    return bounded_child.Child("drip.mail.file_child", seconds=seconds, megabytes=megabytes)
