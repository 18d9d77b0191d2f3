"""The last look on real databases: whatever happens between claim and gate, it is seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from drip import config, db
from drip.engine.handoffs import hold
from drip.engine.people import suppress
from drip.engine.sending import pause, stop_all
from drip.models import customer
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageState
from drip.models.purchase import Purchase, PurchaseStatus
from drip.models.reasons import Reason
from tests import world
from tests.world import sending

KEY = b"a secret of the tests"
Stop = Callable[[Session, int], object]


def refund(session: Session, _: int) -> None:
    session.query(Purchase).update({"status": PurchaseStatus.refunded, "version": Purchase.version + 1})


def cancel_purchase(session: Session, _: int) -> None:
    session.query(Purchase).update({"status": PurchaseStatus.cancelled, "version": Purchase.version + 1})


def unsubscribe(session: Session, who: int) -> None:
    suppress.suppress(session, who, suppress.Stop(Reason.unsubscribed), KEY)


def bounce(session: Session, _: int) -> None:
    bounced = suppress.Stop(Reason.bounced, person=False, address=True, actor="drip")
    suppress.suppress_address(session, "ANA@buyers.example", bounced, KEY)


def erase(session: Session, who: int) -> None:
    session.get_one(Customer, who).erased_at = world.START
    customer.touch(session, [who])


def supersede(session: Session, _: int) -> None:
    session.query(Enrollment).update({"state": EnrollmentState.exited, "reason": Reason.superseded})


def hold_them(session: Session, who: int) -> None:
    hold.hold(session, who, hold.Cause(Reason.replied, until=world.START + timedelta(days=3)))


def pause_all(session: Session, _: int) -> None:
    stop_all.pause(session, "rita", "fire")


def pause_ride(session: Session, _: int) -> None:
    pause.pause_campaign(session, "ride", by="rita")


def rename_customer(session: Session, who: int) -> None:
    session.get_one(Customer, who).first_name = "Anna"
    customer.touch(session, [who])


def rename_product(session: Session, _: int) -> None:
    session.query(Purchase).update({"product_name": "Quay 4", "version": Purchase.version + 1})


def move_dates(session: Session, _: int) -> None:
    session.query(Enrollment).update({"version": Enrollment.version + 1})


ENDS = [
    (refund, Reason.refunded),
    (cancel_purchase, Reason.cancelled_purchase),
    (unsubscribe, Reason.unsubscribed),
    (bounce, Reason.bounced),
    (erase, Reason.erased),
    (supersede, Reason.superseded),
]
DELAYS = [
    (pause_all, Reason.system_paused),
    (pause_ride, Reason.campaign_paused),
    (rename_customer, Reason.changed),
    (rename_product, Reason.changed),
    (move_dates, Reason.changed),
]


@pytest.fixture
def desk(published_world: db.Database) -> db.Database:
    """Ana's `hello` is due now."""
    sending.buy(published_world)
    return published_world


def gate_after(desk: db.Database, settings: config.Settings, stop: Stop) -> Message:
    """Claim and write the letter, then the stop, then the gate."""
    drafts = sending.drafted(desk, settings)
    with desk.write() as session:
        stop(session, drafts[0].customer_id)
    assert sending.gated(desk, settings, drafts) == []
    return sending.message(desk)


@pytest.mark.parametrize(("stop", "reason"), ENDS)
def test_a_stop_before_the_gate_ends_message_and_enrollment(
    desk: db.Database, settings: config.Settings, stop: Stop, reason: Reason
) -> None:
    found = gate_after(desk, settings, stop)
    walk = sending.enrollment(desk)
    assert (found.state, found.reason, found.lease_token) == (MessageState.cancelled, reason, None)
    assert (walk.state, walk.reason, walk.next_due_at) == (EnrollmentState.exited, reason, None)
    assert sending.contact_days(desk) == {}


@pytest.mark.parametrize(("stop", "reason"), DELAYS)
def test_what_only_delays_puts_the_message_back_and_leaves_the_pointer(
    desk: db.Database, settings: config.Settings, stop: Stop, reason: Reason
) -> None:
    found = gate_after(desk, settings, stop)
    walk = sending.enrollment(desk)
    assert (found.state, found.reason, found.attempt) == (MessageState.queued, reason, 0)
    assert (walk.state, walk.next_step, walk.next_due_at) == (EnrollmentState.active, "hello", None)
    assert sending.contact_days(desk) == {}


def test_a_hold_puts_the_message_off_until_it_ends(desk: db.Database, settings: config.Settings) -> None:
    found = gate_after(desk, settings, hold_them)
    assert (found.state, found.reason) == (MessageState.queued, Reason.replied)
    assert found.due_at == world.START + timedelta(days=3)


def test_after_a_change_the_letter_is_written_anew(desk: db.Database, settings: config.Settings) -> None:
    gate_after(desk, settings, rename_customer)
    (handed,) = sending.gated(desk, settings)
    assert b"Hello Anna," in handed.content


def test_a_lapsed_lease_hands_nothing_and_changes_nothing(desk: db.Database, settings: config.Settings) -> None:
    drafts = sending.drafted(desk, settings)
    sending.lapse(desk)
    assert sending.gated(desk, settings, drafts) == []
    assert sending.message(desk).state is MessageState.claimed


def test_the_letters_of_an_older_lease_hand_nothing(desk: db.Database, settings: config.Settings) -> None:
    late = sending.drafted(desk, settings)
    sending.lapse(desk)
    fresh = sending.drafted(desk, settings)
    assert sending.gated(desk, settings, late) == []
    assert len(sending.gated(desk, settings, fresh)) == 1
    assert sending.gated(desk, settings, late + fresh) == []


def test_a_letter_with_another_fence_hands_nothing(desk: db.Database, settings: config.Settings) -> None:
    (draft,) = sending.drafted(desk, settings)
    assert sending.gated(desk, settings, [replace(draft, fence=draft.fence + 1)]) == []


def test_in_mode_off_nothing_is_handed(desk: db.Database, settings: config.Settings) -> None:
    off = replace(settings, mode=config.Mode.off)
    assert sending.gated(desk, off) == []
    assert (sending.message(desk).reason, sending.message(desk).detail) == (Reason.system_paused, "mode off")


def test_in_mode_allowlist_other_addresses_are_skipped(desk: db.Database, settings: config.Settings) -> None:
    assert sending.gated(desk, replace(settings, mode=config.Mode.allowlist)) == []
    assert (sending.message(desk).state, sending.message(desk).reason) == (MessageState.skipped, Reason.not_listed)
    assert sending.enrollment(desk).next_step == "promise"


def test_what_passes_is_handed_with_all_that_settling_and_answers_will_need(
    desk: db.Database, settings: config.Settings
) -> None:
    (handed,) = sending.gated(desk, settings)
    found = sending.message(desk)
    assert (found.state, found.attempt, found.lease_token) == (MessageState.handed, 1, None)
    assert (handed.message_id, handed.attempt) == (found.id, 1)
    assert found.handed_at is not None
    assert found.handed_real_at is not None
    assert abs(found.handed_at - world.START) < timedelta(minutes=1)
    assert abs(found.handed_real_at - sending.real_now(desk)) < timedelta(minutes=1)
    assert found.to_address == "ana@buyers.example"
    assert found.reply_token is not None
    assert found.reply_token.encode() in handed.content
    assert sending.contact_days(desk) == {"2026-09-01": 1}


def test_a_handed_message_is_not_handed_again(desk: db.Database, settings: config.Settings) -> None:
    drafts = sending.drafted(desk, settings)
    assert len(sending.gated(desk, settings, drafts)) == 1
    assert sending.gated(desk, settings, drafts) == []
    sending.lapse(desk)
    assert sending.gated(desk, settings) == []
