"""What stands in the database before each trial: a few customers with one of everything that a role may meet."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from drip import db
from drip.engine.handoffs import hand_off, hold
from drip.engine.replies import receive
from drip.engine.sending import settle
from drip.models import system
from drip.models.message import Message, MessageState
from drip.models.reply import ReplyKind
from drip.providers.sendgrid.inbound import ReceivedMail
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.engine.replies import answering, telling
from tests.faults import house
from tests.world import sending, talking

PEOPLE = ("ana", "ben", "chidi", "dora", "eve", "fay", "gil", "hana")
A_POST = 500  # events


def address(name: str) -> str:
    return f"{name}@buyers.example"


def due(database: db.Database) -> None:
    """Mail is due: a first check-in, one that is kept for a promise, one that is skipped without it, one of a year ago
    that ends its campaign, two for one customer on one day; and a rep's answer with the notice before it."""
    five, year = world.START - timedelta(days=5), world.START - timedelta(days=365)
    sending.buy(
        database,
        _bought("ana"),
        _bought("ben", anchor_at=five, promises=("A bell",)),
        _bought("chidi", anchor_at=five),
        _bought("dora"),
        _bought("dora", campaign="care"),
        _bought("eve", anchor_at=year),
    )
    talking.answered(database, talking.wrote(database, sending.customer_id(database, address("ana"))))
    talking.wrote(database, sending.customer_id(database, address("ben")), talking.Said(kind=ReplyKind.question))
    _let_go(database, "ana", "ben")


def told(database: db.Database) -> None:
    """Eight mails have left, in every state that an event may find them in, and the events have been stored."""
    ids = _left(database)
    for name, outcome in (
        ("gil", Outcome(Result.refused, detail="400")),
        ("hana", Outcome(Result.busy, wait_seconds=1)),
    ):
        _settle_anew(database, ids[name], outcome)
    sending.change(database, Message, Message.id == ids["ben"], state=MessageState.handed)
    sending.change(database, Message, Message.id == ids["chidi"], state=MessageState.ambiguous)
    stories: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "ana": [("processed", {}), ("delivered", {}), ("open", {})],
        "ben": [("processed", {})],
        "chidi": [("delivered", {})],
        "dora": [("bounce", telling.GONE)],
        "eve": [("delivered", {}), ("spamreport", {})],
        "fay": [("unsubscribe", {})],
        "gil": [("deferred", {}), ("delivered", {})],
        "hana": [("dropped", {"reason": "Bounced Address"})],
    }
    happened = [
        telling.event(word, ids[name], email=address(name), **fields)
        for name, words in stories.items()
        for word, fields in words
    ]
    telling.store(database, *happened, *happened[:3], telling.event("delivered", "0" * 26), telling.event("group_up"))


def written(database: db.Database) -> None:
    """Customers have answered: a problem, a way out in words and by address, an absence, thanks, a stranger, junk."""
    ids = _left(database)
    with database.read() as session:
        messages = {name: session.get_one(Message, key) for name, key in ids.items()}
    away: dict[str, Any] = {
        "subject": "Out of office: Re: Your new bicycle",
        "headers": {"Auto-Submitted": "auto-replied"},
    }
    mails = [
        _from("ana", "The chain fell off on the first hill. Can you help?", messages),
        _from("ana", "And the bell is missing, too.", messages),
        _from("ben", "Please stop sending me these mails.", messages),
        _from("chidi", "I am out of the office until 20 September 2026.", messages, **away),
        _from("dora", "Thank you!", messages),
        _from("eve", "stop", messages, purpose="stop"),
        _from("fay", "When is the first service due?", messages),
        answering.posted(answering.Written(text="Hello?", sender="stranger@elsewhere.example")),
        answering.posted(answering.Written(sender=address("gil")), answering.UNREADABLE),
    ]
    with database.write() as session:
        for mail in mails:
            receive.store(session, mail, house.KEY.encode())


def stuck(database: db.Database) -> None:
    """A sender died with two mails on the wire, another with a claim, and a snoozed conversation is to wake."""
    sending.buy(database, *(_bought(name) for name in PEOPLE[:4]))
    sending.gated(database, house.settings(database), sending.drafted(database, house.settings(database), limit=2))
    sending.claim(database, limit=1)
    handoff_id = talking.wrote(database, sending.customer_id(database, address("dora")))
    with database.write() as session:
        hand_off.snooze(session, handoff_id, system.business_now(session) - timedelta(minutes=1), "rita")
    hours_pass(database)


def hours_pass(database: db.Database) -> None:
    """Leases lapse, requests are given up, pauses of the breaker end: all that real time brings about."""
    long_ago = sending.real_now(database) - timedelta(hours=1)
    sending.change(database, Message, Message.lease_until.is_not(None), lease_until=long_ago)
    sending.change(database, Message, Message.state == MessageState.handed, handed_real_at=long_ago)
    breaker = system.Breaker
    with database.write() as session:
        for column in (breaker.retry_at, breaker.busy_until, breaker.window_started_at):
            session.execute(update(breaker).where(column > long_ago).values({column.key: long_ago}))


def prove(database: db.Database, accepted: list[tuple[str, str]]) -> None:
    """The provider's event for each request that it has accepted, (message id, address); told twice, as it may be, in
    posts of a usual size."""
    happened = [
        {"event": "processed", "email": email, "timestamp": int(world.START.timestamp()),
         "sg_event_id": f"processed-{message_id}", "message_id": message_id}
        for message_id, email in accepted
    ]  # fmt: skip
    for first in range(0, len(happened), A_POST):
        some = happened[first : first + A_POST]
        telling.store(database, *some, *some)


def _bought(name: str, **more: Any) -> world.Bought:
    return world.Bought(email=address(name), first_name=name.title(), **more)


def _let_go(database: db.Database, *names: str) -> None:
    """Their conversations hold no check-in back."""
    for name in names:
        who = sending.customer_id(database, address(name))
        with database.write() as session:
            hold.release(session, who)


def _left(database: db.Database) -> dict[str, str]:
    """Everybody's `hello` has left and was accepted: message ids by name."""
    sending.buy(database, *(_bought(name) for name in PEOPLE))
    sending.sent(database, house.settings(database))
    return {str(row.to_address).partition("@")[0]: row.id for row in sending.messages(database)}


def _settle_anew(database: db.Database, message_id: str, outcome: Outcome) -> None:
    """As if the provider had said something else."""
    sending.change(database, Message, Message.id == message_id, state=MessageState.handed)
    with database.write() as session:
        settle.settle(session, [settle.Settlement(message_id, 1, outcome)])


def _from(name: str, text: str, messages: dict[str, Message], purpose: str = "reply", **more: Any) -> ReceivedMail:
    to = (answering.to(messages[name], purpose),)
    return answering.posted(answering.Written(text=text, sender=address(name), to=to, **more))
