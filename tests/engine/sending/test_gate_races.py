"""Stop and gate at the same moment: one comes wholly before the other, on really concurrent connections."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from drip import config, db
from drip.engine.handoffs import hold
from drip.engine.people import suppress
from drip.engine.sending import draft as drafting
from drip.engine.sending import gate, pause, stop_all
from drip.models.enrollment import EnrollmentState
from drip.models.message import MessageState
from drip.models.reasons import Reason
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.world import sending

KEY = b"a secret of the tests"
Stop = Callable[[Session, int], object]
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def unsubscribe(session: Session, who: int) -> None:
    suppress.suppress(session, who, suppress.Stop(Reason.unsubscribed), KEY)


def hold_them(session: Session, who: int) -> None:
    hold.hold(session, who, hold.Cause(Reason.replied))


def pause_ride(session: Session, _: int) -> None:
    pause.pause_campaign(session, "ride", by="rita")


def pause_all(session: Session, _: int) -> None:
    stop_all.pause(session, "rita", "fire")


STOPS = [
    (unsubscribe, MessageState.cancelled, Reason.unsubscribed),
    (hold_them, MessageState.queued, Reason.replied),
    (pause_ride, MessageState.queued, Reason.campaign_paused),
    (pause_all, MessageState.queued, Reason.system_paused),
]


@pytest.fixture
def draft(published_world: db.Database, settings: config.Settings) -> drafting.Draft:
    """Ana's `hello`, claimed and written."""
    sending.buy(published_world)
    (draft,) = sending.drafted(published_world, settings)
    return draft


def wait_until_blocked(database: db.Database, other: Future[object]) -> None:
    """Until the other transaction waits for ours; on SQLite it stands in line for the file, where nobody can look."""
    blocked = 0
    while not blocked and not database.is_sqlite:
        assert not other.done(), "it did not wait"
        with database.read() as session:
            blocked = session.scalar(WAITING) or 0


def in_order(database: db.Database, first: Callable[[Session], object], second: Callable[[Session], object]) -> object:
    """Begins `second` while `first` has done its work and not committed yet; the result of `second`."""

    def later() -> object:
        with database.write() as session:
            return second(session)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            first(session)
            other = pool.submit(later)
            wait_until_blocked(database, other)
        return other.result(20)


@pytest.mark.parametrize(("stop", "state", "reason"), STOPS)
def test_a_gate_that_waits_for_a_stop_sees_it(
    published_world: db.Database,
    settings: config.Settings,
    draft: drafting.Draft,
    stop: Stop,
    state: MessageState,
    reason: Reason,
) -> None:
    handed = in_order(
        published_world,
        lambda session: stop(session, draft.customer_id),
        lambda session: gate.gate(session, settings, [draft]),
    )
    found = sending.message(published_world)
    assert (handed, found.state, found.reason) == ([], state, reason)


@pytest.mark.parametrize("stop", [row[0] for row in STOPS])
def test_a_stop_that_waits_for_a_gate_comes_after_it(
    published_world: db.Database, settings: config.Settings, draft: drafting.Draft, stop: Stop
) -> None:
    """Crossed in the post: this mail leaves, and it is the last one."""
    in_order(
        published_world,
        lambda session: gate.gate(session, settings, [draft]),
        lambda session: stop(session, draft.customer_id),
    )
    assert sending.message(published_world).state is MessageState.handed
    world.set_clock(published_world, sending.day(7))
    assert sending.claim(published_world) is None


def test_an_answer_that_comes_back_after_a_stop_does_not_undo_it(
    published_world: db.Database, settings: config.Settings, draft: drafting.Draft
) -> None:
    handed = sending.gated(published_world, settings, [draft])
    with published_world.write() as session:
        unsubscribe(session, draft.customer_id)
    sending.settled(published_world, handed, Outcome(Result.stale))
    assert sending.enrollment(published_world).state is EnrollmentState.exited
    assert sending.gated(published_world, settings) == []
    assert sending.message(published_world).state is MessageState.cancelled


def test_two_campaigns_at_the_gate_at_once_hand_one_check_in(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(campaign="care"))
    batches = [sending.drafted(published_world, settings) for _ in range(2)]
    start = threading.Barrier(2)

    def gated(drafts: list[drafting.Draft]) -> int:
        start.wait()
        return len(sending.gated(published_world, settings, drafts))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(gated, batches)) == [0, 1]
    states = sorted(row.state for row in sending.messages(published_world))
    assert states == [MessageState.handed, MessageState.queued]


def test_many_hands_at_once_send_each_check_in_once(published_world: db.Database, settings: config.Settings) -> None:
    """Claims, gates, answers and put-backs of four workers at once: no deadlock, nobody missed, nobody twice."""
    people = (f"buyer{index}@buyers.example" for index in range(16))
    sending.buy(published_world, *(world.Bought(email=email) for email in people))

    def work(_: int) -> list[str]:
        accepted: list[str] = []
        for outcome in (Outcome(Result.stale), sending.ACCEPTED) * 3:
            handed = sending.gated(published_world, settings, sending.drafted(published_world, settings, limit=5))
            sending.settled(published_world, handed, outcome)
            accepted += [each.message_id for each in handed if outcome is sending.ACCEPTED]
        return accepted

    with ThreadPoolExecutor(4) as pool:
        accepted = [message_id for found in pool.map(work, range(4)) for message_id in found]
    accepted += [each.message_id for each in sending.sent(published_world, settings)]
    assert sorted(accepted) == sorted(row.id for row in sending.messages(published_world))
    assert {row.state for row in sending.messages(published_world)} == {MessageState.accepted}
    assert sending.contact_days(published_world) == {"2026-09-01": 16}
