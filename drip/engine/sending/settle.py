"""SETTLE: write down what is known about handed messages. Conditional on `handed` and the attempt; events win."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.engine.sending import breaker, stop_all
from drip.models import campaign, change, customer, enrollment, fixed, message, outbox, system
from drip.models.change import Change, Values
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.providers.sendgrid.send import Outcome, Result

AGAIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of one attempt at one message."""

    message_id: str
    attempt: int
    outcome: Outcome

    @property
    def is_plain(self) -> bool:
        """Taken by the provider, and no reason for anybody to wait."""
        return self.outcome.result is Result.accepted and not self.outcome.wait_seconds


def along(session: Session, settlements: Sequence[Settlement]) -> int:
    """Write plain acceptances in a gate's own transaction, after it: one durable commit serves both. How many; none
    where they are news to the fleet (the breaker is being tested, a campaign's refusals end), which is `settle`'s."""
    if not settlements or not all(each.is_plain for each in settlements):
        return 0
    moment = system.moment(session)
    if moment.refusing or moment.provider.state is not system.BreakerState.closed:
        return 0
    _accepted(session, settlements, moment.now)
    return len(settlements)


def settle(session: Session, settlements: Sequence[Settlement], told_already: int = 0) -> None:
    """Write a batch of outcomes, and what the fleet has to know of them; `told_already` acceptances went `along`.

    Locks in the gate's order: system, campaigns, customers, messages; else the two could wait for each other.
    """
    now = system.now(session)
    settlements = _still_open(session, settlements)
    by_result = {result: [each for each in settlements if each.outcome.result is result] for result in Result}
    _tell_fleet(session, by_result, now, told_already)
    _count_refusals(session, by_result, now)
    _lock_customers(session, [each for each in settlements if each.outcome.result in (Result.refused, *_COME_BACK)])
    _accepted(session, by_result[Result.accepted], now)
    _in_doubt(session, by_result[Result.ambiguous])
    _refused(session, by_result[Result.refused], now)
    for result, reason in _COME_BACK.items():
        _put_back(session, by_result[result], reason, now)


_COME_BACK = {
    Result.stale: Reason.changed,
    Result.unreachable: Reason.provider_down,
    Result.busy: Reason.provider_busy,
    Result.locked_out: Reason.system_paused,
}


def _still_open(session: Session, settlements: Sequence[Settlement]) -> list[Settlement]:
    """Without those that are settled already: a batch that is written again counts nothing twice."""
    rows = fixed.run(session, _STILL_OPEN, ids=[each.message_id for each in settlements])
    states = {(row.id, row.attempt): row.state for row in rows}
    return [each for each in settlements if _may_settle(each, states.get((each.message_id, each.attempt)))]


_OPEN = (MessageState.handed, MessageState.ambiguous)
_STILL_OPEN = select(Message.id, Message.attempt, Message.state).where(
    fixed.among(Message.id, "ids"), Message.state.in_(_OPEN)
)


def _may_settle(each: Settlement, state: MessageState | None) -> bool:
    """A late 202 is still proof, after the reconciler had given the request up; a late anything else is not."""
    return state is MessageState.handed or (state in _OPEN and each.outcome.result is Result.accepted)


def _tell_fleet(
    session: Session, by_result: dict[Result, list[Settlement]], now: system.Now, told_already: int
) -> None:
    if by_result[Result.locked_out]:
        said = by_result[Result.locked_out][0].outcome.detail
        stop_all.pause(session, "drip", f"the provider refuses our key ({said})")
    answered = told_already + len(by_result[Result.accepted]) + len(by_result[Result.refused])
    tally = breaker.Tally(answered, len(by_result[Result.ambiguous]))
    if tally.answered or tally.ambiguous:
        breaker.count(session, tally, now.real_at)
    limited = (*by_result[Result.busy], *by_result[Result.accepted])
    if wait := max((each.outcome.wait_seconds for each in limited), default=0.0):
        breaker.busy(session, now.real_at + timedelta(seconds=wait))
    if by_result[Result.unreachable]:
        breaker.unreachable(session, now.real_at)


def _count_refusals(session: Session, by_result: dict[Result, list[Settlement]], now: system.Now) -> None:
    campaign.forget_refusals(session, [each.message_id for each in by_result[Result.accepted]])
    said = {each.message_id: each.outcome.detail for each in by_result[Result.refused]}
    for message_id, campaign_id in message.campaigns_of(session, list(said)):
        campaign.count_refusal(session, campaign_id, said[message_id], now.business_at)


def _lock_customers(session: Session, settled: Sequence[Settlement]) -> None:
    ids = [each.message_id for each in settled]
    if ids:
        who = session.scalars(select(Message.customer_id).where(Message.id.in_(ids)))
        customer.lock(session, [each for each in who if each is not None])


def _accepted(session: Session, settled: Sequence[Settlement], now: system.Now) -> None:
    at = now.business_at
    rows = [(each.outcome.provider_id, at, each.message_id, each.attempt) for each in settled]
    change.apply(session, _ACCEPTED, sorted(rows, key=_by_id))


def _by_id(row: Values) -> str:
    return str(row[-2])


def _in_doubt(session: Session, settled: Sequence[Settlement]) -> None:
    """Nobody tries again: an event or a reply that carries the message's id will say what happened."""
    rows = [(each.outcome.detail, each.message_id, each.attempt) for each in settled]
    change.apply(session, _IN_DOUBT, sorted(rows, key=_by_id))


def _refused(session: Session, settled: Sequence[Settlement], now: system.Now) -> None:
    """This mail will never be taken: it fails, and its day is given back."""
    for each in settled:
        row = outbox.lock_handed(session, each.message_id, each.attempt)
        if row is not None:
            row.state, row.reason, row.detail = MessageState.failed, Reason.refused, each.outcome.detail
            row.settled_at = now.business_at
            _give_back(session, row)


def _put_back(session: Session, settled: Sequence[Settlement], reason: Reason, now: system.Now) -> None:
    """Certainly not sent: back to the queue, and the enrollment's pointer back to this step."""
    for each in settled:
        row = outbox.lock_handed(session, each.message_id, each.attempt)
        if row is not None:
            row.state, row.reason, row.detail = MessageState.queued, reason, each.outcome.detail
            row.due_at = now.business_at + _pause_before(each.outcome)
            _give_back(session, row)
            _reopen(session, row, now)


def _reopen(session: Session, row: Message, now: system.Now) -> None:
    """The enrollment stands at this step again; where it has ended meanwhile, the check-in ends with it. A rep's words
    in a step's place go out whatever becomes of the plan, which has moved on when they were written."""
    if row.kind is not MessageKind.check_in or row.enrollment_id is None or row.step is None:
        return
    if not enrollment.point_back(session, row.enrollment_id, row.step, row.planned_at):
        row.state, row.reason, row.settled_at = MessageState.cancelled, Reason.superseded, now.business_at


def _pause_before(outcome: Outcome) -> timedelta:
    """Before the next attempt: none when only we were slow."""
    if outcome.result is Result.stale:
        return timedelta()
    return timedelta(seconds=outcome.wait_seconds) if outcome.wait_seconds else AGAIN


def _give_back(session: Session, row: Message) -> None:
    if row.customer_id is not None and row.contact_day is not None:
        customer.uncount_contact(session, row.customer_id, row.contact_day)
        row.contact_day = None


_ATTEMPT = ("id", "attempt")
_ACCEPTED = Change(
    Message,
    ("provider_id", "settled_at"),
    "state = 'accepted', reason = NULL, detail = ''",
    _ATTEMPT,
    "messages.state IN ('handed', 'ambiguous')",
)
_IN_DOUBT = Change(
    Message, ("detail",), "state = 'ambiguous', reason = 'no_answer'", _ATTEMPT, "messages.state = 'handed'"
)
