"""Erasing: nothing that says who somebody was stays anywhere, nothing leaves any more, and counts survive."""

import pytest
from sqlalchemy import MetaData, func, select

from drip import config, db, tokens
from drip.engine.people import erase, suppress
from drip.models.base import Base
from drip.models.customer import Customer
from drip.models.delivery_event import DeliveryEvent
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.handoff import HandoffState
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.reply import Reply
from drip.models.suppression import Suppression
from tests import world
from tests.world import sending, talking

ANA = "ana@buyers.example"
WORDS = ("ana", "buyers.example", "anastasia", "lantern", "squeak", "oil it")


@pytest.fixture
def known(published_world: db.Database, settings: config.Settings) -> db.Database:
    """Ana bought with a promise, got a check-in, answered it, and was answered; Ben bought as well."""
    sending.buy(published_world, world.Bought(first_name="Anastasia", promises=("a red lantern",)))
    sending.buy(published_world, world.Bought(email="ben@elsewhere.example", first_name="Ben"))
    sending.sent(published_world, settings)
    who = sending.customer_id(published_world)
    talk = talking.wrote(published_world, who)
    talking.answered(published_world, talk)
    with published_world.write() as session:
        sent_id = session.scalars(select(Message.id).where(Message.customer_id == who).order_by(Message.id)).first()
        for state in (InboundState.understood, InboundState.unmatched):
            mail = talking.stored(session, b"From: Ana <ana@buyers.example>\r\n\r\nThe bell squeaks.", state)
            mail.envelope_from, mail.customer_id = "Ana@buyers.example", who if state == "understood" else None
        session.scalars(select(Reply)).one().files = ["ana-at-home.jpg"]
        session.add(_event(sent_id))
        suppress.suppress(session, who, suppress.Stop(Reason.unsubscribed, "ana said so"), settings.secret_key())
    return published_world


def _event(message_id: str | None) -> DeliveryEvent:
    return DeliveryEvent(event_key="e1", kind="bounced", name="bounce", message_id=message_id,
                         reason=f"550 {ANA} unknown", payload={"email": ANA}, at=world.START,
                         received_at=world.START)  # fmt: skip


def forget(database: db.Database, settings: config.Settings, email: str = ANA) -> erase.Erased:
    with database.write() as session:
        return erase.erase(session, email, settings.secret_key(), "admin@quay.example")


def everything(database: db.Database) -> str:
    """Every value of every row, in one text; what was published is not about customers."""
    with database.read() as session:
        tables: MetaData = Base.metadata
        kept = (table for table in tables.sorted_tables if table.name not in ("publications", "campaign_versions"))
        return "\n".join(str(tuple(row)) for table in kept for row in session.execute(select(table))).lower()


def test_no_word_about_them_is_left_in_any_table(known: db.Database, settings: config.Settings) -> None:
    before = everything(known)
    assert [word for word in WORDS if word not in before] == []
    gone = forget(known, settings)
    assert (gone.customer, gone.letters) == (True, 3)
    assert [word for word in WORDS if word in everything(known)] == []


def test_others_are_not_touched(known: db.Database, settings: config.Settings) -> None:
    forget(known, settings)
    assert "ben@elsewhere.example" in everything(known)
    with known.read() as session:
        ben = session.scalars(select(Customer).where(Customer.first_name == "Ben")).one()
        assert session.scalars(select(Enrollment.state).where(Enrollment.customer_id == ben.id)).one() == "active"


def test_what_was_under_way_is_cancelled_and_never_leaves(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    forget(published_world, settings)
    assert sending.gated(published_world, settings, drafts) == []
    message = sending.message(published_world)
    assert (message.state, message.reason) == (MessageState.cancelled, Reason.erased)
    walk = sending.enrollment(published_world)
    assert (walk.state, walk.reason) == (EnrollmentState.exited, Reason.erased)


def test_answers_and_notices_that_wait_are_cancelled_and_the_conversation_closes(
    known: db.Database, settings: config.Settings
) -> None:
    forget(known, settings)
    assert talking.handoff(known).state is HandoffState.closed
    for kind in (MessageKind.answer, MessageKind.notice):
        assert {row.state for row in talking.sent(known, kind)} == {MessageState.cancelled}


def test_steps_states_and_days_still_count(known: db.Database, settings: config.Settings) -> None:
    counted = select(Message.kind, Message.step, func.count()).group_by(Message.kind, Message.step).order_by("kind")
    with known.read() as session:
        before = session.execute(counted).all()
    forget(known, settings)
    with known.read() as session:
        assert session.execute(counted).all() == before
        assert session.scalar(select(func.count()).select_from(InboundMail)) == 3
    assert sending.contact_days(known) == {"2026-09-01": 2}


def test_erasing_twice_is_erasing_once(known: db.Database, settings: config.Settings) -> None:
    assert forget(known, settings).is_something
    before = everything(known)
    assert forget(known, settings) == erase.Erased(customer=False, mails=0, letters=0)
    with known.write() as session:
        assert not erase.erase_customer(session, 1, settings.secret_key(), "admin").is_something
    assert everything(known) == before


def test_every_earlier_reason_outlives_the_address_as_a_hash(known: db.Database, settings: config.Settings) -> None:
    forget(known, settings)
    known_as = tokens.fingerprint(settings.secret_key(), ANA)
    with known.read() as session:
        rows = select(Suppression.reason, Suppression.detail).order_by(Suppression.id)
        kept = session.execute(rows.where(Suppression.address_hash == known_as)).all()
    assert kept == [(Reason.unsubscribed, ""), (Reason.erased, "")]


def test_who_is_imported_again_under_a_new_order_gets_no_mail(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    forget(published_world, settings)
    sending.buy(published_world)
    assert sending.sent(published_world, settings) == []
    assert Reason.erased in {row.reason for row in sending.messages(published_world)}


def test_who_only_wrote_to_us_is_erased_by_their_address(
    published_world: db.Database, settings: config.Settings
) -> None:
    with published_world.write() as session:
        talking.stored(session, b"a lantern", InboundState.unmatched).envelope_from = "Zoe@walkby.example"
    assert forget(published_world, settings, "zoe@walkby.example") == erase.Erased(False, 0, 1)
    assert "walkby" not in everything(published_world)
    assert not forget(published_world, settings, "zoe@walkby.example").is_something
