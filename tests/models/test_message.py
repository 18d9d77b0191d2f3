"""The ledger's questions read what they are about, and not the whole ledger."""

from collections.abc import Callable

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from drip import db
from drip.models import message
from drip.models.reasons import Reason
from tests import world

ASKED: dict[str, Callable[[Session], object]] = {
    "which check-ins there are": lambda session: message.check_ins_of(session, [1, 2]),
    "to cancel what waits": lambda session: message.cancel_waiting(session, [1, 2], Reason.refunded, world.START),
}


@pytest.mark.parametrize("asked", ASKED)
def test_the_check_ins_of_an_enrollment_are_found_by_their_customer(asked: str, database: db.Database) -> None:
    said: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        said.append((statement, parameters))

    with database.write() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        ASKED[asked](session)
        event.remove(connection, "before_cursor_execute", note)
        (statement, parameters) = said[-1]
        if not database.is_sqlite:  # it would read an empty table whole, were that not forbidden
            connection.exec_driver_sql("SET enable_seqscan = off")
        word = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = "\n".join(map(str, connection.exec_driver_sql(f"{word} {statement}", parameters).all()))
    assert "ix_messages_customer_id" in plan
