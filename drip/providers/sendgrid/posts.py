"""What is posted to us: why it can be refused, and JSON read with suspicion."""

import json
import math
import re

from drip import errors

DEEPEST = 8  # the provider nests two levels
LONGEST_NUMBER = 18  # characters: what a database column holds
_LARGEST: int = 10 ** (LONGEST_NUMBER - 1)
# PostgreSQL keeps neither NUL nor half a surrogate pair, and a post that fails to be stored comes again and again.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PERHAPS_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class UnreadablePost(errors.DripError):
    """What was posted is not in the provider's format, and never will be."""


class TooLarge(UnreadablePost):
    """What was posted is larger than anything the provider sends."""


def read_json(raw: bytes) -> object:
    """dict, list, str, int, float, bool or None, all safe to store; raises UnreadablePost.

    One bad byte or number must not lose its neighbours: bytes that are no UTF-8 become U+FFFD, numbers that no
    database holds stay text, and what lies deeper than `DEEPEST` levels is left out.
    """
    value = _sound(raw)
    return _mended(raw) if value is None else value


def table(value: object) -> dict[str, object]:
    """A JSON object's fields; of anything else, none."""
    return value if isinstance(value, dict) else {}


def line(value: object, longest: int) -> str:
    """A text or number as one printable line of at most `longest` characters; of anything else, nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, str) and len(value) <= longest and value.isprintable():
        return " ".join(value.split())
    shown = "".join(character if character.isprintable() else " " for character in str(value)[: 2 * longest])
    return " ".join(shown.split())[:longest]


def _sound(raw: bytes) -> object:
    """What is wholly safe as it stands, as nearly everything is; None for what needs to be mended or refused."""
    if _PERHAPS_UNSTORABLE.search(raw):
        return None
    try:
        value: object = json.loads(raw.decode())
    except (ValueError, RecursionError):
        return None
    return value if _is_sound(value, DEEPEST) else None


def _is_sound(value: object, levels: int) -> bool:
    if isinstance(value, str) or value is None:
        return True
    if isinstance(value, int):
        return -_LARGEST < value < _LARGEST
    if isinstance(value, float):
        return math.isfinite(value)
    if not levels:
        return False
    for item in value.values() if isinstance(value, dict) else value:  # type: ignore[attr-defined]  # a list
        if type(item) is not str and not _is_sound(item, levels - 1):  # a call for each text would take longest
            return False
    return True


def _mended(raw: bytes) -> object:
    try:
        value: object = json.loads(
            raw.decode("utf-8-sig", "replace"), parse_int=_whole, parse_float=_fraction, parse_constant=str
        )
    except (ValueError, RecursionError) as trouble:
        raise UnreadablePost(f"This is no JSON: {type(trouble).__name__}.") from trouble
    return _storable(value, DEEPEST)


def _storable(value: object, levels: int) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list | dict) and not levels:
        return "(too deep)"
    if isinstance(value, list):
        return [_storable(item, levels - 1) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _storable(item, levels - 1) for key, item in value.items()}
    return value


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits
