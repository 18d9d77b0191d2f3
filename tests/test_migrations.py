"""Migrations lead where the models say, and back again, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, exc, inspect

from drip import db, models, revision, schema
from drip.models.enrollment import Enrollment
from tests import world
from tests.world import sending


@contextmanager
def connected(database: db.Database) -> Iterator[tuple[Connection, Config]]:
    settings = Config(str(schema.ROOT / "alembic.ini"))
    with database.engine.connect() as connection:
        settings.attributes["connection"] = connection
        yield connection, settings
        connection.commit()


def tables(database: db.Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_the_schema_goes_down_to_nothing_and_up_again(database: db.Database) -> None:
    before = tables(database)
    with connected(database) as (_, settings):
        command.downgrade(settings, "base")
    assert tables(database) == set()
    assert not schema.is_current(database)
    schema.upgrade(database)
    assert tables(database) == before
    assert schema.is_current(database)


def test_a_process_knows_the_newest_migration_by_itself(database: db.Database) -> None:
    with database.read() as session:
        assert revision.of(session) == revision.OURS
    assert schema.is_current(database)


def test_the_migrations_make_what_the_models_describe(database: db.Database) -> None:
    with connected(database) as (connection, _):
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, models.Base.metadata) == []


def test_an_older_house_loses_the_keys_that_checked_copies(database: db.Database) -> None:
    older = ["CREATE INDEX ix_messages_enrollment_id ON messages (enrollment_id)"]
    if not database.is_sqlite:  # which would have to write the whole table anew
        keys = (("enrollments", "campaign"), ("enrollments", "customer"), ("messages", "customer"))
        for table, whose in keys:
            key = f"CONSTRAINT fk_{table}_{whose}_id FOREIGN KEY ({whose}_id) REFERENCES {whose}s (id)"
            older.append(f"ALTER TABLE {table} ADD {key}")
        key = "CONSTRAINT uq_purchases_source_external_id UNIQUE (source, external_id)"
        older.append(f"ALTER TABLE purchases DROP CONSTRAINT uq_purchases_external_id_source, ADD {key}")
    with connected(database) as (connection, settings):
        command.downgrade(settings, "20261130_fewer_keys")
        for statement in older:
            connection.exec_driver_sql(statement)
        command.upgrade(settings, "head")
        assert compare_metadata(MigrationContext.configure(connection), models.Base.metadata) == []


def test_upgrading_twice_changes_nothing(database: db.Database) -> None:
    before = tables(database)
    schema.upgrade(database)
    assert tables(database) == before


@pytest.mark.parametrize("table", ["system", "breaker", "home"])
def test_a_new_database_has_its_one_row_of(table: str, database: db.Database) -> None:
    with database.read() as session:
        rows = session.connection().exec_driver_sql(f"SELECT id FROM {table}").all()
    assert [row[0] for row in rows] == [1]


def test_an_older_house_keeps_who_sold_what(database: db.Database) -> None:
    with connected(database) as (connection, settings):
        command.downgrade(settings, "20261130_tidy_queues")
        for statement in OLDER_SALE:
            connection.exec_driver_sql(statement)
        command.upgrade(settings, "head")
        sold_by = connection.exec_driver_sql("SELECT rep_email FROM purchases ORDER BY id").scalars().all()
    assert sold_by == ["rita@quay.example", "otto@quay.example"]


def test_an_older_house_claims_what_is_due_and_nothing_that_is_under_way(published_world: db.Database) -> None:
    waiting, under_way = sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    sending.change(published_world, Enrollment, Enrollment.id == under_way.id, next_due_at=None)
    with connected(published_world) as (_, settings):
        command.downgrade(settings, "20261130_sellers")
        command.upgrade(settings, "head")
    assert {walk.id: walk.put_off for walk in sending.enrollments(published_world)} == {
        waiting.id: False,
        under_way.id: True,
    }
    sending.claim(published_world)
    assert [row.enrollment_id for row in sending.messages(published_world)] == [waiting.id]


def test_a_step_that_an_older_program_left_put_off_is_found_again_and_no_other_is_left_so(
    published_world: db.Database,
) -> None:
    (walk,) = sending.buy(published_world)
    with connected(published_world) as (connection, settings):
        command.downgrade(settings, "20261130_claims_in_place")
        connection.exec_driver_sql("UPDATE enrollments SET put_off = true")
        command.upgrade(settings, "head")
    assert sending.claim(published_world) is not None
    with pytest.raises(exc.IntegrityError):
        sending.change(published_world, Enrollment, Enrollment.id == walk.id, put_off=True, next_due_at=sending.day(7))


OLDER_SALE = (
    "ALTER TABLE purchases ADD COLUMN rep_id BIGINT REFERENCES reps (id)",
    "INSERT INTO reps (id, email, name, timezone, position) VALUES (7, 'rita@quay.example', 'Rita', 'UTC', 0)",
    "INSERT INTO customers (id, email, first_name, last_name, version, created_at) "
    "VALUES (1, 'ana@buyers.example', '', '', 1, '2026-09-01 09:00:00')",
    "INSERT INTO purchases (id, source, external_id, customer_id, rep_id, rep_email, status, status_at, purchased_at, "
    "product_name, version, created_at, updated_at) VALUES "
    "(1, 'shop', 'A1', 1, 7, NULL, 'paid', '2026-09-01 09:00:00', '2026-09-01 09:00:00', 'Kayak', 1, "
    "'2026-09-01 09:00:00', '2026-09-01 09:00:00'), "
    "(2, 'shop', 'A2', 1, 7, 'otto@quay.example', 'paid', '2026-09-01 09:00:00', '2026-09-01 09:00:00', 'Kayak', 1, "
    "'2026-09-01 09:00:00', '2026-09-01 09:00:00')",
)
