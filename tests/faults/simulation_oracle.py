"""Who saw everything: what the provider took, when each stop committed, and whether SQL agrees at the end."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.sending import breaker, gate, personal
from drip.engine.sending import draft as drafting
from drip.models import system
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageKind, MessageState
from tests.faults import simulation_time

MOST_TOLD = 200
MOST_SECONDS = 2.0  # from the gate's look to the first byte (DESIGN.md section 5)
OVER = frozenset({MessageState.accepted, MessageState.failed, MessageState.skipped, MessageState.cancelled,
                  MessageState.ambiguous, MessageState.presumed_lost})  # fmt: skip
MAY_HAVE_LEFT = frozenset({MessageState.accepted, MessageState.ambiguous})
Draft = drafting.Draft | personal.PersonalDraft
Heard = Callable[[str, Mapping[str, Any], bool], None]


@dataclass(frozen=True)
class Hand:
    """A message that passed the gate: when (monotonic, and the customer's day), and whose it is."""

    at: float
    customer_id: int | None
    day: date | None


@dataclass
class Oracle:
    """Everything that was seen; `breaches` are sentences that name the message."""

    clock: simulation_time.Clock
    heard: Heard = lambda *_: None
    taken_at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    hands: dict[str, Hand] = field(default_factory=dict)
    days: dict[tuple[int | None, date], set[str]] = field(default_factory=lambda: defaultdict(set))
    stopped: dict[int, tuple[float, str]] = field(default_factory=dict)
    paused: set[int] = field(default_factory=set)
    all_paused: bool = False
    refunded: dict[int, float] = field(default_factory=dict)  # enrollments
    doubts: int = 0  # results in a row that were no answer
    doubted_at: float = 0.0
    past_breaker: int = 0
    figures: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    def stop(self, customer_id: int, why: str) -> None:
        """A stop for this customer has just committed."""
        self.stopped.setdefault(customer_id, (self.clock.monotonic(), why))
        self.figures["stops"] += 1

    def release(self, customer_id: int) -> None:
        """Somebody lets check-ins go on."""
        self.stopped.pop(customer_id, None)

    def handed(self, draft: Draft, business_at: datetime) -> None:
        """A message has passed the gate in the transaction that is about to commit."""
        who = draft.customer_id
        is_check_in = isinstance(draft, drafting.Draft)
        day = business_at.astimezone(draft.zone).date() if isinstance(draft, drafting.Draft) else None
        self.hands[draft.message_id] = Hand(self.clock.monotonic(), who, day)
        if is_check_in and who in self.stopped:
            self._broken(f"{draft.message_id} passed the gate after customer {who} {self.stopped[who][1]}.")
        if isinstance(draft, drafting.Draft) and draft.campaign_id in self.paused:
            self._broken(f"{draft.message_id} passed the gate while its campaign was paused.")
        if self.all_paused:
            self._broken(f"{draft.message_id} passed the gate while everything was paused.")
        self._judge_breaker(draft)

    def started(self, message_id: str) -> None:
        """The first byte of a request leaves."""
        now, hand = self.clock.monotonic(), self.hands.get(message_id)
        self.figures["requests"] += 1
        if hand is None:
            self._broken(f"A request for {message_id} left before its gate had committed.")
        elif now - hand.at > MOST_SECONDS:
            self._broken(f"A request for {message_id} left {now - hand.at:.1f} s after its gate.")

    def taken(self, message_id: str, mail: Mapping[str, Any], *, answered: bool) -> None:
        """The provider has taken a mail."""
        times = self.taken_at[message_id]
        times.append(self.clock.monotonic())
        self.figures["sends"] += 1
        if len(times) > 1:
            self._broken(f"The provider took {message_id} {len(times)} times.")
        hand = self.hands.get(message_id)
        if hand is not None and hand.day is not None:
            self.days[hand.customer_id, hand.day].add(message_id)
            if len(self.days[hand.customer_id, hand.day]) > 1:
                self._broken(f"Customer {hand.customer_id} got a second check-in on {hand.day}: {message_id}.")
        self.heard(message_id, mail, answered)

    def counted(self, tally: breaker.Tally) -> None:
        """The fleet has learned of results."""
        if tally.answered or self.doubts < breaker.STREAK:
            self.past_breaker, self.doubted_at = 0, self.clock.monotonic()
        self.doubts = 0 if tally.answered else self.doubts + tally.ambiguous

    def has_seen(self, word: str | None) -> bool:
        """Whether a breach says this; nobody looks for None."""
        return word is not None and any(word in each for each in self.breaches)

    def _judge_breaker(self, draft: Draft) -> None:
        """Once the provider is silent, one message looks whether it is back, every few seconds at most."""
        if self.doubts < breaker.STREAK:
            return
        self.past_breaker += 1
        most = 1 + (self.clock.monotonic() - self.doubted_at) / breaker.FIRST_PAUSE.total_seconds()
        if self.past_breaker > most:
            self._broken(f"{draft.message_id} passed the gate after {self.doubts} doubtful results in a row.")

    def _broken(self, sentence: str) -> None:
        if len(self.breaches) < MOST_TOLD:
            self.breaches.append(sentence)

    def name_the_restless(self, session: Session) -> None:
        """Something ought to have come to rest long ago."""
        moving = (MessageState.queued, MessageState.claimed, MessageState.handed)
        rows = session.scalars(select(Message).where(Message.state.in_(moving)).order_by(Message.due_at).limit(3))
        now = system.now(session)
        said = [f"{row.id} {row.kind} {row.state} {row.reason} due {row.due_at - now.business_at}" for row in rows]
        self._broken(f"No rest after half an hour ({now.state}): {'; '.join(said) or 'no message moves'}.")

    def judge(self, session: Session) -> None:
        """All is quiet: compare what was seen with what SQL says."""
        columns = (Message.id, Message.state, Message.kind, Message.customer_id, Message.enrollment_id, Message.step)
        rows = session.execute(select(*columns)).mappings().all()
        for row in rows:
            self.figures[f"{row['state'].value}"] += 1
            self._judge_message(row)
        self._judge_steps([row for row in rows if row["step"]])
        self._judge_days([row for row in rows if row["kind"] is MessageKind.check_in])
        self._judge_enrollments(session, rows)

    def _judge_message(self, row: RowMapping) -> None:
        took = row["id"] in self.taken_at
        if took and row["state"] not in MAY_HAVE_LEFT:
            self._broken(f"The provider took {row['id']}, which is {row['state']}.")
        if row["state"] is MessageState.accepted and not took:
            self._broken(f"{row['id']} counts as accepted, and the provider never took it.")
        if row["state"] not in OVER:
            self._broken(f"{row['id']} is {row['state']} when all is quiet.")
        hand, refunded = self.hands.get(row["id"]), self.refunded.get(row["enrollment_id"])
        if row["kind"] is MessageKind.check_in and hand and refunded is not None and hand.at > refunded:
            self._broken(f"{row['id']} passed the gate after its purchase was refunded.")

    def _judge_steps(self, rows: Sequence[RowMapping]) -> None:
        sent = Counter((row["enrollment_id"], row["step"]) for row in rows if row["id"] in self.taken_at)
        for (enrollment_id, step), count in sent.items():
            if count > 1:
                self._broken(f"Enrollment {enrollment_id} got the step {step} {count} times.")

    def _judge_days(self, rows: Sequence[RowMapping]) -> None:
        """What is in doubt counts."""
        out = [self.hands[row["id"]] for row in rows if row["state"] in MAY_HAVE_LEFT and row["id"] in self.hands]
        for (who, day), count in Counter((hand.customer_id, hand.day) for hand in out).items():
            if count > 1:
                self._broken(f"Customer {who} got {count} check-ins on {day}.")

    def _judge_enrollments(self, session: Session, rows: Sequence[RowMapping]) -> None:
        """Planned = settled + in doubt: who has walked to the end has every step, who was stopped all before it."""
        done: dict[int, set[str]] = defaultdict(set)
        for row in rows:
            if row["enrollment_id"] and row["step"]:
                done[row["enrollment_id"]].add(row["step"])
        columns = (Enrollment.id, Enrollment.version_id, Enrollment.state, Enrollment.first_step, Enrollment.reason)
        now = system.business_now(session)
        for walk in session.execute(select(*columns)).mappings():
            if walk["state"] in (EnrollmentState.active, EnrollmentState.paused):
                self._broken(f"Enrollment {walk['id']} still walks at the end ({now:%Y-%m-%d}).")
            elif walk["state"] is EnrollmentState.completed and walk["first_step"]:
                steps = [step.id for step in published.version(session, walk["version_id"]).campaign.steps]
                missing = set(steps[steps.index(walk["first_step"]) :]) - done[walk["id"]]
                if missing:
                    self._broken(f"Enrollment {walk['id']} is completed without a word on {sorted(missing)}.")


def noting(oracle: Oracle) -> list[tuple[Any, str, object]]:
    """Places at which the oracle stands beside the two gates."""

    def beside(look: Any) -> Any:
        def noted(session: Session, settings: Any, drafts: Sequence[Draft]) -> list[gate.Handed]:
            handed: list[gate.Handed] = look(session, settings, drafts)
            by_id = {each.message_id: each for each in drafts}
            at = system.business_now(session) if handed else None
            for each in handed:
                assert at is not None
                oracle.handed(by_id[each.message_id], at)
            return handed

        return noted

    count = breaker.count

    def counted(session: Session, tally: breaker.Tally, real_at: datetime) -> None:
        oracle.counted(tally)
        count(session, tally, real_at)

    gates = [(gate, "gate", beside(gate.gate)), (personal, "gate", beside(personal.gate))]
    return [*gates, (breaker, "count", counted)]
