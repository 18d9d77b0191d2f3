"""The ways in which people and providers make us stop, each as its own edge does it: one transaction, then it holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from drip import db
from drip.engine.people import erase, suppress
from drip.engine.purchases import intake, purchase_in
from drip.engine.replies import receive
from drip.engine.sending import pause, stop_all
from drip.models.customer import Customer
from drip.models.message import Message
from drip.models.purchase import Purchase
from drip.models.reasons import Reason
from tests import world
from tests.engine.replies import answering, telling
from tests.faults import house
from tests.world import sending

KEY = house.KEY.encode()
CROWD = 600  # customers in one database, so that it need not be made anew for each round
DUE_ON = sending.day(7)


@dataclass(frozen=True)
class Target:
    """A customer who is to be stopped: the mail that they have got, and the purchase behind it."""

    customer_id: int
    email: str
    hello: Message
    source: str
    order: str


Act = Callable[[], object]
Stop = Callable[[db.Database, Target], Act]  # all that can be made ready; what it returns then commits the stop


def crowd(database: db.Database) -> None:
    """Everybody has had `hello` a week ago; now the check-in about a promise is due."""
    buyers = (world.Bought(email=f"buyer{n}@buyers.example", promises=("A bell",)) for n in range(CROWD))
    sending.buy(database, *buyers)
    while sending.sent(database, house.settings(database)):
        pass
    world.set_clock(database, DUE_ON)


def targets(database: db.Database, among: ColumnElement[bool] = Message.step == "hello") -> dict[int, Target]:
    """By customer."""
    with database.read() as session:
        rows = session.execute(
            select(Customer, Message, Purchase)
            .join(Message, Message.customer_id == Customer.id)
            .join(Purchase, Purchase.customer_id == Customer.id)
            .where(among)
        ).all()
        return {row.Customer.id: Target(row.Customer.id, row.Customer.email, row.Message, row.Purchase.source,
                                        row.Purchase.external_id) for row in rows}  # fmt: skip


def reply(database: db.Database, target: Target) -> Act:
    """A mail to the address in ours is stored; nobody has read it yet."""
    mail = answering.posted(answering.Written(sender=target.email, to=(answering.to(target.hello),)))
    return lambda: _write(database, lambda session: receive.store(session, mail, KEY))


def unsubscribe(database: db.Database, target: Target) -> Act:
    stop = suppress.Stop(Reason.unsubscribed)
    return lambda: _write(database, lambda session: suppress.suppress(session, target.customer_id, stop, KEY))


def refund(database: db.Database, target: Target) -> Act:
    bought = world.START - timedelta(days=1)
    facts = {
        "source": target.source, "external_id": target.order, "purchased_at": bought.isoformat(), "status": "refunded",
        "delivered_at": bought.isoformat(), "product": {"name": "Quay 3", "category": "bike"},
        "customer": {"email": target.email},
    }  # fmt: skip
    told = purchase_in.parse(facts)

    def record(session: Session) -> None:
        (done,) = intake.record(session, [told], key=KEY)
        assert done.status == "updated", done

    return lambda: _write(database, record)


def bounce(database: db.Database, target: Target) -> Act:
    """The address is dead: the provider says so of the mail before."""
    gone: dict[str, Any] = telling.GONE
    telling.store(database, telling.event("bounce", target.hello.id, email=target.email, **gone))
    return lambda: telling.apply(database)


def complaint(database: db.Database, target: Target) -> Act:
    """They called the mail before spam."""
    telling.store(database, telling.event("spamreport", target.hello.id, email=target.email))
    return lambda: telling.apply(database)


def erasure(database: db.Database, target: Target) -> Act:
    """They asked us to forget them."""
    return lambda: _write(database, lambda session: erase.erase(session, target.email, KEY, "rita"))


def pause_campaign(database: db.Database, _target: Target) -> Act:
    return lambda: _write(database, lambda session: pause.pause_campaign(session, "ride", by="rita"))


def pause_all(database: db.Database, _target: Target) -> Act:
    return lambda: _write(database, lambda session: stop_all.pause(session, "rita", "a fire"))


def _write(database: db.Database, do: Callable[[Session], object]) -> None:
    with database.write() as session:
        do(session)


OF_ONE: Mapping[str, Stop] = {"reply": reply, "unsubscribe": unsubscribe, "refund": refund, "bounce": bounce,
                              "complaint": complaint, "erasure": erasure}  # fmt: skip
OF_ALL: Mapping[str, Stop] = {"pause of the campaign": pause_campaign, "pause of everything": pause_all}
STOPS: Mapping[str, Stop] = {**OF_ONE, **OF_ALL}
