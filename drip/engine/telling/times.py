"""Times as people read them: with weekday and zone, whatever the locale of the machine."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WORDS = ("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60)


def on(day: date) -> str:
    """Tue 1 Sep 2026."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def at(instant: datetime, zone: ZoneInfo) -> str:
    """Tue 1 Sep 2026, 09:00 EDT."""
    local = instant.astimezone(zone)
    return f"{on(local.date())}, {local:%H:%M} {zone_word(local)}"


def zone_word(local: datetime) -> str:
    """EDT where the zone has a word for it, else UTC+05:45."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = local.utcoffset() or timedelta()
    sign, minutes = ("-", -offset) if offset < timedelta() else ("+", offset)
    return f"UTC{sign}{minutes // timedelta(hours=1):02}:{minutes // timedelta(minutes=1) % 60:02}"


def long(span: timedelta) -> str:
    """3 days; how long, in the largest unit that fits."""
    seconds = abs(span.total_seconds())
    for word, size in WORDS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "less than a minute"


def apart(instant: datetime, now: datetime) -> str:
    """in 3 days; 2 hours ago."""
    return f"in {long(instant - now)}" if instant > now else f"{long(now - instant)} ago"
