"""Customers who answer: mails as they reach the webhook's engine, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import select

from drip import config, db
from drip.engine.replies import classify, follow_up, receive
from drip.mail import incoming
from drip.models.customer import Hold
from drip.models.handoff import Handoff, HandoffState
from drip.models.inbound import InboundMail
from drip.models.message import Message, MessageKind
from drip.models.reasons import Reason
from drip.models.reply import Reply, ReplyKind
from drip.models.suppression import Suppression
from drip.providers.sendgrid.inbound import ReceivedMail
from tests import world
from tests.world import sending

KEY = b"a secret of the tests"
ANA = "ana@buyers.example"
UNREADABLE = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n\r\n" * 5000


@dataclass(frozen=True)
class Written:
    """What a test wants of a mail; the rest is Ana's short answer, an hour after START."""

    text: str = "When is the first service due?"
    sender: str = ANA
    to: tuple[str, ...] = ()
    subject: str = "Re: Your new bicycle"
    at: datetime = world.START + timedelta(hours=1)
    headers: dict[str, str] = field(default_factory=dict)


def asked(database: db.Database, settings: config.Settings) -> Message:
    """Ana's `hello` has gone out and was accepted."""
    sending.buy(database)
    sending.sent(database, settings)
    return sending.message(database)


def to(message: Message, purpose: str = "reply") -> str:
    """The address that stands in one of our mails."""
    return f"{purpose}+{message.reply_token}@mail.quay.example"


def raw(written: Written) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = written.sender, written.subject
    mail["To"] = ", ".join(written.to) or "rita@mail.quay.example"
    mail["Date"] = format_datetime(written.at)
    for name, value in written.headers.items():
        mail[name] = value
    mail.set_content(written.text)
    return mail.as_bytes()


def posted(written: Written, content: bytes | None = None) -> ReceivedMail:
    """A mail as the provider hands it over."""
    return ReceivedMail(
        raw=raw(written) if content is None else content,
        envelope_to=written.to or ("rita@mail.quay.example",),
        envelope_from=written.sender,
        spf="pass",
        dkim="none",
        sender_ip="203.0.113.9",
    )


def stored(database: db.Database, mail: ReceivedMail) -> int | None:
    with database.write() as session:
        return receive.store(session, mail, KEY)


def read(database: db.Database, settings: config.Settings, written: Written, content: bytes | None = None) -> int:
    """Stored and understood; the mail's id."""
    inbound_id = stored(database, posted(written, content))
    assert inbound_id is not None
    receive.understand(database, settings, inbound_id)
    return inbound_id


def meant(database: db.Database, message: Message, meaning: classify.Meaning, at: datetime | None = None) -> None:
    """An answer to `message` that means just this, stored and followed up without being read."""
    written = Written(text=f"{meaning.kind} {len(mails(database))}", to=(to(message),), at=at or Written.at)
    inbound_id = stored(database, posted(written))
    with database.write() as session:
        row = session.get_one(InboundMail, inbound_id)
        follow_up.conclude(session, row, incoming.parse(raw(written)), meaning, KEY)


def kind(said: ReplyKind) -> classify.Meaning:
    return classify.Meaning(said, "words")


def mails(database: db.Database) -> Sequence[InboundMail]:
    with database.read() as session:
        return session.scalars(select(InboundMail).order_by(InboundMail.id)).all()


def replies(database: db.Database) -> Sequence[Reply]:
    with database.read() as session:
        return session.scalars(select(Reply).order_by(Reply.id)).all()


def handoffs(database: db.Database) -> Sequence[Handoff]:
    """Those that are not closed."""
    with database.read() as session:
        return session.scalars(select(Handoff).where(Handoff.state != HandoffState.closed)).all()


def notices(database: db.Database) -> int:
    """How many mails to reps have been queued."""
    return sum(message.kind is MessageKind.notice for message in sending.messages(database))


def holds(database: db.Database) -> dict[Reason, datetime | None]:
    """The holds that nobody has released, and until when they last."""
    with database.read() as session:
        rows = session.scalars(select(Hold).where(Hold.released_at.is_(None)))
        return {row.reason: row.until for row in rows}


def suppressions(database: db.Database) -> dict[Reason, tuple[bool, bool]]:
    """Why, and whether for the person and for the address."""
    with database.read() as session:
        rows = session.scalars(select(Suppression))
        return {row.reason: (row.customer_id is not None, row.address_hash is not None) for row in rows}
