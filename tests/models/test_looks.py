"""What is asked all day long, and that it does not cost more where much has left."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from drip import db, tokens
from drip.engine.handoffs import hold
from drip.models import enrollment, inbound, outbox, system
from drip.models.inbound import InboundMail
from drip.models.message import MessageKind
from tests import world
from tests.world import sending

GONE = 3_000
_CLAIMED = """
INSERT INTO messages (id, kind, dedupe_key, state, lease_token, lease_until, detail, created_at, planned_at, due_at,
                      fence, attempt)
SELECT lpad(i::text, 26, '0'), 'check_in', 'gone ' || i, 'claimed', lpad((i / 300)::text, 26, '0'),
       now() - interval '1 day', '', now(), now(), now(), 1, 0
FROM generate_series(1, :many) AS i
"""
_LEFT = "UPDATE messages SET state = 'accepted', lease_token = NULL, lease_until = NULL"

_COPIES = (
    "ALTER TABLE enrollments SET (autovacuum_enabled = off)",
    f"""INSERT INTO purchases SELECT copy.* FROM generate_series(1, {GONE}) AS i, purchases,
    jsonb_populate_record(purchases, jsonb_build_object('id', purchases.id + i, 'external_id', i::text)) AS copy""",
    f"""INSERT INTO enrollments SELECT copy.* FROM generate_series(1, {GONE}) AS i, enrollments AS one,
    jsonb_populate_record(one, jsonb_build_object('id', one.id + i, 'purchase_id', one.purchase_id + i,
        'exclusive', false, 'planned_at', now() + interval '9 years',
        'next_due_at', now() + interval '9 years')) AS copy""",
)
_COME = "UPDATE enrollments SET planned_at = '2026-09-01', next_due_at = '2026-09-01'"


def claimable(session: Session) -> object:
    return outbox.claimable(session, system.now(session), (MessageKind.check_in,), 100)


def claimed_count(session: Session) -> object:
    return outbox.claimed_count(session, system.now(session).real_at)


def unclaim(session: Session) -> object:
    return outbox.unclaim(session, system.now(session).real_at)


def mail_for_people(session: Session) -> object:
    return session.scalars(select(InboundMail.id).where(inbound.for_people())).all()


def past_holds(session: Session) -> object:
    return hold.seconds_held(session, 1, world.START, sending.TOMORROW)


def due(session: Session) -> object:
    return enrollment.due(session, 1, sending.TOMORROW, 100)


def next_due_after(session: Session) -> object:
    return enrollment.next_due_after(session, sending.TOMORROW)


Look = Callable[[Session], object]
OF_MESSAGES: list[Look] = [claimable, claimed_count, unclaim]
OF_ENROLLMENTS: list[Look] = [due, next_due_after]
BIG = ("messages", "enrollments", "inbound_mails", "holds")


@pytest.mark.parametrize("look", OF_MESSAGES)
def test_a_look_does_not_visit_all_that_has_left(look: Look, published_world: db.Database) -> None:
    """PostgreSQL keeps the entries of rows that have moved on until it vacuums; the first look puts a mark at each."""
    world.only(published_world, "postgresql")
    with published_world.write() as session:
        session.execute(text(_CLAIMED), {"many": GONE})
    with published_world.write() as session:
        session.execute(text(_LEFT))
    told = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
    for plans in (explained(published_world, look, told), explained(published_world, look, told)):
        top = [plan[0]["Plan"] for ((plan,),) in plans]
        pages = sum(each["Shared Hit Blocks"] + each["Shared Read Blocks"] for each in top)
    with published_world.read() as session:
        assert pages < int(session.scalar(text("SELECT pg_relation_size('messages') / 8192")) or 0) / 4


def test_a_claim_looks_up_what_it_takes_and_does_not_read_all_that_is_due(published_world: db.Database) -> None:
    """PostgreSQL takes what has just fallen due for little until it counts anew, and would read all of it."""
    world.only(published_world, "postgresql")
    (walk,) = sending.buy(published_world)
    for statement in (*_COPIES, "ANALYZE enrollments", _COME):
        with published_world.write() as session:
            session.execute(text(statement))
    new = {walk.id + index: tokens.new_id() for index in range(200)}

    def claim(session: Session) -> object:
        return outbox.claim_steps(session, new, sending.TOMORROW, "lease", sending.TOMORROW)

    assert "ix_enrollments_due" not in str(explained(published_world, claim, "EXPLAIN"))


@pytest.mark.parametrize(
    "look",
    [*OF_MESSAGES, *OF_ENROLLMENTS, inbound.waiting, inbound.any_stored, mail_for_people, past_holds],
)
def test_a_look_reads_an_index_that_holds_no_more_than_what_waits(look: Look, published_world: db.Database) -> None:
    world.only(published_world, "sqlite")
    plans = explained(published_world, look, "EXPLAIN QUERY PLAN")
    through = [row[3] for plan in plans for row in plan if row[3].partition(" ")[2].startswith(BIG)]
    assert through
    assert all(" USING INDEX ix_" in said or "(id=?)" in said for said in through)


def explained(database: db.Database, look: Look, how: str) -> list[list[Any]]:
    """How the database goes about what this look asks."""
    asked: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, said: str, values: Any, *_rest: object) -> None:
        asked.append((said, values))

    event.listen(database.engine, "before_cursor_execute", hear)
    with database.write() as session:
        look(session)
        event.remove(database.engine, "before_cursor_execute", hear)
        run = session.connection().exec_driver_sql
        return [list(run(f"{how} {said}", values)) for said, values in asked]


def test_put_off_messages_and_lapsed_claims_are_claimable_and_others_not(published_world: db.Database) -> None:
    sending.buy(published_world)
    sending.claim(published_world, lease_seconds=-1)
    with published_world.read() as session:
        (lapsed,) = outbox.claimable(session, system.now(session), (MessageKind.check_in,), 100)
        assert lapsed.id == sending.message(published_world).id
        assert outbox.claimable(session, system.now(session), (MessageKind.notice,), 100) == []
