"""Events of mails to reps come in the same posts as those of mails to customers."""

from sqlalchemy import select

from drip import config, db
from drip.engine.handoffs import hand_off
from drip.models.handoff import Priority
from drip.models.message import Delivery, Message, MessageKind
from tests.engine.replies.telling import event, tell
from tests.world import sending


def test_a_notice_and_a_check_in_may_be_told_of_together(
    published_world: db.Database, settings: config.Settings
) -> None:
    (walk,) = sending.buy(published_world)
    check_in = sending.gated(published_world, settings)[0].message_id
    with published_world.write() as session:
        hand_off.open_for(session, walk.customer_id, Priority.high, "Ana has a problem.", reply=None)
        notice = session.scalars(select(Message).where(Message.kind == MessageKind.notice)).one()
        notice.attempt, notice.handed_at, notice.to_address = 1, notice.due_at, "rita@quay.example"
        told_to_rep = notice.id
    tell(published_world, event("delivered", check_in), event("delivered", told_to_rep, email="rita@quay.example"))
    with published_world.read() as session:
        found = {row.id: row.delivery for row in session.scalars(select(Message))}
    assert found == {check_in: Delivery.delivered, told_to_rep: Delivery.delivered}
