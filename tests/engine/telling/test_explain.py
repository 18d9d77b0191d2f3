"""Why a step was sent or not: for every state and reason, one sentence."""

import itertools
from datetime import date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from drip import db, tokens
from drip.engine.handoffs import hold
from drip.engine.people import suppress
from drip.engine.sending import stop_all
from drip.engine.telling import explain, life, sentences
from drip.models.campaign import Campaign, CampaignState
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Delivery, Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.system import Breaker, BreakerState
from tests import world

KEY = b"a secret of the tests"
NEW_YORK = ZoneInfo("America/New_York")
AT = datetime(2026, 9, 1, 13, tzinfo=ZoneInfo("UTC"))


@pytest.mark.parametrize("state", [*MessageState])
def test_every_state_with_every_reason_and_delivery_has_a_sentence(state: MessageState) -> None:
    for reason, delivery in itertools.product([None, *Reason], [None, *Delivery]):
        message = Message(
            state=state, reason=reason, delivery=delivery, planned_at=AT, due_at=AT, handed_at=AT, detail=""
        )
        said = sentences.of_message(message, NEW_YORK)
        assert said.endswith("."), (reason, delivery)
        assert "None" not in said, (reason, delivery)
        assert "{" not in said, (reason, delivery)


@pytest.mark.parametrize("reason", [*Reason])
def test_every_reason_is_a_clause_that_fits_after_because(reason: Reason) -> None:
    clause = sentences.because(reason)
    assert clause[0].islower()
    assert not clause.endswith(".")


def test_whose_zone_it_is_has_words_for_every_case() -> None:
    whose = get_args(sentences.Place.__annotations__["whose"])
    assert set(sentences.WHOSE_ZONE) == set(whose)


def test_a_date_is_told_with_where_it_comes_from() -> None:
    place = sentences.Place(5, date(2026, 8, 31), "delivered_at", NEW_YORK, "customer")
    said = sentences.planned(datetime(2026, 9, 8, 13, tzinfo=ZoneInfo("UTC")), place)
    assert said == (
        "Planned for Tue 8 Sep 2026, 09:00 EDT: day 5 after the handover on Mon 31 Aug 2026, moved on by 3 days to a "
        "day on which we write, in the customer's own time zone (America/New_York)."
    )


def test_a_zone_without_a_word_is_told_by_its_offset() -> None:
    message = Message(state=MessageState.accepted, handed_at=AT, detail="")
    assert "18:45 UTC+05:45" in sentences.of_message(message, ZoneInfo("Asia/Kathmandu"))


def test_a_step_to_come_is_planned_and_one_whose_condition_does_not_hold_would_be_skipped(
    published_world: db.Database,
) -> None:
    told = _told(published_world)
    assert (told["hello"].state, told["hello"].reason) == ("planned", None)
    assert told["hello"].planned_at == world.START
    assert (told["promise"].state, told["promise"].reason) == ("planned", Reason.condition_false)
    assert told["promise"].sentence.endswith(
        "as things stand it will be skipped, because it goes out only if a promise is still open."
    )


def test_an_open_promise_makes_its_step_planned(published_world: db.Database) -> None:
    told = _told(published_world, world.Bought(promises=("a bell",)))
    assert told["promise"].reason is None


def test_a_step_whose_time_has_come_is_due(published_world: db.Database) -> None:
    world.set_clock(published_world, world.START + timedelta(minutes=5))
    with published_world.write() as session:
        row = world.bought(session)
        row.planned_at = row.next_due_at = world.START
    assert _tell(published_world)["hello"].sentence.startswith("Due since Tue 1 Sep 2026, 09:00 EDT")


def test_a_step_before_the_first_one_was_never_sent_and_has_no_row(published_world: db.Database) -> None:
    told = _told(published_world, world.Bought(anchor_at=world.START - timedelta(days=3)))
    assert (told["hello"].state, told["hello"].reason) == ("skipped", Reason.before_first_step)
    assert "had gone by when the purchase came in" in told["hello"].sentence
    assert told["hello"].message_id is None


def test_a_purchase_so_old_that_nothing_is_left_tells_so_for_every_step(published_world: db.Database) -> None:
    told = _told(published_world, world.Bought(anchor_at=world.START - timedelta(days=500)))
    assert {each.reason for each in told.values() if each.enrollment_id} == {Reason.before_first_step}


def test_a_hold_keeps_back_what_falls_into_it_and_nothing_after_it(published_world: db.Database) -> None:
    with published_world.write() as session:
        row = world.bought(session, world.Bought(promises=("a bell",)))
        until = world.START + timedelta(days=3)
        hold.hold(session, row.customer_id, hold.Cause(Reason.cool_off, until=until))
    told = _tell(published_world)
    assert told["hello"].reason is Reason.cool_off
    assert "held back until Fri 4 Sep 2026" in told["hello"].sentence
    assert told["promise"].reason is None


def test_a_paused_campaign_a_paused_system_and_a_suppression_are_each_the_reason(published_world: db.Database) -> None:
    customer_id = 0
    with published_world.write() as session:
        customer_id = world.bought(session).customer_id
        session.query(Campaign).filter_by(name="ride").one().state = CampaignState.paused
    assert _tell(published_world)["hello"].reason is Reason.campaign_paused
    with published_world.write() as session:
        stop_all.pause(session, "tests", "")
    assert _tell(published_world)["hello"].reason is Reason.system_paused
    with published_world.write() as session:
        suppress.suppress(session, customer_id, suppress.Stop(Reason.unsubscribed), KEY)
    told = _tell(published_world)
    assert (told["hello"].state, told["hello"].reason) == ("cancelled", Reason.unsubscribed)


def test_an_open_breaker_matters_only_to_what_is_due(published_world: db.Database) -> None:
    world.set_clock(published_world, world.START + timedelta(minutes=5))
    with published_world.write() as session:
        row = world.bought(session, world.Bought(promises=("a bell",)))
        row.planned_at = row.next_due_at = world.START
        session.get_one(Breaker, 1).state = BreakerState.open
    told = _tell(published_world)
    assert told["hello"].reason is Reason.provider_down
    assert told["promise"].reason is None


@pytest.mark.parametrize("reason", [Reason.refunded, Reason.superseded, Reason.unsubscribed])
def test_what_an_ended_enrollment_did_not_live_to_see_tells_why(published_world: db.Database, reason: Reason) -> None:
    with published_world.write() as session:
        row = world.bought(session)
        row.state, row.reason, row.next_due_at = EnrollmentState.exited, reason, None
    told = _tell(published_world)
    assert (told["year"].state, told["year"].reason) == ("cancelled", reason)


def test_a_step_that_was_sent_is_told_from_its_message(published_world: db.Database) -> None:
    with published_world.write() as session:
        row = world.bought(session)
        session.add(_sent(row, session.get_one(Customer, row.customer_id)))
        row.next_step, row.planned_at, row.next_due_at = "promise", AT + timedelta(days=4), AT + timedelta(days=4)
    told = _tell(published_world)["hello"]
    assert (told.state, told.sentence) == ("accepted", "Sent on Tue 1 Sep 2026, 09:00 EDT and delivered.")
    assert told.handed_at == AT


def test_a_campaign_that_is_not_for_this_purchase_says_what_it_is_for(published_world: db.Database) -> None:
    told = _told(published_world)["fit"]
    assert told.state == explain.NOT_ENROLLED
    assert "“Care for what you wear” is for purchases where the category is helmet" in told.sentence


def test_a_customer_whose_zone_is_not_known_is_told_whose_zone_we_take(published_world: db.Database) -> None:
    assert (
        "only time zone of the customer's country"
        in _told(published_world, world.Bought(timezone=None, country="NP"))["year"].sentence
    )


def test_the_companys_zone_stands_in_for_a_country_with_several(published_world: db.Database) -> None:
    assert "the company's time zone" in _told(published_world, world.Bought(timezone=None))["year"].sentence


def _told(database: db.Database, wanted: world.Bought | None = None) -> dict[str, explain.Told]:
    with database.write() as session:
        world.bought(session, wanted)
    return _tell(database)


def _tell(database: db.Database) -> dict[str, explain.Told]:
    with database.read() as session:
        customer = session.query(Customer).one()
        return {told.step: told for told in life.of(session, customer, KEY).steps()}


def _sent(row: Enrollment, customer: Customer) -> Message:
    return Message(
        id=tokens.new_id(), kind=MessageKind.check_in, dedupe_key=f"check_in:{row.id}:hello", customer_id=customer.id,
        enrollment_id=row.id, campaign_id=row.campaign_id, version_id=row.version_id, step="hello", detail="",
        state=MessageState.accepted, delivery=Delivery.delivered, created_at=AT, planned_at=AT, due_at=AT, handed_at=AT,
    )  # fmt: skip
