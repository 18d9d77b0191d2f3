"""F4: events and answers come to the same end in any order and number, whatever we knew of the mails before.

`python -m tests.faults.orders --minutes 5` tries far more of them than tests/faults/test_properties.py.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import click
from hypothesis import HealthCheck, given, seed, settings, strategies
from sqlalchemy import delete, select

from drip import config, db, schema
from drip.engine.replies import follow_up
from drip.mail import incoming
from drip.models.base import Base
from drip.models.customer import Customer, Hold
from drip.models.enrollment import Enrollment
from drip.models.inbound import InboundMail
from drip.models.message import Message, MessageKind
from drip.models.reply import ReplyKind
from drip.models.suppression import Suppression
from drip.providers.sendgrid.send import Outcome
from tests import world
from tests.engine.replies import answering, telling
from tests.world import sending

KEPT = {"system", "breaker", "campaigns", "campaign_versions", "publications", "reps", "heartbeats"}
NAMES = ("processed", "delivered", "deferred", "bounce", "blocked", "spamreport", "open")
KINDS = (ReplyKind.problem, ReplyKind.question, ReplyKind.praise, ReplyKind.opt_out)
FIELDS: dict[str, dict[str, Any]] = {"bounce": dict(telling.GONE), "blocked": {"event": "bounce", **telling.BLOCKED}}
OF = ("ana@buyers.example", "ben@buyers.example")
EACH = 50  # sets of one seed
News = tuple[int, str]  # about whose mail, and an event's name or the kind of an answer
news = strategies.lists(
    strategies.tuples(strategies.integers(0, len(OF) - 1), strategies.sampled_from((*NAMES, *KINDS))),
    min_size=1, max_size=6,
)  # fmt: skip


def compare(database: db.Database, of: config.Settings, came: list[News], data: strategies.DataObject) -> None:
    """What came in, once as it came and once shuffled and in part again."""
    numbers = count()
    numbered = [(who, what, next(numbers)) for who, what in came]
    again = numbered + data.draw(strategies.lists(strategies.sampled_from(numbered), max_size=4))
    shuffled = data.draw(strategies.permutations(again))
    outcome = data.draw(strategies.sampled_from((sending.ACCEPTED, None)))
    ends = [_end(database, of, outcome, each) for each in (numbered, shuffled)]
    assert ends[0] == ends[1]


def play(examples: int, seeded: int) -> None:
    """So many of them on a SQLite of our own; raises with the shortest one that ends otherwise."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        database = db.Database(f"sqlite:///{folder}/drip.db")
        schema.upgrade(database)
        world.publish(database)
        world.set_clock(database, world.START)
        of = world.settings(Path(folder), str(database.url))

        @seed(seeded)
        @given(came=news, data=strategies.data())
        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def every(came: list[News], data: strategies.DataObject) -> None:
            compare(database, of, came, data)

        every()
        database.close()


def _end(
    database: db.Database,
    of: config.Settings,
    outcome: Outcome | None,
    came: Sequence[tuple[int, str, int]],
) -> object:
    """What is the case once all this has come in, after two mails whose answers are known or not."""
    mails = _begin(database, of, outcome)
    for who, what, number in came:
        if what in NAMES:
            fields: dict[str, Any] = {
                "sg_event_id": f"e{number}",
                "email": OF[who],
                "sg_message_id": f"p{who}.x",
            } | FIELDS.get(what, {})
            telling.tell(database, telling.event(what, mails[who].id, **fields))
        else:
            _answer(database, mails[who], OF[who], ReplyKind(what), number)
    with database.read() as session:
        names = {row.id: row.email for row in session.execute(select(Customer.id, Customer.email))}
        mine = select(Message).where(Message.kind == MessageKind.check_in)
        return (
            sorted(f"{names[row.customer_id or 0]} {row.state} {row.delivery}" for row in session.scalars(mine)),
            sorted({(row.reason, row.address_hash) for row in session.scalars(select(Suppression))}, key=str),
            session.scalars(select(Enrollment.state).order_by(Enrollment.customer_id)).all(),
            sorted(names[row.customer_id] for row in answering.handoffs(database)),
            sorted({names[who] for who in session.scalars(select(Hold.customer_id).where(Hold.released_at.is_(None)))}),
            len(answering.mails(database)),
            len(answering.replies(database)),
        )


def _begin(database: db.Database, of: config.Settings, outcome: Outcome | None) -> list[Message]:
    """Ana and Ben anew, each with a `hello` that was handed and, if there is an outcome, settled."""
    with database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in KEPT:
                session.execute(delete(table))
    sending.buy(database, *(world.Bought(email=email) for email in OF))
    world.set_clock(database, sending.day(1))
    handed = sending.gated(database, of)
    if outcome is not None:
        sending.settled(database, handed, outcome)
    return sorted(sending.messages(database), key=lambda row: row.to_address or "")


def _answer(database: db.Database, message: Message, sender: str, kind: ReplyKind, number: int) -> None:
    """A mail that means this; posted again it is the same mail."""
    written = answering.Written(text=f"{kind} {number}", sender=sender, to=(answering.to(message),))
    inbound_id = answering.stored(database, answering.posted(written))
    if inbound_id is not None:
        with database.write() as session:
            row = session.get_one(InboundMail, inbound_id)
            meaning, mail = answering.kind(kind), incoming.parse(answering.raw(written))
            follow_up.conclude(session, row, mail, meaning, answering.KEY)


@click.command()
@click.option("--minutes", default=1.0, show_default=True)
@click.option("--seed", "first", default=1, show_default=True)
@click.option("--json", "for_machines", is_flag=True, help="Figures for machines.")
def main(minutes: float, first: int, for_machines: bool) -> None:
    """Try; two orders that end differently are printed."""
    began, tried, broken = time.monotonic(), 0, list[str]()
    chance = Random(first)
    while time.monotonic() < began + 60 * minutes and not broken:
        seeded = chance.getrandbits(32)
        try:
            play(EACH, seeded)
        except AssertionError as trouble:
            broken.append(f"orders of seed {seeded}: {trouble}")
        tried += EACH
    click.echo(
        json.dumps({"orders": tried, "last_seed": first, "breaches": broken})
        if for_machines
        else f"{tried} sets; {broken}"
    )
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
