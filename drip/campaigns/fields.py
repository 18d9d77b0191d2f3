"""The kinds of value in config.toml, each with what to write instead of a wrong one."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, cast

import babel
from pydantic import AfterValidator, BeforeValidator, StrictBool, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from drip.campaigns import calendar, problems

MAX_LINE_LETTERS = 200
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Anything that could end a header, hide in a name or turn its direction.
UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{1,253}}$)(?:{LABEL}\.)+{LABEL}")
LOCAL_PART = re.compile(r"(?=.{1,64}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")
CAP = re.compile(r"1/(day|week|([1-9]\d{0,2})d)")
MANY = re.compile(r"\d+/(?:day|1d)")


def wrong(message: str, suggestion: str) -> PydanticCustomError:
    """A mistake in a value, in plain words; checks.py gives it file and line."""
    return PydanticCustomError("drip", "{message}", {"message": message, "suggestion": suggestion})


def _line(value: str) -> str:
    if not value.strip():
        raise wrong("This text is empty.", "Write something, or leave the key out.")
    if UNSHOWN.search(value):
        raise wrong("A line break or control character stands in this text.", "Write it on one line.")
    if len(value) > MAX_LINE_LETTERS:
        raise wrong(f"This text is over {MAX_LINE_LETTERS} letters.", "Shorten it.")
    return value.strip()


def _identifier(value: str) -> str:
    if IDENTIFIER.fullmatch(value):
        return value
    plain = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:64]
    raise wrong(f'"{value[:80]}" is not a short name: a-z, 0-9, - and _ only.', f'Write "{plain}".' if plain else "")


def _zone(value: str) -> str:
    if value in calendar.zone_names():
        return value
    last_words = {name.rpartition("/")[2]: name for name in sorted(calendar.zone_names())}
    wanted = value.strip().replace(" ", "_")
    near = next((name for word, name in last_words.items() if word.lower() == wanted.lower()), None)
    hint = problems.did_you_mean(wanted, calendar.zone_names(), "Write one such as America/New_York.")
    raise wrong(f'There is no time zone "{value[:80]}".', f'Did you mean "{near}"?' if near else hint)


def _country(value: str) -> str:
    code = value.strip().upper()
    if code in calendar.countries():
        return code
    known = _country_codes().get(code.lower())
    raise wrong(
        f'There is no country "{value[:80]}".', f'Write "{known}".' if known else 'Write two letters, such as "US".'
    )


@functools.cache
def _country_codes() -> dict[str, str]:
    names = cast("dict[str, str]", babel.Locale("en").territories)
    return {name.lower(): code for code, name in names.items()} | {"usa": "US", "uk": "GB"}


def _domain(value: str) -> str:
    if DOMAIN.fullmatch(value.lower()):
        return value.lower()
    raise wrong(f'"{value[:80]}" is not a domain.', 'Write it bare, such as "mail.harbourcars.example".')


def _email(value: str) -> str:
    local, _at, domain = value.rpartition("@")
    if LOCAL_PART.fullmatch(local) and DOMAIN.fullmatch(domain.lower()):
        return value.lower()
    raise wrong(f'"{value[:80]}" is not an e-mail address.', 'Write one such as "maria@harbourcars.example".')


def _address_or_domain(value: str) -> str:
    return _email(value) if "@" in value else _domain(value)


def window_times(value: str) -> tuple[time, time]:
    """`09:00-17:00` as two wall times; the value has been checked."""
    found = WINDOW.fullmatch(value.strip())
    if found is None:
        raise wrong(f'"{value[:80]}" is not a window.', 'Write it as "09:00-17:00", at the latest "-23:59".')
    first, minute, last, last_minute = map(int, found.groups())
    return time(first, minute), time(last, last_minute)


def _window(value: str) -> str:
    opens, closes = window_times(value)
    if opens >= closes:
        raise wrong("The window closes before it opens.", "Write the earlier time first; it cannot pass midnight.")
    return value.strip()


def _day(value: str) -> str:
    if value in DAYS:
        return value
    short = value.strip().lower()[:3]
    hint = f'Write "{short}".' if short in DAYS else f"Days are: {', '.join(DAYS)}."
    raise wrong(f'"{value[:80]}" is not a day of the week.', hint)


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise wrong(f'"{str(value)[:80]}" is not a date.', 'Write year-month-day, such as "2026-12-25".') from None


def _climbing(value: tuple[int, ...]) -> tuple[int, ...]:
    if list(value) != sorted(value):
        raise wrong("A ramp goes up.", "Write check-ins a day for the first days, such as [50, 100, 200, 400].")
    return value


def cap_days(value: str) -> int:
    """How many local days one check-in a customer stands for; the value has been checked."""
    found = CAP.fullmatch(value)
    if found is None:
        raise _wrong_cap(value)
    return int(found[2]) if found[2] else {"day": 1, "week": 7}[found[1]]


def _cap(value: str) -> str:
    cap_days(value)
    return value


def _wrong_cap(value: str) -> PydanticCustomError:
    if MANY.fullmatch(value):
        return wrong("A customer never gets two check-ins on one local day.", 'Write "1/day" or less.')
    return wrong(f'"{value[:80]}" is not a cap.', 'Write "1/day", "1/week" or, for every three days, "1/3d".')


def _amount(value: object) -> Decimal:
    try:
        amount = Decimal(str(value)) if isinstance(value, int | float | str | Decimal) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or amount < 0 or amount > 10**12:
        raise wrong(f'"{str(value)[:80]}" is not an amount.', "Write a number such as 1000 or 99.50.")
    return amount


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def whole(least: int, most: int) -> Callable[[int], int]:
    """A check for a whole number between two bounds, both included."""

    def check(value: int) -> int:
        if not least <= value <= most:
            raise wrong(f"{value} is out of bounds.", f"Write a whole number from {least} to {most}.")
        return value

    return check


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise wrong("This list is empty.", "Name at least one, or leave the key out.")
    return values


Line = Annotated[StrictStr, AfterValidator(_line)]
Identifier = Annotated[StrictStr, AfterValidator(_identifier)]
ZoneName = Annotated[StrictStr, AfterValidator(_zone)]
Country = Annotated[StrictStr, AfterValidator(_country)]
Domain = Annotated[StrictStr, AfterValidator(_domain)]
Email = Annotated[StrictStr, AfterValidator(_email)]
AddressOrDomain = Annotated[StrictStr, AfterValidator(_address_or_domain)]
Window = Annotated[StrictStr, AfterValidator(_window)]
Day = Annotated[StrictStr, AfterValidator(_day)]
Date = Annotated[date, BeforeValidator(_date)]
Cap = Annotated[StrictStr, AfterValidator(_cap)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Days = Annotated[tuple[Day, ...], AfterValidator(_some)]
Texts = Annotated[tuple[Line, ...], AfterValidator(_some)]
Countries = Annotated[tuple[Country, ...], BeforeValidator(_one_or_many), AfterValidator(_some)]
Codes = Annotated[tuple[Line, ...], BeforeValidator(_one_or_many), AfterValidator(_some)]
StepDay = Annotated[StrictInt, AfterValidator(whole(0, 3650))]
QuietDays = Annotated[StrictInt, AfterValidator(whole(0, 365))]
Expiry = Annotated[StrictInt, AfterValidator(whole(1, 365))]
Ramp = Annotated[tuple[Annotated[StrictInt, AfterValidator(whole(1, 10_000_000))], ...], AfterValidator(_climbing)]
Priority = Annotated[StrictInt, AfterValidator(whole(-1000, 1000))]
Flag = StrictBool
