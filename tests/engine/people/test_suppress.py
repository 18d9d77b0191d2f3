"""Stopping for a person, for an address, and allowing again."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip import db, tokens
from drip.engine.people import suppress
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from tests import world

KEY = b"a secret of the tests"
OPT_OUT = suppress.Stop(Reason.unsubscribed)
BOUNCE = suppress.Stop(Reason.bounced, "550 no such user", person=False, address=True)
COMPLAINT = suppress.Stop(Reason.complained, address=True)


def test_an_opt_out_ends_every_campaign_and_cancels_what_was_on_its_way(published_world: db.Database) -> None:
    with published_world.write() as session:
        ride = world.bought(session)
        world.bought(session, world.Bought(campaign="care", product="Dome helmet"))
        session.add_all([_message(ride, "hello", MessageState.claimed), _message(ride, "promise", MessageState.queued)])
        session.add(_message(ride, "year", MessageState.handed))
    assert _stop(published_world, OPT_OUT)
    with published_world.read() as session:
        ended = session.execute(select(Enrollment.state, Enrollment.reason)).all()
        assert ended == [(EnrollmentState.exited, Reason.unsubscribed)] * 2
        states = dict(session.execute(select(Message.step, Message.state)).all())
        assert states == {"hello": "cancelled", "promise": "cancelled", "year": "handed"}


def test_a_stop_raises_the_customers_version_so_that_the_gate_sees_it(published_world: db.Database) -> None:
    with published_world.write() as session:
        before = session.get_one(Customer, world.bought(session).customer_id).version
    _stop(published_world, OPT_OUT)
    with published_world.read() as session:
        assert session.scalars(select(Customer.version)).one() == before + 1


@pytest.mark.parametrize("stop", [OPT_OUT, BOUNCE, COMPLAINT])
def test_stopping_twice_is_stopping_once(published_world: db.Database, stop: suppress.Stop) -> None:
    with published_world.write() as session:
        world.bought(session)
    assert _stop(published_world, stop)
    assert not _stop(published_world, stop)
    with published_world.read() as session:
        assert session.scalar(select(func.count()).select_from(Suppression)) == 1


def test_a_bounce_holds_for_the_address_and_an_opt_out_for_the_person(published_world: db.Database) -> None:
    with published_world.write() as session:
        customer_id = world.bought(session).customer_id
        suppress.suppress(session, customer_id, BOUNCE, KEY)
        customer = session.get_one(Customer, customer_id)
        customer.email = "ana.new@buyers.example"
        assert list(suppress.in_force(session, customer, KEY)) == []
        suppress.suppress(session, customer_id, OPT_OUT, KEY)
        customer.email = "ana.third@buyers.example"
        assert [row.reason for row in suppress.in_force(session, customer, KEY)] == [Reason.unsubscribed]


def test_an_address_that_bounces_before_its_owner_buys_is_known_later(published_world: db.Database) -> None:
    with published_world.write() as session:
        assert suppress.suppress_address(session, "Ana@Buyers.example", BOUNCE, KEY)
        assert not suppress.suppress_address(session, "ana@buyers.example", BOUNCE, KEY)
        customer = session.get_one(Customer, world.bought(session).customer_id)
        assert [row.reason for row in suppress.in_force(session, customer, KEY)] == [Reason.bounced]


def test_an_address_is_kept_as_a_fingerprint_only(published_world: db.Database) -> None:
    with published_world.write() as session:
        suppress.suppress_address(session, "ana@buyers.example", COMPLAINT, KEY)
        row = session.scalars(select(Suppression)).one()
        assert row.address_hash == tokens.fingerprint(KEY, "ana@buyers.example")
        assert "ana" not in f"{row.address_hash}{row.detail}"


def test_lifting_allows_mail_again_and_what_has_ended_stays_ended(published_world: db.Database) -> None:
    with published_world.write() as session:
        customer_id = world.bought(session).customer_id
        suppress.suppress(session, customer_id, COMPLAINT, KEY)
        assert suppress.lift(session, customer_id, KEY, "admin") == 1
        customer = session.get_one(Customer, customer_id)
        assert list(suppress.in_force(session, customer, KEY)) == []
        assert len(suppress.history(session, customer, KEY)) == 1
        assert session.scalars(select(Enrollment.state)).one() is EnrollmentState.exited
        assert suppress.suppress(session, customer_id, COMPLAINT, KEY)


def test_nobody_is_stopped_for_an_id_that_is_nobodys(published_world: db.Database) -> None:
    with published_world.write() as session:
        assert not suppress.suppress(session, 999, OPT_OUT, KEY)
        assert suppress.lift(session, 999, KEY, "admin") == 0


def _stop(database: db.Database, stop: suppress.Stop) -> bool:
    with database.write() as session:
        return suppress.suppress(session, _ana(session), stop, KEY)


def _ana(session: Session) -> int:
    return session.scalars(select(Customer.id).where(Customer.email == "ana@buyers.example")).one()


def _message(row: Enrollment, step: str, state: MessageState) -> Message:
    at = world.START
    return Message(
        id=tokens.new_id(), kind=MessageKind.check_in, dedupe_key=f"check_in:{row.id}:{step}", state=state, step=step,
        customer_id=row.customer_id, enrollment_id=row.id, campaign_id=row.campaign_id, version_id=row.version_id,
        detail="", created_at=at, planned_at=at, due_at=at,
    )  # fmt: skip
