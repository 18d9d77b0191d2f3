"""The sandbox's one way to ask what time it is, and the instants it reads and writes."""

from datetime import UTC, datetime


def now() -> datetime:
    """Real time, aware UTC."""
    return datetime.now(UTC)


def unix() -> float:
    """Real time in unix seconds."""
    return now().timestamp()


def text(instant: datetime) -> str:
    """ISO 8601 in UTC, ending in Z so that it can stand in a query string as it is."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse(value: str) -> datetime:
    """An aware instant from ISO 8601; a space stands for the plus sign that a query string swallowed.

    Raises ValueError for anything else, also for a time without zone.
    """
    instant = datetime.fromisoformat(value.strip().replace(" ", "+") if "T" in value else value)
    if instant.tzinfo is None:
        raise ValueError(f"no time zone in {value!r}")
    return instant.astimezone(UTC)
