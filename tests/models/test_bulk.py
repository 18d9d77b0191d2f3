"""Many rows in one go, on both databases."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import db
from drip.models import bulk
from drip.models.customer import Customer
from drip.models.delivery_event import DeliveryEvent
from tests import world

COLUMNS = ("email", "first_name", "last_name", "version", "created_at")


def rows(*emails: str, name: str = "") -> bulk.Rows:
    return bulk.listed(Customer, COLUMNS, [(email, name, "", 1, world.START) for email in emails])


def known(session: Session) -> dict[tuple[str, ...], int]:
    return {(found.email,): found.id for found in session.execute(select(Customer.email, Customer.id))}


def events(payload: dict[str, object], *keys: str) -> bulk.Rows:
    columns = ("event_key", "kind", "name", "permanent", "reason", "payload", "at", "received_at")
    told = [(key, "opened", "open", False, "", payload, world.START, world.START) for key in keys]
    return bulk.listed(DeliveryEvent, columns, told)


def test_only_rows_that_were_not_there_count_as_new(database: db.Database) -> None:
    with database.write() as session:
        first = bulk.insert_told(session, rows("ana@buyers.example"), by=("email",))
        second = bulk.insert_told(session, rows("ana@buyers.example", "ben@buyers.example"), by=("email",))
        there = known(session)
    assert (list(first), list(second)) == ([("ana@buyers.example",)], [("ben@buyers.example",)])
    assert first | second == there


def test_of_hundreds_of_rows_those_that_were_there_are_left_out_too(database: db.Database) -> None:
    many = [f"n{n}@buyers.example" for n in range(3 * bulk.FEW)]
    with database.write() as session:
        first = bulk.insert_told(session, rows(*many[bulk.FEW :]), by=("email",))
        second = bulk.insert_told(session, rows(*many), by=("email",))
        there = known(session)
    assert (len(first), len(second)) == (2 * bulk.FEW, bulk.FEW)
    assert first | second == there


def test_hundreds_of_rows_of_which_one_was_there_are_written_without_it(database: db.Database) -> None:
    many = [f"n{n}@buyers.example" for n in range(2 * bulk.FEW)]
    with database.write() as session:
        bulk.insert_new(session, rows(many[7], name="Ana"))
        bulk.insert_new(session, rows(*many))
        assert len(known(session)) == len(many)
        assert session.scalars(select(Customer.first_name).where(Customer.email == many[7])).one() == "Ana"


def test_rows_that_come_first_in_a_transaction_go_with_it(database: db.Database) -> None:
    def write_and_fail() -> None:
        with database.write() as session:
            bulk.insert_new(session, rows(*(f"n{n}@buyers.example" for n in range(2 * bulk.FEW))))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with database.read() as session:
        assert known(session) == {}


@pytest.mark.parametrize("odd", ["\\N", "a\\tb", "tab\tline\nreturn\r", "\\", "José", "'\";--"])
def test_hundreds_of_rows_keep_every_letter(database: db.Database, odd: str) -> None:
    """Also those that mean something in PostgreSQL's text format."""
    emails = [f"n{n}@buyers.example" for n in range(2 * bulk.FEW)]
    names = [odd if n % 7 == 0 else "Ana" for n in range(len(emails))]
    told = [(email, name, None, world.START) for email, name in zip(emails, names, strict=True)]
    with database.write() as session:
        columns = ("email", "first_name", "timezone", "created_at")
        plain = bulk.listed(Customer, (*columns, "last_name", "version"), [(*row, "", 1) for row in told])
        bulk.insert_new(session, plain)
        kept = session.execute(select(*(getattr(Customer, name) for name in columns)).order_by(Customer.id)).all()
    assert [tuple(row) for row in kept] == told


@pytest.mark.parametrize("many", [2, 2 * bulk.FEW])
def test_rows_keep_every_instant(database: db.Database, many: int) -> None:
    """Of whatever zone, with microseconds or without, and none at all."""
    odd = [None, datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 3, 29, 2, 30, 0, 7, ZoneInfo("Europe/Berlin")),
           datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York")), None,
           datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), world.START]  # fmt: skip
    erased = [odd[n % len(odd)] for n in range(many)]
    told = [(f"n{n}@buyers.example", "", "", 1, world.START, at) for n, at in enumerate(erased)]
    with database.write() as session:
        bulk.insert_new(session, bulk.listed(Customer, (*COLUMNS, "erased_at"), told))
        kept = session.execute(select(Customer.created_at, Customer.erased_at).order_by(Customer.id)).all()
    assert [row.erased_at for row in kept] == [at and at.astimezone(UTC) for at in erased]
    assert {row.created_at for row in kept} == {world.START}


def test_new_rows_are_counted_and_objects_are_kept_as_json(database: db.Database) -> None:
    told = {"response": "250 OK", "deep": [1, {"a": None}], "name": "José"}
    first, both = events(told, "e1"), events(told, "e1", "e2")
    with database.write() as session:
        assert bulk.insert_new(session, first, by_copy=False) == 1
        assert bulk.insert_new(session, both, by_copy=False) == 1
        assert session.scalars(select(DeliveryEvent.payload)).all() == [told, told]


def test_no_rows_are_no_statement(database: db.Database) -> None:
    with database.read() as session:
        assert bulk.insert_told(session, rows(), by=("email",)) == {}
        bulk.insert_new(session, rows())
