"""The oracle is not blind: each promise that it watches is broken once, and it says so."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from drip import config, db
from drip.models.enrollment import Enrollment
from drip.models.message import Delivery, Message, MessageState
from drip.models.reasons import Reason
from tests import world
from tests.faults import oracle, picture
from tests.world import sending


@pytest.fixture
def sent(published_world: db.Database, settings: config.Settings) -> db.Database:
    """Ana's `hello` has left and was accepted."""
    sending.buy(published_world)
    sending.sent(published_world, settings)
    return published_world


def line(database: db.Database, **changes: object) -> oracle.Line:
    """The provider's own word for Ana's mail."""
    facts = {"message_id": sending.message(database).id, "address": "ana@buyers.example",
             "accepted_at": datetime.now(UTC), "business_at": world.START, "zone": "America/New_York"}  # fmt: skip
    return oracle.Line(**facts | changes)  # type: ignore[arg-type]


def found(database: db.Database, *lines: oracle.Line) -> Sequence[str]:
    return oracle.breaches(database, lines)


def change(database: db.Database, **values: object) -> None:
    sending.change(database, Message, **values)


def test_a_mail_that_was_accepted_once_is_no_breach(sent: db.Database) -> None:
    assert found(sent, line(sent)) == []


def test_a_mail_that_was_accepted_twice_is_seen(sent: db.Database) -> None:
    assert any("was accepted 2 times" in each for each in found(sent, line(sent), line(sent)))


@pytest.mark.parametrize("state", ["queued", "cancelled", "skipped", "failed"])
def test_a_mail_that_the_provider_has_and_we_deny_is_seen(sent: db.Database, state: str) -> None:
    change(sent, state=MessageState(state), reason=Reason.manual)
    assert any(f"stands here as {state}" in each for each in found(sent, line(sent)))


def test_a_mail_that_nobody_knows_is_seen(sent: db.Database) -> None:
    assert any("unknown here" in each for each in found(sent, line(sent, message_id="0" * 26)))


def test_a_mail_in_doubt_although_its_event_has_come_is_seen(sent: db.Database) -> None:
    change(sent, state=MessageState.ambiguous, reason=Reason.no_answer)
    assert any("although its event has come" in each for each in found(sent, line(sent)))


@pytest.mark.parametrize("state", ["claimed", "handed", "queued"])
def test_a_mail_that_stays_under_way_is_seen(sent: db.Database, state: str) -> None:
    change(sent, state=MessageState(state))
    assert any(f"still stands as {state}" in each for each in found(sent))


def test_a_step_that_was_left_out_for_no_reason_is_seen(sent: db.Database) -> None:
    change(sent, state=MessageState.skipped)
    assert any("for no reason" in each for each in found(sent))


def test_an_enrollment_that_nobody_will_ever_look_at_is_seen(sent: db.Database) -> None:
    sending.change(sent, Enrollment, next_due_at=None)
    assert any("nobody will ever look at it" in each for each in found(sent, line(sent)))


def test_a_step_that_vanished_is_seen(sent: db.Database) -> None:
    sending.change(sent, Enrollment, next_step="year")
    assert any("went past promise without a word" in each for each in found(sent, line(sent)))


def test_two_check_ins_on_one_local_day_are_seen(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(campaign="care"))
    sending.sent(published_world, settings)
    world.set_clock(published_world, sending.TOMORROW)
    sending.sent(published_world, settings)
    one, other = (row.id for row in sending.messages(published_world))
    late = world.START + timedelta(hours=14)  # 23:00 in New York, the next day in UTC
    lines = [line_of(one, world.START), line_of(other, late)]
    assert oracle.breaches(published_world, lines) == ["ana@buyers.example got 2 check-ins on 2026-09-01"]
    lines = [line_of(one, world.START), line_of(other, sending.TOMORROW)]
    assert oracle.breaches(published_world, lines) == []


def line_of(message_id: str, business_at: datetime) -> oracle.Line:
    return oracle.Line(message_id, "ana@buyers.example", datetime.now(UTC), business_at, "America/New_York")


def test_a_story_that_ended_otherwise_is_told_apart_but_an_unknown_may_stand_for_what_became_of_a_mail(
    sent: db.Database,
) -> None:
    change(sent, delivery=Delivery.processed)
    before = picture.taken(sent)
    change(sent, state=MessageState.ambiguous, reason=Reason.no_answer, delivery=None)
    assert list(picture.differences(before, picture.taken(sent))) == []
    change(sent, state=MessageState.cancelled, reason=Reason.manual)
    assert len(list(picture.differences(before, picture.taken(sent)))) == 2
