"""What a transaction has found out and need not ask again; it is forgotten when that ends."""

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
