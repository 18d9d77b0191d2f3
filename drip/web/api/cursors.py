"""Where a list goes on: opaque to whoever holds it."""

import base64
import binascii

from fastapi import HTTPException

LONGEST = 200


def after(row_id: str | int) -> str:
    """The cursor that goes on after this row."""
    return base64.urlsafe_b64encode(f"after:{row_id}".encode()).decode().rstrip("=")


def opened(cursor: str | None) -> str | None:
    """The id after which to go on; None from the start. Refuses what is no cursor of ours."""
    if not cursor:
        return None
    try:
        padded = cursor[:LONGEST].encode("ascii") + b"=="
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (UnicodeError, binascii.Error):
        text = ""
    kind, _, row_id = text.partition(":")
    if kind != "after" or not row_id.isalnum():
        raise HTTPException(422, "This cursor is none of ours. Take the one that the last answer gave you.")
    return row_id


def number(cursor: str | None) -> int | None:
    """A cursor over rows whose ids are whole numbers."""
    row_id = opened(cursor)
    if row_id is None:
        return None
    if not row_id.isdigit() or len(row_id) > 18:
        raise HTTPException(422, "This cursor is none of ours. Take the one that the last answer gave you.")
    return int(row_id)
