"""The ways in which a vendor fails, on demand."""

import random
from dataclasses import asdict, dataclass

KEEPS_FIRST = ("accept_then_hang", "accept_then_reset", "accept_then_500")
REFUSES = {"429": 429, "500": 500, "503": 503, "401": 401, "403": 403}
SEND_MODES = (*KEEPS_FIRST, *REFUSES, "slow", "reset")
SLOW_MS = 2000


@dataclass
class Sending:
    """What goes wrong at mail/send: which share of requests, for how many, for whom."""

    mode: str
    share: float = 1.0
    count: int | None = None
    match: str | None = None
    delay_ms: int = SLOW_MS


@dataclass(frozen=True)
class Posting:
    """What goes wrong with event posts: extra copies, order, delay, the share of events that is lost."""

    duplicates: int = 0
    shuffle: bool = False
    delay_ms: int = 0
    lose: float = 0.0


class Misbehaviour:
    def __init__(self) -> None:
        self.sending: Sending | None = None
        self.posting = Posting()

    def set(self, wish: dict[str, object]) -> None:
        """Raises ValueError with a sentence when the wish is not understood."""
        mode = wish.get("mode")
        if mode is None:
            self.sending, self.posting = None, Posting()
        elif mode == "events":
            self.posting = _posting(wish)
        elif mode in SEND_MODES:
            self.sending = _sending(wish)
        else:
            raise ValueError(f"mode must be null, events or one of: {', '.join(SEND_MODES)}")

    def shown(self) -> dict[str, object]:
        return {"send": asdict(self.sending) if self.sending else None, "events": asdict(self.posting)}

    def strikes(self, recipients: list[str]) -> Sending | None:
        """The misbehaviour that this request meets, if any; counts it."""
        now = self.sending
        if now is None or now.count == 0:
            return None
        if now.match and not any(now.match.lower() in address.lower() for address in recipients):
            return None
        if now.share < 1 and random.random() >= now.share:  # noqa: S311 -- chance, not secrecy
            return None
        if now.count is not None:
            now.count -= 1
        return now


def _sending(wish: dict[str, object]) -> Sending:
    _only(wish, {"mode", "share", "count", "match", "delay_ms"})
    count, match = wish.get("count"), wish.get("match")
    if match is not None and not isinstance(match, str):
        raise ValueError("match must be a text or null")
    return Sending(
        mode=str(wish["mode"]),
        share=_share(wish, "share", 1.0),
        count=None if count is None else _whole(wish, "count", 0),
        match=match,
        delay_ms=_whole(wish, "delay_ms", SLOW_MS),
    )


def _posting(wish: dict[str, object]) -> Posting:
    _only(wish, {"mode", "duplicates", "shuffle", "delay_ms", "lose"})
    return Posting(
        duplicates=min(_whole(wish, "duplicates", 0), 50),
        shuffle=wish.get("shuffle", False) is True,
        delay_ms=_whole(wish, "delay_ms", 0),
        lose=_share(wish, "lose", 0.0),
    )


def _only(wish: dict[str, object], known: set[str]) -> None:
    if unknown := sorted(set(wish) - known):
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _share(wish: dict[str, object], name: str, default: float) -> float:
    value = wish.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1")
    return float(value)


def _whole(wish: dict[str, object], name: str, default: int) -> int:
    value = wish.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} must be a whole number, 0 or more")
    return value
