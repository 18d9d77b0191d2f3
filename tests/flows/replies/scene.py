"""A story of answers: mail comes through the signed webhook, the workers' own jobs read it, days go by at the gate."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from sqlalchemy import select

from drip import config, db
from drip.models import system
from drip.models.enrollment import Enrollment
from drip.models.inbound import InboundMail
from drip.models.message import Message, MessageKind
from drip.models.rep import Rep
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.providers.sendgrid import posting
from tests.web import test_webhook_inbound as door
from tests.web.conftest import Person
from tests.world import sending
from workers import jobs

INBOUND, EVENTS = "/webhooks/sendgrid/inbound", "/webhooks/sendgrid/events"


@dataclass(frozen=True)
class Post:
    """How the provider brings a mail; the rest is as of an honest mail of the one who writes it."""

    written: Written = field(default_factory=Written)
    raw: bytes | None = None
    envelope_from: str | None = None
    spf: str = "pass"
    dkim: str | None = None


@dataclass(frozen=True)
class Scene:
    """The site as the provider and a rep reach it, and the database behind it."""

    client: httpx.Client
    rep: Person
    database: db.Database
    settings: config.Settings

    def comes(self, post: Post) -> int:
        """A mail comes, twice, and is read twice, as happens in life; its id."""
        body = _form(post)
        for _ in range(2):
            answer = self.client.post(INBOUND, content=body, headers=door.headers(body))
            assert answer.status_code == 200, answer.text
            self.work()
        with self.database.read() as session:
            return session.scalars(select(InboundMail.id).order_by(InboundMail.id.desc()).limit(1)).one()

    def says(self, text: str, message: Message, **changes: object) -> int:
        """Ana answers one of our mails, at its reply address."""
        with self.database.read() as session:
            at = system.business_now(session)
        wanted: dict[str, object] = {"text": text, "to": (answering.to(message),), "at": at} | changes
        return self.comes(Post(Written(**wanted)))  # type: ignore[arg-type]

    def told(self, *events: dict[str, object]) -> None:
        """The provider tells of events, each batch twice."""
        body = json.dumps(events).encode()
        for _ in range(2):
            answer = self.client.post(EVENTS, content=body, headers=door.headers(body))
            assert answer.status_code == 200, answer.text
            self.work()

    def work(self) -> None:
        """What the workers' jobs do when the bell rings."""
        jobs.understand("")
        jobs.apply_events("")

    def goes_out(self, at: datetime) -> list[str]:
        """The steps that leave when it is `at`."""
        world.set_clock(self.database, at)
        handed = {each.message_id for each in sending.sent(self.database, self.settings)}
        return sorted(row.step or "" for row in sending.messages(self.database) if row.id in handed)

    def mail(self, step: str) -> Message:
        """The check-in of this step; the newest if there are several."""
        return [row for row in sending.messages(self.database) if row.step == step][-1]

    def notices(self) -> list[str]:
        """What was written to reps, subject and text, the oldest first; each to a rep and to nobody else."""
        with self.database.read() as session:
            reps = set(session.scalars(select(Rep.id)))
        rows = [row for row in sending.messages(self.database) if row.kind is MessageKind.notice]
        assert all(row.customer_id is None and row.rep_id in reps for row in rows)
        ordered = sorted(rows, key=lambda row: (row.created_at, row.id))
        return [f"{(row.letter or {})['subject']}\n{(row.letter or {})['text']}" for row in ordered]

    def page(self, path: str) -> str:
        """What a rep sees there, without markup."""
        answer = self.rep.get(path)
        assert answer.status_code == 200, path
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())

    def resolve(self, how: str, **fields: str) -> None:
        """The rep closes the only open conversation."""
        (row,) = answering.handoffs(self.database)
        answer = self.rep.post(f"/handoffs/{row.id}/resolve", resolution=how, version=str(row.version), **fields)
        assert answer.status_code == 303, answer.text

    def enrollments(self) -> Sequence[Enrollment]:
        return sending.enrollments(self.database)


def _form(post: Post) -> bytes:
    written = post.written
    sender = written.sender if post.envelope_from is None else post.envelope_from
    domain = written.sender.rpartition("@")[2]
    return posting.form({
        "email": answering.raw(written) if post.raw is None else post.raw,
        "envelope": json.dumps({"to": list(written.to or ("rita@mail.quay.example",)), "from": sender}).encode(),
        "SPF": post.spf.encode(),
        "dkim": (f"{{@{domain} : pass}}" if post.dkim is None else post.dkim).encode(),
        "sender_ip": b"203.0.113.9",
    })  # fmt: skip


def report(recipient: str, *, status: str, original: str = "", said: str = "", action: str = "failed") -> bytes:
    """A delivery report as mail systems write it (RFC 3464)."""
    original_part = f"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\n" if original else ""
    return (
        "From: MAILER-DAEMON@elsewhere.example\r\nTo: rita@mail.quay.example\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\nX-Number: {said}\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; elsewhere.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"{original_part}--x--\r\n"
    ).encode()


def complaint(recipient: str, original: str) -> bytes:
    """A complaint as mailbox providers send it (RFC 5965)."""
    return (
        "From: feedback@elsewhere.example\r\nTo: rita@mail.quay.example\r\nSubject: FW: How is it going?\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n"
        "--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n"
        f"Original-Rcpt-To: <{recipient}>\r\n"
        f"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\n--x--\r\n"
    ).encode()
