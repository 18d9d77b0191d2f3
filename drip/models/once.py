"""What a transaction has found out and need not ask again; it is forgotten when that ends."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session


def of(session: Session, what: str) -> dict[Any, Any]:
    """What is remembered under this name. A savepoint remembers for itself: rolled back, it loses its locks."""
    current = session.get_nested_transaction() or session.get_transaction()
    if current is None:
        return {}
    of_whom, kept = session.info.get("once", (None, {}))
    if of_whom is not current:
        kept = {}
        session.info["once"] = (current, kept)
    found: dict[Any, Any] = kept.setdefault(what, {})
    return found


def asked(
    session: Session, what: str, keys: Sequence[Any], ask: Callable[[list[Any]], Iterable[Any]]
) -> dict[Any, Any]:
    """By key, what `ask` tells of those that were not asked for before, as pairs; None where it tells nothing. So many
    that are needed one by one later can be asked for in one."""
    known = of(session, what)
    if missing := [key for key in dict.fromkeys(keys) if key not in known]:
        known |= dict.fromkeys(missing)
        known |= dict(ask(missing))
    return {key: known[key] for key in keys}
