"""Everything that happened to one customer, in one list, each with its reason. Pure: rows in, moments out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from drip.engine.telling import sentences
from drip.models.customer import Hold
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.handoff import Handoff, Resolution
from drip.models.message import Message, MessageKind, MessageState
from drip.models.purchase import PurchaseStatus
from drip.models.reply import MACHINES, Reply, ReplyKind
from drip.models.suppression import Suppression
from drip.web.reading import people

Tone = Literal["done", "next", "off", "bad", ""]
TONES: dict[MessageState, Tone] = {
    MessageState.accepted: "done",
    MessageState.handed: "next",
    MessageState.claimed: "next",
    MessageState.queued: "next",
    MessageState.failed: "bad",
    MessageState.ambiguous: "bad",
    MessageState.presumed_lost: "bad",
    MessageState.skipped: "off",
    MessageState.cancelled: "off",
}
WORDS = 160  # characters of a reply in the list
RESOLVED = {
    Resolution.resume: "The check-ins go on after some quiet days.",
    Resolution.resume_on: "The check-ins go on from a day that was named.",
    Resolution.take_over: "A person writes from here on.",
    Resolution.stop: "All check-ins have ended.",
}
OURS = {ReplyKind.bounce: "Our mail came back", ReplyKind.own_copy: "One of us wrote, with a copy to here",
        ReplyKind.complaint: "They marked our mail as spam"}  # fmt: skip
KINDS = {MessageKind.answer: "Answer", MessageKind.notice: "Notice"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when, what, and why."""

    at: datetime
    what: str
    why: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Titles of campaigns by enrollment, what is told of a check-in by its message's id, and the zone in which this
    customer's days are counted."""

    titles: dict[int, str]
    told: dict[str, str]
    zone: ZoneInfo


def moments(past: people.Past, suppressions: Sequence[Suppression], names: Names) -> list[Moment]:
    """The newest first."""
    told = [
        *_purchases(past),
        *_enrollments(past.enrollments, names),
        *(_message(message, names) for message in past.messages),
        *_holds(past.holds),
        *_suppressions(suppressions, past.messages),
        *_replies(past.replies),
        *_handoffs(past.handoffs),
    ]
    return sorted(told, key=lambda moment: moment.at)[::-1]


def _purchases(past: people.Past) -> Iterator[Moment]:
    for row in past.purchases:
        yield Moment(row.purchased_at, f"Bought {row.product_name}", f"Order {row.external_id} of {row.source}.")
        if row.delivered_at:
            yield Moment(row.delivered_at, f"{row.product_name} handed over")
        if row.status is not PurchaseStatus.paid:
            why = f"Its check-ins end here.{_crossed(past.messages, row.status_at)}"
            yield Moment(row.status_at, f"{row.product_name} {row.status}", why, "off")
        elif row.updated_at > row.created_at:
            yield Moment(row.updated_at, f"{row.product_name}: details changed", "The shop sent an update.")
    for promise in past.promises:
        due = f"By {promise.due_on}." if promise.due_on else ""
        yield Moment(promise.changed_at, f"Promise {promise.state}: {promise.text}", due)


def _enrollments(enrollments: Sequence[Enrollment], names: Names) -> Iterator[Moment]:
    for row in enrollments:
        title = names.titles.get(row.id, "a campaign")
        yield Moment(row.enrolled_at, f"Joined “{title}”")
        if row.ended_at and row.state is EnrollmentState.completed:
            why = "Every check-in has had its turn." if row.first_step else "All its days had gone by already."
            yield Moment(row.ended_at, f"“{title}” is complete", why)
        elif row.ended_at:
            yield Moment(row.ended_at, f"Left “{title}”", _sentence(sentences.because(row.reason)), "off")


def _message(row: Message, names: Names) -> Moment:
    at = row.handed_at or row.settled_at or row.created_at
    what = KINDS.get(row.kind) or f"Check-in {row.step}"
    return Moment(at, what, names.told.get(row.id) or sentences.of_message(row, names.zone), TONES[row.state])


def _holds(holds: Sequence[Hold]) -> Iterator[Moment]:
    for row in holds:
        yield Moment(row.since, "Check-ins held back", _sentence(sentences.because(row.reason)), "next")
        if row.released_at:
            yield Moment(row.released_at, "Check-ins may go on")


def _suppressions(suppressions: Sequence[Suppression], messages: Sequence[Message]) -> Iterator[Moment]:
    for row in suppressions:
        why = _sentence(sentences.because(row.reason)) + (f" {row.detail}" if row.detail else "")
        yield Moment(row.since, "We stopped writing", f"{why}{_crossed(messages, row.since)}", "bad")
        if row.lifted_at:
            yield Moment(row.lifted_at, "We may write again")


def _replies(replies: Sequence[Reply]) -> Iterator[Moment]:
    for row in replies:
        words = " ".join(row.new_text[:WORDS].split())
        kind, is_machine = row.kind.replace("_", " "), row.kind in MACHINES
        said = OURS.get(row.kind) or (f"A machine of theirs: {kind}" if is_machine else f"They wrote: {kind}")
        yield Moment(row.received_at, said, f"“{words}”" if words else "", "" if is_machine else "next")


def _handoffs(handoffs: Sequence[Handoff]) -> Iterator[Moment]:
    for row in handoffs:
        yield Moment(row.opened_at, "Handed to a person", row.why, "next")
        if row.closed_at and row.resolution:
            yield Moment(row.closed_at, "Conversation closed", f"{RESOLVED[row.resolution]} ({row.closed_by})", "done")


def _crossed(messages: Sequence[Message], stop_at: datetime) -> str:
    """What the gate had let pass when the stop came, and the provider had not yet taken."""
    on_its_way = (
        row.handed_at and row.handed_at <= stop_at and (row.settled_at is None or row.settled_at > stop_at)
        for row in messages
        if row.kind is MessageKind.check_in
    )
    return " A check-in was on its way already and crossed with it in the post." if any(on_its_way) else ""


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."
