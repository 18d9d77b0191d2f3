"""What every room shares: settings, database, and how sessions are called here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request
from sqlalchemy.orm import Session

from drip import config, db


@dataclass(frozen=True, slots=True)
class House:
    """Held by the app; rooms get at it through their request."""

    settings: config.Settings
    database: db.Database
    key: bytes

    @property
    def is_https(self) -> bool:
        return self.settings.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """`__Host-` binds a cookie to this very host, and browsers take it over https only."""
        return "__Host-drip" if self.is_https else "drip"

    @contextmanager
    def look(self) -> Iterator[Session]:
        """A session that only reads; what it found may be shown after it has closed."""
        with self.database.read() as session:
            yield session
            session.expunge_all()  # else the rollback at the end would empty the rows


def of(request: Request) -> House:
    """The house that this request came to."""
    found: House = request.app.state.house
    return found
