"""A conversation that was put off comes back on its day, or earlier when the customer writes."""

import threading
from datetime import date, datetime

import pytest

from drip import db
from drip.engine.handoffs import hand_off
from drip.engine.sending import fast_forward
from drip.models import handoff
from drip.models.handoff import Absence, HandoffState
from drip.models.message import Message, MessageKind
from drip.models.purchase import Purchase
from tests import world
from tests.world import sending, talking

OTTO, RITA = talking.OTTO, talking.RITA


@pytest.fixture
def ana(published_world: db.Database) -> int:
    """Ana bought from Rita; her id."""
    sending.buy(published_world)
    sending.change(published_world, Purchase, rep_email=RITA)
    return sending.customer_id(published_world)


def put_off(database: db.Database, handoff_id: int, until: datetime) -> None:
    with database.write() as session:
        hand_off.snooze(session, handoff_id, until, RITA)


def woken(database: db.Database) -> int:
    with database.write() as session:
        return hand_off.wake(session)


def told(database: db.Database) -> list[tuple[str, str, str]]:
    """To whom, subject and text of the notices that something is back."""
    reps = {talking.rep(database, email).id: email for email in (RITA, OTTO)}
    notices = [row for row in talking.sent(database, MessageKind.notice) if "woken" in row.dedupe_key]
    return [(reps[row.rep_id or 0], *said(row)) for row in sorted(notices, key=lambda row: row.created_at)]


def said(row: Message) -> tuple[str, str]:
    return (str(row.letter["subject"]), str(row.letter["text"])) if row.letter else ("", "")


def test_a_snoozed_conversation_wakes_on_its_day_and_at_a_new_reply(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    with published_world.write() as session:
        hand_off.snooze(session, handoff_id, sending.day(3), RITA)
        assert hand_off.wake(session) == 0
    world.set_clock(published_world, sending.day(3))
    with published_world.write() as session:
        assert hand_off.wake(session) == 1
        hand_off.snooze(session, handoff_id, sending.day(5), RITA)
    talking.wrote(published_world, ana)
    assert talking.handoff(published_world, handoff_id).state is HandoffState.open


def test_a_conversation_that_somebody_holds_is_woken_the_next_time(published_world: db.Database, ana: int) -> None:
    world.only(published_world, "postgresql")  # on SQLite writers take turns
    handoff_id = talking.wrote(published_world, ana)
    with published_world.write() as session:
        hand_off.snooze(session, handoff_id, sending.day(1), RITA)
    world.set_clock(published_world, sending.day(2))
    with published_world.write() as holding:
        assert handoff.unclosed(holding, ana) is not None
        with published_world.write() as session:
            assert hand_off.wake(session) == 0
    with published_world.write() as session:
        assert hand_off.wake(session) == 1


def test_its_rep_is_told_why_it_is_back_and_how_long_who_has_waited(published_world: db.Database, ana: int) -> None:
    put_off(published_world, handoff_id := talking.wrote(published_world, ana), sending.day(3))
    world.set_clock(published_world, sending.day(3))
    assert woken(published_world) == 1
    [(who, subject, text)] = told(published_world)
    assert (who, subject) == (RITA, "Back again: Ana has a problem: The bell squeaks.")
    first, *_ = text.splitlines()
    assert first == (
        "It was put off until today and is open again. Ana has waited for an answer since Tue 1 Sep 2026 (2 days)."
    )
    assert f"/handoffs/{handoff_id}" in text


def test_it_is_told_once_for_each_waking(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    for day in (3, 5):
        put_off(published_world, handoff_id, sending.day(day))
        world.set_clock(published_world, sending.day(day))
        assert (woken(published_world), woken(published_world)) == (1, 0)
    assert len(told(published_world)) == 2


def test_schedulers_who_wake_at_once_tell_of_each_waking_once(published_world: db.Database, ana: int) -> None:
    put_off(published_world, talking.wrote(published_world, ana), sending.day(3))
    world.set_clock(published_world, sending.day(3))
    schedulers = [threading.Thread(target=woken, args=(published_world,)) for _ in range(4)]
    for each in schedulers:
        each.start()
    for each in schedulers:
        each.join()
    assert len(told(published_world)) == 1


def test_whoever_has_claimed_it_is_told(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    with published_world.write() as session:
        hand_off.claim(session, handoff_id, OTTO)
    put_off(published_world, handoff_id, sending.day(3))
    world.set_clock(published_world, sending.day(3))
    woken(published_world)
    assert [who for who, *_ in told(published_world)] == [OTTO]


def test_while_the_rep_is_away_the_deputy_is_told(published_world: db.Database, ana: int) -> None:
    put_off(published_world, talking.wrote(published_world, ana), sending.day(3))
    absent = {"rep_id": talking.rep(published_world).id, "deputy_id": talking.rep(published_world, OTTO).id}
    with published_world.write() as session:
        session.add(Absence(**absent, from_on=date(2026, 9, 3), until_on=date(2026, 9, 4)))
    world.set_clock(published_world, sending.day(3))
    woken(published_world)
    assert [who for who, *_ in told(published_world)] == [OTTO]


def test_after_an_answer_it_says_since_when_nothing_has_come(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    talking.answered(published_world, handoff_id)
    put_off(published_world, handoff_id, sending.day(3))
    world.set_clock(published_world, sending.day(3))
    woken(published_world)
    [(_, _, text)] = told(published_world)
    assert "Ana has not written since our answer of Tue 1 Sep 2026 (2 days)." in text


def test_fast_forward_stops_where_one_comes_back_and_its_rep_is_told_there(
    published_world: db.Database, ana: int
) -> None:
    handoff_id = talking.wrote(published_world, ana)
    put_off(published_world, handoff_id, sending.day(3))
    sending.change(published_world, Message, due_at=sending.day(30))
    with published_world.write() as session:
        assert fast_forward.step(session, sending.day(20)) == sending.day(3)
    assert talking.handoff(published_world, handoff_id).state is HandoffState.open
    assert len(told(published_world)) == 1
