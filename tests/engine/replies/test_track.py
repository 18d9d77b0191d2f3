"""What an event makes of the message that it speaks of."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from drip import config, db
from drip.engine.sending import fast_forward, reconcile
from drip.models.audit import AuditEntry
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Delivery, Message, MessageState
from drip.models.reasons import Reason
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.engine.replies import telling
from tests.engine.replies.telling import event, tell
from tests.world import sending

ANY_KIND = ["processed", "deferred", "delivered", "dropped", "open", "click", "spamreport", "unheard-of"]


@pytest.fixture
def handed(published_world: db.Database, settings: config.Settings) -> str:
    """Ana's `hello` has passed the gate; its id."""
    sending.buy(published_world)
    return sending.gated(published_world, settings)[0].message_id


def put_back(database: db.Database, message_id: str) -> None:
    """We believe that it never left."""
    (row,) = [each for each in sending.messages(database) if each.id == message_id]
    outcome = Outcome(Result.unreachable, detail="ClientConnectorError")
    with database.write() as session:
        sending.settle.settle(session, [sending.settle.Settlement(message_id, row.attempt, outcome)])


def alarms(database: db.Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.act == "arrived after all"))
        return [(row.actor, row.subject, row.detail) for row in rows]


@pytest.mark.parametrize("name", ANY_KIND)
def test_any_event_of_a_mail_in_doubt_proves_that_it_left(published_world: db.Database, handed: str, name: str) -> None:
    doubt = {"state": MessageState.ambiguous, "reason": Reason.no_answer, "detail": "TimeoutError"}
    sending.change(published_world, Message, **doubt)
    tell(published_world, event(name, handed, sg_message_id="AbC.recvd-1-2.0"))
    found = sending.message(published_world)
    assert (found.state, found.reason, found.provider_id) == (MessageState.accepted, None, "AbC")
    assert found.settled_at is not None
    with published_world.read() as session:
        assert reconcile.unknowns(session) == []
    assert alarms(published_world) == []


def test_an_event_may_be_faster_than_the_answer(published_world: db.Database, handed: str) -> None:
    tell(published_world, event("delivered", handed))
    with published_world.write() as session:
        late = Outcome(Result.ambiguous, detail="TimeoutError")
        sending.settle.settle(session, [sending.settle.Settlement(handed, 1, late)])
    found = sending.message(published_world)
    assert (found.state, found.delivery, found.reason) == (MessageState.accepted, Delivery.delivered, None)


@pytest.mark.parametrize("state", [MessageState.failed, MessageState.presumed_lost])
def test_a_mail_that_was_given_up_and_arrived_is_accepted_with_an_alarm(
    published_world: db.Database, handed: str, state: MessageState
) -> None:
    sending.change(published_world, Message, state=state, reason=Reason.refused)
    for _ in range(2):
        tell(published_world, event("delivered", handed))
    found = sending.message(published_world)
    assert (found.state, found.delivery, found.reason) == (MessageState.accepted, Delivery.delivered, None)
    assert alarms(published_world) == [("provider", f"message:{handed}", f"It was {state}.")]


@pytest.mark.parametrize("claimed", [False, True])
def test_a_mail_that_was_put_back_and_had_left_is_not_sent_again(
    published_world: db.Database, settings: config.Settings, handed: str, claimed: bool
) -> None:
    put_back(published_world, handed)
    sending.change(published_world, sending.Breaker, state="closed", retry_at=None)
    world.set_clock(published_world, world.START + timedelta(minutes=1))
    drafts = sending.drafted(published_world, settings) if claimed else []
    tell(published_world, event("processed", handed))
    assert sending.gated(published_world, settings, drafts) == []
    assert sending.gated(published_world, settings) == []
    found, walk = sending.message(published_world), sending.enrollment(published_world)
    assert (found.state, found.lease_token) == (MessageState.accepted, None)
    assert (walk.next_step, walk.next_due_at is not None) == ("promise", True)
    assert sending.contact_days(published_world) == {"2026-09-01": 1}
    assert len(alarms(published_world)) == 1


def test_a_pointer_that_has_moved_on_stays_where_it_is(published_world: db.Database, handed: str) -> None:
    put_back(published_world, handed)
    sending.change(published_world, Enrollment, next_step="year")
    tell(published_world, event("processed", handed))
    assert sending.enrollment(published_world).next_step == "year"


def test_the_last_step_that_had_left_completes_its_enrollment(published_world: db.Database, handed: str) -> None:
    put_back(published_world, handed)
    sending.change(published_world, Enrollment, next_step="year")
    sending.change(published_world, Message, step="year")
    tell(published_world, event("processed", handed))
    assert sending.enrollment(published_world).state is EnrollmentState.completed


@pytest.mark.parametrize("state", [MessageState.skipped, MessageState.cancelled])
def test_what_never_left_stays_as_it_is(published_world: db.Database, handed: str, state: MessageState) -> None:
    never = {"state": state, "attempt": 0, "reason": Reason.refunded}
    sending.change(published_world, Message, **never)
    tell(published_world, event("delivered", handed))
    found = sending.message(published_world)
    assert (found.state, found.reason, found.delivery) == (state, Reason.refunded, None)


def test_what_was_put_back_then_cancelled_and_had_left_is_told_as_it_was(
    published_world: db.Database, handed: str
) -> None:
    put_back(published_world, handed)
    sending.change(published_world, Message, state=MessageState.cancelled, reason=Reason.refunded)
    tell(published_world, event("delivered", handed))
    found = sending.message(published_world)
    assert (found.state, found.delivery, found.reason) == (MessageState.accepted, Delivery.delivered, None)
    assert sending.contact_days(published_world) == {"2026-09-01": 1}


def test_the_way_of_a_mail_is_told_by_the_strongest_word(published_world: db.Database, handed: str) -> None:
    told = []
    for name in ("processed", "deferred", "delivered", "dropped", "bounce", "spamreport"):
        tell(published_world, event(name, handed))
        tell(published_world, event("processed", handed, at=sending.day(9)))
        told.append(sending.message(published_world).delivery)
    assert told == ["processed", "deferred", "delivered", "dropped", "bounced", "complained"]


def test_why_it_came_back_is_kept_for_people_to_read(published_world: db.Database, handed: str) -> None:
    tell(published_world, event("deferred", handed, response="450 busy"))
    assert sending.message(published_world).detail == "450 busy"
    tell(published_world, event("delivered", handed, response="250 OK"))
    assert sending.message(published_world).detail == ""
    tell(published_world, event("bounce", handed, **telling.GONE))
    assert sending.message(published_world).detail == "550 no such mailbox"


def test_openings_and_clicks_are_only_kept_and_a_machines_apart(published_world: db.Database, handed: str) -> None:
    told = (event("open", handed), event("open", handed, sg_machine_open=True), event("click", handed), event("what"))
    tell(published_world, *told)
    assert sending.message(published_world).delivery is None
    assert sorted(row.kind for row in telling.kept(published_world)) == [
        "clicked",
        "machine_opened",
        "opened",
        "unknown",
    ]


def test_the_same_event_is_kept_once_and_applied_once(published_world: db.Database, handed: str) -> None:
    told = event("delivered", handed)
    assert telling.store(published_world, told, told) == 1
    assert telling.store(published_world, told) == 0
    assert (telling.apply(published_world), telling.apply(published_world)) == (1, 0)
    assert telling.store(published_world, told) == 0
    assert telling.apply(published_world) == 0


def test_events_of_mails_that_are_not_ours_are_kept_and_change_nothing(published_world: db.Database) -> None:
    sending.buy(published_world)
    with sending.writes(published_world) as written:
        tell(published_world, event("delivered", "0" * 26), event("processed"), event("open", email="who@else.example"))
    assert [row.applied_at is not None for row in telling.kept(published_world)] == [True] * 3
    assert not [statement for statement in written if " messages " in statement or " enrollments " in statement]


def test_many_events_are_applied_in_portions(published_world: db.Database, handed: str) -> None:
    telling.store(published_world, *(event("open", handed) for _ in range(25)))
    assert [telling.apply(published_world, 10) for _ in range(4)] == [10, 10, 5, 0]


def test_business_time_does_not_jump_while_an_event_waits(published_world: db.Database, handed: str) -> None:
    sending.change(published_world, Message, state=MessageState.accepted)
    telling.store(published_world, event("delivered", handed))
    for expected in (None, sending.day(2)):
        with published_world.write() as session:
            assert fast_forward.step(session, sending.day(2)) == expected
        telling.apply(published_world)
