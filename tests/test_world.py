"""The small world itself."""

from drip import db
from drip.models import system
from tests import world


def test_the_small_world_starts_on_tuesday_at_nine_in_new_york(published_world: db.Database) -> None:
    with published_world.read() as session:
        assert abs((system.business_now(session) - world.START).total_seconds()) < 60


def test_a_reader_cannot_write(published_world: db.Database) -> None:
    import pytest
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    if not published_world.is_sqlite:
        pytest.skip("only SQLite has a connection of its own for readers")
    with published_world.read() as session, pytest.raises(OperationalError, match="readonly"):
        session.execute(text("UPDATE system SET reason = 'x'"))
