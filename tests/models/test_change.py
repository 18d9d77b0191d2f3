"""Many rows changed in one go, on both databases."""

import pytest
from sqlalchemy import select

from drip import db
from drip.models import bulk, change
from drip.models.change import Change
from drip.models.customer import Customer
from tests import world
from tests.world import sending

COLUMNS = ("email", "first_name", "last_name", "country", "version", "created_at")


@pytest.fixture
def ids(database: db.Database) -> list[int]:
    """Of Ana, Ben and Eve."""
    rows = [(f"{name}@buyers.example", "", "", None, 1, world.START) for name in ("ana", "ben", "eve")]
    with database.write() as session:
        bulk.insert_new(session, bulk.listed(Customer, COLUMNS, rows))
        return list(session.scalars(select(Customer.id).order_by(Customer.id)))


def told(database: db.Database, *names: str) -> list[tuple[object, ...]]:
    with database.read() as session:
        rows = session.execute(select(*(getattr(Customer, name) for name in names)).order_by(Customer.id))
        return [tuple(row) for row in rows]


def test_each_row_gets_its_own_values_and_others_stay(database: db.Database, ids: list[int]) -> None:
    named = Change(Customer, ("first_name", "country", "erased_at"))
    with database.write() as session:
        assert change.apply(session, named, [("Eve", None, world.START, ids[2]), ("Ana", "PT", None, ids[0])]) == 2
        assert change.apply(session, named, []) == 0
    assert told(database, "first_name", "country") == [("Ana", "PT"), ("", None), ("Eve", None)]
    assert told(database, "erased_at") == [(None,), (None,), (world.START,)]


def test_what_is_the_same_for_all_is_said_once_and_may_build_on_what_was(database: db.Database, ids: list[int]) -> None:
    older = Change(Customer, ("first_name",), "version = customers.version + 1")
    with database.write() as session:
        change.apply(session, older, [("Ana", ids[0]), ("Ben", ids[1])])
    assert told(database, "first_name", "version") == [("Ana", 2), ("Ben", 2), ("", 1)]


def test_rows_are_left_alone_where_a_key_or_the_condition_does_not_fit(database: db.Database, ids: list[int]) -> None:
    careful = Change(Customer, ("first_name",), keys=("id", "version"), only="customers.email <> 'ben@buyers.example'")
    with database.write() as session:
        assert change.apply(session, careful, [("Ana", ids[0], 1), ("Ben", ids[1], 1), ("Eve", ids[2], 7)]) == 1
    assert told(database, "first_name") == [("Ana",), ("",), ("",)]


def test_rows_are_found_by_their_keys_and_not_by_reading_the_table(database: db.Database, ids: list[int]) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL counts its rows and chooses by that")
    named = Change(Customer, ("first_name",), keys=("id", "version"))
    with database.write() as session, sending.statements(database) as said:
        change.apply(session, named, [("Ana", ids[0], 1), ("Ben", ids[1], 1)])
    (statement,) = [each for each in said if each.startswith("UPDATE customers")]
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("", 0, 0) * 2).all()
    (found,) = [row.detail for row in plan if " customers " in row.detail]
    assert found == "SEARCH customers USING INTEGER PRIMARY KEY (rowid=?)"


def test_hundreds_of_rows_take_a_few_statements_and_each_gets_its_own_values(
    database: db.Database, ids: list[int]
) -> None:
    more = [(f"c{number}@buyers.example", "", "", 1, world.START) for number in range(250)]
    columns = ("email", "first_name", "last_name", "version", "created_at")
    with database.write() as session:
        new = bulk.insert_told(session, bulk.listed(Customer, columns, more), by=("email",))
    everybody = [*ids, *new.values()]
    with database.write() as session, sending.statements(database) as said:
        named = [(f"No. {each}", each) for each in everybody]
        assert change.apply(session, Change(Customer, ("first_name",)), named) == len(everybody) == 253
    assert told(database, "id", "first_name") == [(each, f"No. {each}") for each in everybody]
    assert len([each for each in said if each.startswith("UPDATE customers")]) == (3 if database.is_sqlite else 1)
