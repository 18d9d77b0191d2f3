"""Lists as one parameter: what the databases make of them."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Connection, Select, event, literal, select, text

from drip import db
from drip.models import fixed, outbox
from drip.models.customer import Customer
from drip.models.message import Message
from tests import world

_MARKS = '"\\{},'
LISTED = {
    "customers by id": select(Customer.email).where(fixed.among(Customer.id, [1, 2])),
    "customers by address": select(Customer.id).where(fixed.among(Customer.email, ["a@buyers.example"])),
    "messages by id and more": select(Message.id).where(fixed.among(Message.id, ["1"]), Message.fence > 0),
    "either of two": select(Customer.id).where(fixed.among(Customer.id, [1]) | fixed.among(Customer.email, ["x"])),
}


@pytest.mark.parametrize("rows", LISTED.values(), ids=list(LISTED))
def test_a_list_is_looked_up_in_an_index_and_nothing_is_read_whole(database: db.Database, rows: Select[object]) -> None:
    with database.read() as session:
        plan = _plan(session.connection(), rows)
    assert "SEARCH" in plan or "Index" in plan, plan
    for whole in ("SCAN customers", "SCAN messages", "Seq Scan"):
        assert whole not in plan


def test_whether_anything_moves_is_seen_without_reading_every_message(database: db.Database) -> None:
    with database.engine.connect() as connection:
        plan = _plan(connection, select(outbox.any_moving()))
    read = [line for line in plan.splitlines() if " messages" in line]
    assert [line for line in read if "ix_messages_" not in line] == [], plan
    assert len(read) == 2


def test_what_is_not_in_a_list_is_found_too(database: db.Database) -> None:
    named = fixed.among(Customer.email, ["ana@buyers.example"])
    with database.write() as session:
        session.add(Customer(email="ben@buyers.example", created_at=world.START))
    with database.read() as session:
        assert session.scalars(select(Customer.email).where(~named)).all() == ["ben@buyers.example"]
        assert session.scalars(select(Customer.email).where(named)).all() == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)) | st.sampled_from(_MARKS))))
@example(["", "NULL", '"', "\\", '\\"', "{}", "a,b", "\n", " "])
def test_whatever_a_list_says_is_what_is_looked_for(database: db.Database, texts: list[str]) -> None:
    with database.read() as session:
        each = [session.scalar(select(fixed.among(literal(text), texts))) for text in {*texts, "no such text"}]
    assert sorted(each) == [False] * ("no such text" not in texts) + [True] * len(set(texts))


@pytest.mark.parametrize("values", [[], [1], [1, 2**40, -3]])
def test_whole_numbers_are_looked_for(database: db.Database, values: list[int]) -> None:
    with database.read() as session:
        assert [value for value in (1, 2, 2**40, -3) if session.scalar(_one_of(value, values))] == sorted(
            values, key=[1, 2, 2**40, -3].index
        )


@pytest.mark.parametrize("told", [{}, {7: "seven", 2**40: 'marks "\\{},\n'}])
def test_a_mapping_is_read_as_rows(database: db.Database, told: dict[int, str]) -> None:
    rows = fixed.pairs("told").table_valued("key", "value")
    with database.read() as session:
        found = fixed.run(session, select(rows.c.key, rows.c.value), told=told).all()
    assert sorted(map(tuple, found)) == sorted((str(key), value) for key, value in told.items())


def _one_of(value: int, values: list[int]) -> Select[bool]:
    return select(fixed.among(literal(value, BigInteger), values))


def _plan(connection: Connection, rows: Select[object]) -> str:
    """An empty table would be read whole on PostgreSQL, were that not forbidden."""
    word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET enable_seqscan = off"))

    def explained(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> tuple[str, object]:
        return f"{word} {statement}", parameters

    event.listen(connection, "before_cursor_execute", explained, retval=True)
    return "\n".join(str(row) for row in connection.execute(rows).all())
