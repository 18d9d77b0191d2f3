"""REPLAN: the anchor or the zone moved, so the dates of what is still to come move too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, bindparam, update
from sqlalchemy.orm import Session

from drip import db, tokens
from drip.campaigns import calendar, published
from drip.engine.purchases import enroll_terms
from drip.engine.sending import plan
from drip.models import enrollment, message
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason

WAITING = (MessageState.queued, MessageState.claimed)
GONE_BY = "The dates moved, and this day had gone by already."


@dataclass(frozen=True, slots=True)
class _Walk:
    """One enrollment: its year by the new dates, what of it is ahead, the step under way, the steps done with."""

    row: RowMapping
    anchor_at: datetime
    year: tuple[plan.Planned, ...]
    ahead: tuple[plan.Planned, ...]
    under_way: RowMapping | None
    done: frozenset[str]

    @property
    def is_begun(self) -> bool:
        return bool(self.done or self.under_way)


@dataclass(frozen=True, slots=True)
class _Course:
    """What a walk becomes: its next step, whether that step's message goes on, and the steps left behind."""

    walk: _Walk
    to: plan.Planned | None
    keeps_message: bool
    passed: tuple[plan.Planned, ...]

    @property
    def is_news(self) -> bool:
        row = self.walk.row
        before = (row["next_step"], row["planned_at"], row["anchor_at"])
        return before != (*((self.to.step, self.to.at) if self.to else (None, None)), self.walk.anchor_at)


def replan(session: Session, purchase_ids: Iterable[int], customer_ids: Iterable[int], now: datetime) -> list[int]:
    """Plan anew what these purchases and customers walk; the ids of the customers whose plans changed.

    The caller holds the customers' locks. No step is sent whose day has gone by (promise 7), unless it was put off
    and its date has not moved, or a pause is being made up for. A step that is under way but not handed moves with its
    message; after one that was handed, only what follows it is planned. While nothing was sent, the year starts anew:
    so a handover that we learn of late brings back the first steps.
    """
    rows = enrollment.lock_to_replan(session, purchase_ids, customer_ids)
    if not rows:
        return []
    walks = _startable(session, _walks(session, rows, now))
    courses = [course for course in map(_course, walks) if course.is_news]
    _write_enrollments(session, courses, now)
    _write_messages(session, courses, now)
    return sorted({course.walk.row["customer_id"] for course in courses})


def _walks(session: Session, rows: Sequence[RowMapping], now: datetime) -> list[_Walk]:
    rules = published.rules(session)
    sent: dict[int, list[RowMapping]] = {row["id"]: [] for row in rows}
    for each in message.check_ins_of(session, list(sent)):
        sent[each["enrollment_id"]].append(each)
    versions = {row["version_id"]: published.version(session, row["version_id"]) for row in rows}
    return [_walk(row, versions[row["version_id"]], rules, sent[row["id"]], now) for row in rows]


def _walk(
    row: RowMapping, version: published.Version, rules: published.Rules, sent: list[RowMapping], now: datetime
) -> _Walk:
    anchor_at = enroll_terms.anchor(version.campaign, row["purchased_at"], row["delivered_at"])
    anchor_at += timedelta(days=row["shift_days"])
    zone = rules.zone(row["timezone"], row["country"])
    year = tuple(plan.year(plan.Frame(version.campaign, anchor_at, zone, rules.hours)))
    today = calendar.local_date(now, zone)
    ahead = tuple(planned for planned in year if calendar.local_date(planned.at, zone) >= today)
    waiting = next((each for each in sent if each["state"] in WAITING), None)
    done = frozenset(each["step"] for each in sent if each is not waiting)
    return _Walk(row, anchor_at, year, ahead, waiting, done)


def _startable(session: Session, walks: Sequence[_Walk]) -> list[_Walk]:
    """Without those that ended for want of days and cannot start: something was sent, or a rival purchase walks."""
    ended = [walk for walk in walks if walk.row["state"] is EnrollmentState.completed]
    rivals = enrollment.of_customers(session, {walk.row["customer_id"] for walk in ended}) if ended else ()
    blocked = [walk for walk in ended if walk.is_begun or any(_is_rival(walk.row, row) for row in rivals)]
    return [walk for walk in walks if walk not in blocked]


def _is_rival(mine: RowMapping, other: RowMapping) -> bool:
    same = other["campaign_id"] == mine["campaign_id"] and other["customer_id"] == mine["customer_id"]
    ahead = other["state"] in enrollment.WALKING or other["purchased_at"] > mine["purchased_at"]
    return bool(mine["exclusive"] and same and ahead and other["id"] != mine["id"])


def _course(walk: _Walk) -> _Course:
    steps = [planned.step for planned in walk.year]
    under_way = walk.under_way["step"] if walk.under_way else None
    kept = next((planned for planned in walk.ahead if planned.step == under_way), None)
    if kept := kept or _late(walk):
        return _Course(walk, kept, under_way is not None, ())
    over = walk.done | {under_way} if under_way else walk.done
    start = max((steps.index(step) + 1 for step in over if step in steps), default=0)
    to = next((planned for planned in walk.ahead if steps.index(planned.step) >= start), None)
    return _Course(walk, to, False, walk.year[start : steps.index(to.step) if to else len(steps)])


def _late(walk: _Walk) -> plan.Planned | None:
    """The present step if it is late and stays planned as it was: a hold, a cap or an outage put it off, or it was
    missed in a pause and is made up for."""
    step, at = walk.row["next_step"], walk.row["planned_at"]
    if step is None or any(planned.step == step for planned in walk.ahead):
        return None
    now = plan.Planned(step, at)
    return now if now in walk.year or step == walk.row["made_up_step"] else None


def _write_enrollments(session: Session, courses: Sequence[_Course], now: datetime) -> None:
    if courses:
        session.connection().execute(_MOVED, [_enrollment(course, now) for course in courses])


def _enrollment(course: _Course, now: datetime) -> dict[str, object]:
    walk, to = course.walk, course.to
    over = Reason.before_first_step if not walk.is_begun else None
    walking = walk.row["state"] if walk.row["state"] in enrollment.WALKING else EnrollmentState.active
    return {
        "key": walk.row["id"],
        "anchor": walk.anchor_at,
        "first": walk.row["first_step"] if walk.is_begun else to and to.step,
        "next": to and to.step,
        "planned": to and to.at,
        "due": to.at if to and not course.keeps_message else None,
        "off": course.keeps_message,
        "standing": walking if to else EnrollmentState.completed,
        "why": (walk.row["reason"] if walking is EnrollmentState.paused else None) if to else over,
        "ended": None if to else now,
    }


def _write_messages(session: Session, courses: Sequence[_Course], now: datetime) -> None:
    run = session.connection().execute
    waiting = [course for course in courses if course.walk.under_way is not None]
    if moved := [_moved(course) for course in waiting if course.keeps_message]:
        run(_PUT_BACK, moved)
    if skipped := [_skipped(course, now) for course in waiting if not course.keeps_message]:
        run(_SKIPPED, skipped)
    if passed := [_passed(course, each, now) for course in courses if course.walk.is_begun
                  for each in course.passed]:  # fmt: skip
        run(db.insert(session, Message).on_conflict_do_nothing(), passed)


def _moved(course: _Course) -> dict[str, object]:
    assert course.walk.under_way is not None
    assert course.to is not None
    return {"key": course.walk.under_way["id"], "at": course.to.at}


def _skipped(course: _Course, now: datetime) -> dict[str, object]:
    assert course.walk.under_way is not None
    return {"key": course.walk.under_way["id"], "at": now}


def _passed(course: _Course, planned: plan.Planned, now: datetime) -> dict[str, object]:
    """A step between one that was sent and the next: it says in the ledger why it never left."""
    row = course.walk.row
    return {
        "id": tokens.new_id(),
        "kind": MessageKind.check_in,
        "dedupe_key": message.step_key(row["id"], planned.step),
        "customer_id": row["customer_id"],
        "enrollment_id": row["id"],
        "campaign_id": row["campaign_id"],
        "version_id": row["version_id"],
        "step": planned.step,
        "state": MessageState.skipped,
        "reason": Reason.before_first_step,
        "detail": GONE_BY,
        "created_at": now,
        "planned_at": planned.at,
        "due_at": planned.at,
        "settled_at": now,
        "fence": 0,
        "attempt": 0,
    }


_enrollments, _messages = Enrollment.__table__, Message.__table__
_MOVED = (
    update(_enrollments)  # type: ignore[arg-type]
    .where(_enrollments.c.id == bindparam("key"))
    .values(
        anchor_at=bindparam("anchor"), first_step=bindparam("first"), next_step=bindparam("next"),
        planned_at=bindparam("planned"), next_due_at=bindparam("due"), put_off=bindparam("off"),
        state=bindparam("standing"),
        reason=bindparam("why"), ended_at=bindparam("ended"), version=_enrollments.c.version + 1,
    )
)  # fmt: skip
_fenced = {"lease_token": None, "lease_until": None, "fence": _messages.c.fence + 1}
_waiting = (_messages.c.id == bindparam("key"), _messages.c.state.in_(WAITING))
_PUT_BACK = (
    update(_messages)  # type: ignore[arg-type]
    .where(*_waiting)
    .values(state=MessageState.queued, planned_at=bindparam("at"), due_at=bindparam("at"), **_fenced)
)
_SKIPPED = (
    update(_messages)  # type: ignore[arg-type]
    .where(*_waiting)
    .values(state=MessageState.skipped, reason=Reason.before_first_step, detail=GONE_BY,
            settled_at=bindparam("at"), **_fenced)
)  # fmt: skip
