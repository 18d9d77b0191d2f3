"""What must be true once all is quiet, by two witnesses: the provider's ledger on disk, and SQL."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select

from drip import db
from drip.models import customer, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind, MessageState
from tests import world

# A mail that the provider has may be in no other state: these say that it has not left, or will yet.
MAY_HAVE_LEFT = {MessageState.handed, MessageState.accepted, MessageState.ambiguous, MessageState.presumed_lost}
ENDED = {MessageState.accepted, MessageState.failed, MessageState.skipped, MessageState.cancelled,
         MessageState.ambiguous, MessageState.presumed_lost}  # fmt: skip
WITHOUT_REASON = {MessageState.accepted}
STEPS = [[step.id for step in plan.steps] for plan in world.house().campaigns]


@dataclass(frozen=True)
class Line:
    """A request that the provider has accepted: our id, to whom, when (real time) and when in business time."""

    message_id: str
    address: str
    accepted_at: datetime
    business_at: datetime
    zone: str


@dataclass(frozen=True)
class Ledger:
    """The provider's file from one place on."""

    path: Path
    start: int = 0

    @classmethod
    def now(cls, path: Path) -> "Ledger":
        return cls(path, path.stat().st_size)

    def read(self) -> list[Line]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            return [_line(json.loads(each)) for each in file]


def breaches(database: db.Database, lines: Sequence[Line]) -> list[str]:
    """One sentence for each promise that was not kept; asked when all is quiet."""
    with database.read() as session:
        messages = {row.id: row for row in session.scalars(select(Message))}
        enrollments = list(session.scalars(select(Enrollment)))
        mails = list(session.scalars(select(InboundMail)))
        now = system.business_now(session)
        held = set(session.scalars(select(Customer.id).where(customer.holding(Customer.id, literal(now)))))
    return [
        *_twice(lines),
        *_denied(lines, messages),
        *_unproven(lines, messages),
        *_unended(messages.values(), now, held),
        *_lost(enrollments, messages.values()),
        *_crowded(lines, messages),
        *(f"mail {row.id} from a customer still waits to be read" for row in mails if row.state is InboundState.stored),
    ]


def _twice(lines: Iterable[Line]) -> Iterator[str]:
    """I1: at most one accepted request carries a message's id."""
    for message_id, count in Counter(line.message_id for line in lines).items():
        if count > 1:
            yield f"message {message_id} was accepted {count} times"


def _denied(lines: Iterable[Line], messages: dict[str, Message]) -> Iterator[str]:
    """I4: what the provider has, we do not hold for unsent."""
    for message_id in {line.message_id for line in lines}:
        row = messages.get(message_id)
        if row is None:
            yield f"message {message_id} was accepted by the provider and is unknown here"
        elif row.state not in MAY_HAVE_LEFT:
            yield f"message {message_id} was accepted by the provider and stands here as {row.state}"


def _unproven(lines: Iterable[Line], messages: dict[str, Message]) -> Iterator[str]:
    """An event has told of every accepted request: after it nothing is in doubt."""
    for message_id in {line.message_id for line in lines}:
        row = messages.get(message_id)
        if row is not None and row.state in (MessageState.ambiguous, MessageState.handed):
            yield f"message {message_id} is {row.state}, although its event has come"


def _unended(messages: Iterable[Message], now: datetime, held: set[int]) -> Iterator[str]:
    """I2: what is not sent says why; nothing stands under way for ever. What waits for another day may wait, a check-in
    for the end of its customer's hold, and a notice that was written before the clock was put back."""
    for row in messages:
        is_early = row.kind is MessageKind.notice and row.due_at > now
        is_held = row.kind is MessageKind.check_in and row.customer_id in held
        may_wait = row.state is MessageState.queued and (row.reason is not None or is_early or is_held)
        if row.state not in ENDED and not may_wait:
            yield f"message {row.id} ({row.kind} {row.step}) still stands as {row.state}"
        elif row.state in ENDED - WITHOUT_REASON and row.reason is None:
            yield f"message {row.id} ({row.kind} {row.step}) is {row.state} for no reason"


def _lost(enrollments: Iterable[Enrollment], messages: Iterable[Message]) -> Iterator[str]:
    """I2: an enrollment that walks has a next step that will be found, and each step behind it has a message."""
    written: dict[int, dict[str, MessageState]] = defaultdict(dict)
    for row in messages:
        if row.enrollment_id is not None and row.step is not None:
            written[row.enrollment_id][row.step] = row.state
    for walk in enrollments:
        states = written[walk.id]
        is_found = walk.next_due_at is not None and not walk.put_off
        waits = is_found or states.get(walk.next_step or "") is MessageState.queued
        if walk.state is EnrollmentState.active and not waits:
            yield f"enrollment {walk.id} stands at {walk.next_step} and nobody will ever look at it"
        for step in _behind(walk):
            if step not in states:
                yield f"enrollment {walk.id} went past {step} without a word"


def _behind(walk: Enrollment) -> list[str]:
    """Steps from the first to the present one, or to the end."""
    steps = next(steps for steps in STEPS if walk.first_step in steps)
    first = steps.index(walk.first_step or "")
    if walk.state is EnrollmentState.exited:
        return []
    return steps[first : steps.index(walk.next_step) if walk.next_step else None]


def _crowded(lines: Iterable[Line], messages: dict[str, Message]) -> Iterator[str]:
    """I5: at most one check-in a customer and local day."""
    days: Counter[tuple[str, str]] = Counter()
    for line in {line.message_id: line for line in lines}.values():
        row = messages.get(line.message_id)
        if row is not None and row.kind is MessageKind.check_in:
            days[line.address, f"{line.business_at.astimezone(ZoneInfo(line.zone)).date()}"] += 1
    for (address, day), count in days.items():
        if count > 1:
            yield f"{address} got {count} check-ins on {day}"


def _line(raw: dict[str, object]) -> Line:
    body = raw["body"]
    assert isinstance(body, dict)
    (person,) = body["personalizations"]
    return Line(
        message_id=str(body["custom_args"]["message_id"]),
        address=str(person["to"][0]["email"]),
        accepted_at=datetime.fromisoformat(str(raw["accepted_at"])),
        business_at=datetime.fromisoformat(str(raw["business_time"])),
        zone=str(raw["time_zone"]),
    )
