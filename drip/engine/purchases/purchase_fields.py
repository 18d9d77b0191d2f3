"""The fields of a purchase as somebody else wrote them: each reader returns a clean value or says what to write."""

import difflib
import functools
import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from drip.campaigns import calendar

EARLIEST_YEAR, LATEST_YEAR = 1990, 2200
MOST_MONEY = Decimal(10) ** 12  # what Numeric(14, 2) holds
SOURCE, ORDER, PRODUCT, PROMISE, NAME, CODE, BASIS = 60, 120, 300, 300, 200, 120, 60  # letters at most
ADDRESS_LENGTH, LOCAL_LENGTH = 254, 64  # RFC 5321, 4.5.3.1, and the erratum that made it 254

_STEERING = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_UNSAFE_IN_IDNA = frozenset("ßς\u200c\u200d")  # IDNA 2003, which Python speaks, would write to another domain
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?", re.ASCII)
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_CENT = Decimal("0.01")
_PLAIN_MONEY = re.compile(r"\d{1,13}(\.\d{1,20})?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}\.\d{3}", re.ASCII)
_NOT_IN_TZDATA = frozenset({"BV", "HM", "XK"})  # countries without a line in zone.tab


def line(value: object, most: int) -> str:
    """One line of at most `most` characters, NFC; marks that steer the direction of text are dropped."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    if value.isascii() and value.isprintable() and len(value) <= most:
        return value.strip()
    if len(value) > 4 * most:
        raise ValueError(f"is {len(value)} characters long; at most {most} are allowed")
    text = _clean(value.strip())
    if len(text) > most:
        raise ValueError(f"is {len(text)} characters long; at most {most} are allowed")
    return text


def identifier(value: object, most: int) -> str:
    """A line that must say something; shops that send whole numbers mean text."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return needed(line(str(value) if is_number else value, most))


def name(value: object) -> str:
    """A person's name, or "" where nobody knows it."""
    return "" if value is None else line(value, NAME)


def code(value: object, most: int = CODE) -> str | None:
    """A line, or None where it is blank."""
    return line(value, most) or None


def needed(text: str) -> str:
    """The text, unless it is blank."""
    if not text:
        raise ValueError("is missing")
    return text


def address(value: object) -> str:
    """One bare address, lower-cased, its domain in ASCII: no display name, no group, no list."""
    text = needed(line(value, 4 * ADDRESS_LENGTH)).lower()
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local) > LOCAL_LENGTH:
        raise ValueError(f"{_short(text)} is not an address; write one bare address such as ana@shop.example")
    whole = f"{local}@{_ascii_domain(domain)}"
    if len(whole) > ADDRESS_LENGTH:
        raise ValueError(f"is longer than the {ADDRESS_LENGTH} characters that an address may have")
    return whole


def money(value: object) -> Decimal:
    """An amount from a JSON number or from text such as "1299.00"; rounded to hundredths."""
    text = str(value).strip() if isinstance(value, int | float | Decimal | str) else ""
    if isinstance(value, bool) or not _PLAIN_MONEY.fullmatch(text):
        raise ValueError(f"{_short(str(value))} is not an amount; write it as 1299.00, without separators or signs")
    if isinstance(value, str) and _THOUSANDS.fullmatch(text):
        raise ValueError(f"{_short(text)} could be two amounts; write it as 1299.00")
    try:
        amount = Decimal(text).quantize(_CENT)
    except InvalidOperation:
        raise ValueError("is not an amount that we can keep") from None
    if amount >= MOST_MONEY:
        raise ValueError("is more money than we can keep")
    return amount


def currency(value: object) -> str:
    """Three letters of ISO 4217, upper case."""
    text = line(value, 20).upper()
    if len(text) != 3 or not (text.isascii() and text.isalpha()):
        raise ValueError(f"{_short(text)} is not a currency; write its three letters, such as USD")
    return text


def moment(value: object) -> datetime:
    """An instant, or, without an offset, a time on the customer's wall; a bare date means noon of that day."""
    if isinstance(value, datetime):
        return _sane(value)
    text = line(value, 60)
    if not _ISO.fullmatch(text):
        raise ValueError(f"{_short(text)} is not a date; write 2026-03-01 or 2026-03-01T10:00:00-05:00")
    try:
        if len(text) == 10:
            return _noon(text)
        return _sane(datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "")))
    except ValueError as error:
        raise ValueError(f"{_short(text)} is not a date: {error}") from None


@functools.lru_cache(maxsize=1024)
def _noon(day: str) -> datetime:
    return _sane(datetime.combine(date.fromisoformat(day), time(12)))


def day(value: object) -> date:
    """A date without time."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return moment(value).date()


def zone(value: object) -> str:
    """The name of an IANA time zone."""
    name = line(value, 64)
    if name not in calendar.zone_names():
        known = {zone.lower(): zone for zone in calendar.zone_names()}
        raise ValueError(f"{_short(name)} is not a time zone{_near(name.lower(), known)}")
    return name


def country(value: object) -> str:
    """Two letters of ISO 3166, upper case."""
    code = line(value, 60).upper()
    if code not in calendar.countries() and code not in _NOT_IN_TZDATA:
        hint = "; did you mean GB" if code == "UK" else "; write its two letters, such as US"
        raise ValueError(f"{_short(code)} is not a country{hint}")
    return code


def locale(value: object) -> str:
    """A language tag such as en-US."""
    text = line(value, 35)
    if not _LOCALE.fullmatch(text):
        raise ValueError(f"{_short(text)} is not a language tag; write one such as en-US")
    return text


def _clean(text: str) -> str:
    plain = unicodedata.normalize("NFC", text.translate(_STEERING)).strip()
    if any(unicodedata.category(letter) in _FORBIDDEN for letter in plain):
        raise ValueError("holds a line break or a control character")
    return plain


@functools.lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    try:
        if _UNSAFE_IN_IDNA & set(domain):
            raise UnicodeError
        plain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(f"{_short(domain)} is not a domain that we can write to; use its xn-- form") from None
    labels = plain.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise ValueError(f"{_short(domain)} is not the domain of an address")
    return plain


def _sane(at: datetime) -> datetime:
    if at.year < EARLIEST_YEAR:
        raise ValueError(f"is before {EARLIEST_YEAR}; the year is {at.year}")
    if at.year > LATEST_YEAR:
        raise ValueError(f"is in the future; the year is {at.year}")
    return at


def _near(name: str, known: dict[str, str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {known[close[0]]}?" if close else "; write one such as Europe/Berlin"


def _short(text: str) -> str:
    safe = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return repr(safe if len(safe) <= 40 else f"{safe[:37]}...")
