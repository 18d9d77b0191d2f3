"""Many rows in one go, on both databases."""

from sqlalchemy import select

from drip import db
from drip.models import bulk
from drip.models.customer import Customer
from tests import world


def row(email: str) -> dict[str, object]:
    return {"email": email, "first_name": "", "last_name": "", "version": 1, "created_at": world.START}


def test_only_rows_that_were_not_there_count_as_new(database: db.Database) -> None:
    with database.write() as session:
        first = bulk.insert_told(session, Customer, [row("ana@buyers.example")], by=("email",))
        rows = [row("ana@buyers.example"), row("ben@buyers.example")]
        second = bulk.insert_told(session, Customer, rows, by=("email",))
        known = {(found.email,): found.id for found in session.execute(select(Customer.email, Customer.id))}
    assert (list(first), list(second)) == ([("ana@buyers.example",)], [("ben@buyers.example",)])
    assert first | second == known


def test_no_rows_are_no_statement(database: db.Database) -> None:
    with database.read() as session:
        assert bulk.insert_told(session, Customer, [], by=("email",)) == {}
        bulk.insert_new(session, Customer, [])
