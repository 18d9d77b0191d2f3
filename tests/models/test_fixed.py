<<<<<<< HEAD
"""Lists as one parameter: what the databases make of them."""

import pytest
from sqlalchemy import Connection, Select, event, select, text
=======
"""Lists as one parameter: found by the index, on both databases."""

import pytest
from sqlalchemy import and_, not_, or_, select, update
from sqlalchemy.orm import Session
>>>>>>> 51daa1a (models: On SQLite a list as one parameter is looked up by its index again, instead of reading the whole table.)

from drip import db
from drip.models import fixed
from drip.models.customer import Customer
<<<<<<< HEAD
from drip.models.message import Message
from tests import world

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


def test_what_is_not_in_a_list_is_found_too(database: db.Database) -> None:
    named = fixed.among(Customer.email, ["ana@buyers.example"])
    with database.write() as session:
        session.add(Customer(email="ben@buyers.example", created_at=world.START))
    with database.read() as session:
        assert session.scalars(select(Customer.email).where(~named)).all() == ["ben@buyers.example"]
        assert session.scalars(select(Customer.email).where(named)).all() == []


def _plan(connection: Connection, rows: Select[object]) -> str:
    """An empty table would be read whole on PostgreSQL, were that not forbidden."""
    word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET enable_seqscan = off"))

    def explained(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> tuple[str, object]:
        return f"{word} {statement}", parameters

    event.listen(connection, "before_cursor_execute", explained, retval=True)
    return "\n".join(str(row) for row in connection.execute(rows).all())
=======
from tests import world


def customers(session: Session) -> None:
    for number in range(3):
        session.add(Customer(email=f"c{number}@buyers.example", created_at=world.START))
    session.flush()


def test_a_list_is_looked_up_and_the_table_is_not_read_from_end_to_end(database: db.Database) -> None:
    of_a_list = select(Customer.id).where(fixed.among(Customer.email, ["c1@buyers.example"]))
    with database.read() as session:
        run = session.connection().exec_driver_sql
        asked = of_a_list.compile(session.get_bind())
        if database.is_sqlite:
            plan = str(run(f"EXPLAIN QUERY PLAN {asked}", ('["c1@buyers.example"]',)).all())
            assert "SEARCH customers USING" in plan, plan
        else:
            run("SET LOCAL enable_seqscan = off")  # the table is empty: nothing else would make the index worth it
            plan = str(run(f"EXPLAIN {asked}", {"param_1": ["c1@buyers.example"]}).all())
            assert "uq_customers_email" in plan, plan


@pytest.mark.parametrize("negated", [False, True])
def test_a_list_stands_alone_and_beside_other_conditions(database: db.Database, negated: bool) -> None:
    with database.write() as session:
        customers(session)
        known = fixed.among(Customer.email, ["c0@buyers.example", "c2@buyers.example"])
        alone = not_(known) if negated else known
        beside = or_(and_(alone, Customer.version == 1), and_(Customer.version == 2, alone))
        wanted = ["c1@buyers.example"] if negated else ["c0@buyers.example", "c2@buyers.example"]
        for condition in (alone, beside):
            assert session.scalars(select(Customer.email).where(condition).order_by(Customer.id)).all() == wanted
        session.execute(update(Customer).where(alone).values(first_name="Ana"))
        assert session.scalars(select(Customer.email).where(Customer.first_name == "Ana")).all() == wanted
>>>>>>> 51daa1a (models: On SQLite a list as one parameter is looked up by its index again, instead of reading the whole table.)
