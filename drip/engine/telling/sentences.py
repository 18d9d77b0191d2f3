"""SAY WHY: one plain sentence for every state and reason. Pure: facts in, words out."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from drip.campaigns import definition
from drip.engine.telling import clauses, times
from drip.models.message import Delivery, Message, MessageKind, MessageState
from drip.models.reasons import Reason

# Each fits after "Skipped: ", "Cancelled: " and "put off, because ".
BECAUSE = {
    Reason.expired: "it could not go out within the days that we allow after its planned day",
    Reason.before_first_step: "its day had already gone by when the purchase came in",
    Reason.condition_false: "its condition did not hold for this purchase",
    Reason.missing_data: "the letter needs a fact that is not known",
    Reason.suppressed: "we must not write to this person or address",
    Reason.unsubscribed: "the customer asked us to stop",
    Reason.bounced: "mail to this address comes back",
    Reason.complained: "the customer marked our mail as spam",
    Reason.refunded: "the purchase was refunded",
    Reason.cancelled_purchase: "the purchase was cancelled",
    Reason.replied: "the customer answered, and a person has the word now",
    Reason.handoff_open: "the customer is in a conversation with one of us",
    Reason.cool_off: "the cool-off is not over: we leave some quiet days after an answer or a conversation",
    Reason.out_of_office: "the customer is away",
    Reason.not_now: "the customer asked us to come back later",
    Reason.capped: "the frequency cap is used up: another check-in has gone to this customer just before",
    Reason.outside_window: "it was outside the hours in which we write, by the customer's clock",
    Reason.superseded: "a newer purchase took the place of this one",
    Reason.campaign_paused: "the campaign is paused",
    Reason.system_paused: "all sending is paused",
    Reason.replaced_by_rep: "one of us left it out or wrote in its place",
    Reason.wrong_person: "the address belongs to somebody else",
    Reason.erased: "the customer's data has been erased",
    Reason.manual: "one of us decided so",
    Reason.changed: "something about the customer or the purchase changed at the last moment",
    Reason.not_listed: "in this mode mail goes only to addresses on the allowlist",
    Reason.provider_busy: "the mail provider asked us to slow down",
    Reason.provider_down: "the mail provider could not be reached",
    Reason.refused: "the mail provider will not take this mail",
    Reason.no_answer: "the mail provider did not answer",
    Reason.ramp: "our young domain had sent as much that day as it may",
    Reason.restored: "the database was restored, and it may have left before that",
    Reason.outage: "nothing could leave on its day, since Drip or the mail provider was down",
    Reason.merged: "the purchase belongs to another enrollment now",
}
# Each fits after "held back by ".
HELD_BY = {
    Reason.replied: "an answer of theirs, which a person had to read first",
    Reason.handoff_open: "a conversation with one of us",
    Reason.cool_off: "the cool-off, the quiet days after an answer or a conversation",
    Reason.out_of_office: "their absence",
    Reason.not_now: "their wish to hear from us later",
    Reason.capped: "the frequency cap, since another check-in had gone to them just before",
}
WHOSE_ZONE = {
    "customer": "the customer's own time zone",
    "country": "the only time zone of the customer's country",
    "company": "the company's time zone, since the customer's is not known",
}
_DELIVERY = {
    None: "Sent on {handed}; the mail provider has taken it.",
    Delivery.processed: "Sent on {handed}; the mail provider is delivering it.",
    Delivery.deferred: "Sent on {handed}; the customer's mail server asked to wait, and the provider tries again.",
    Delivery.delivered: "Sent on {handed} and delivered.",
    Delivery.bounced: "Sent on {handed}, but it came back{detail}.",
    Delivery.dropped: "Given to the mail provider on {handed}, which did not deliver it{detail}.",
    Delivery.complained: "Sent on {handed}; the customer marked it as spam.",
}
_STATES = {
    MessageState.claimed: "On its way: it is being written and looked at once more before it goes.",
    MessageState.handed: "Handed to the mail provider on {handed}; the answer is not in yet.",
    MessageState.failed: "Not sent, because {because}{detail}.",
    MessageState.skipped: "Skipped, because {because}{detail}.",
    MessageState.cancelled: "Cancelled, because {because}{detail}.",
    MessageState.ambiguous: (
        "Handed to the mail provider on {handed}, which did not answer: it may have arrived or not. "
        "It is not sent again by itself."
    ),
    MessageState.presumed_lost: (
        "Handed to the mail provider on {handed}, and nothing was heard of it since: most likely it never arrived. "
        "It is not sent again by itself."
    ),
}
RESTORED = (
    "It was due before the database was restored to an older state: it may have been sent or not. "
    "It is not sent again by itself."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step's date comes from: its day, the anchor's local date and name, the zone and whose zone it is."""

    day: int
    anchor_on: date
    anchor: Literal["purchased_at", "delivered_at"]
    zone: ZoneInfo
    whose: Literal["customer", "country", "company"]


def counted(number: int, what: str) -> str:
    """1 row, 2 rows."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def of_message(message: Message, zone: ZoneInfo) -> str:
    """Why a message is in the state in which it is."""
    if message.state is MessageState.queued:
        return _queued(message, zone)
    words = {
        "handed": _at(message.handed_at, zone),
        "because": because(message.reason),
        "detail": f" ({message.detail})" if message.detail else "",
    }
    if message.state is MessageState.accepted:
        return _DELIVERY[message.delivery].format_map(words)
    if message.state is MessageState.ambiguous and message.handed_at is None:
        return RESTORED
    return _STATES[message.state].format_map(words)


def planned(at: datetime, place: Place) -> str:
    """The date of a step to come, and how it follows from the purchase."""
    what = "handover" if place.anchor == "delivered_at" else "purchase"
    moved = (at.astimezone(place.zone).date() - place.anchor_on).days - place.day
    shift = f", moved on by {_days(moved)} to a day on which we write" if moved > 0 else ""
    return (
        f"Planned for {times.at(at, place.zone)}: day {place.day} after the {what} on {times.on(place.anchor_on)}"
        f"{shift}, in {WHOSE_ZONE[place.whose]} ({place.zone.key})."
    )


def held_back(at: datetime, place: Place, reason: Reason, *, until: datetime | None = None) -> str:
    """A step to come that something keeps back at present."""
    end = f" until {times.at(until, place.zone)}" if until else ""
    return f"Planned for {times.at(at, place.zone)}, but held back{end}, because {because(reason)}."


def put_off(at: datetime, due_at: datetime, place: Place) -> str:
    """A step that waits for a later instant than the one planned."""
    return f"Planned for {times.at(at, place.zone)}, put off to {times.at(due_at, place.zone)}."


def would_be_skipped(at: datetime, place: Place, unmet: str) -> str:
    """A step whose condition does not hold as things stand; `unmet`: that condition, as a clause."""
    when = times.at(at, place.zone)
    return f"Planned for {when}; as things stand it will be skipped, because it goes out only if {unmet}."


def left_out(unmet: str) -> str:
    """The same where it stands before the check-in that would leave in its place."""
    return f"As things stand it is left out, because it goes out only if {unmet}."


def was_skipped(condition: str) -> str:
    """A step whose condition, told as a clause, did not hold when its time came."""
    return f"Skipped, because it goes out only if {condition}, and that was not so."


def moved(planned_at: datetime, reason: Reason, zone: ZoneInfo) -> str:
    """What made a check-in leave later than planned; it follows the sentence that tells when it left."""
    return f"It was planned for {times.at(planned_at, zone)} and held back by {HELD_BY.get(reason, 'a hold')}."


def due(at: datetime, place: Place) -> str:
    """A step whose time has come."""
    return f"Due since {times.at(at, place.zone)}: it goes out with the next round."


def before_first(at: datetime, place: Place) -> str:
    """A step whose day had gone by at enrollment: no message was ever written for it."""
    return f"Never sent: its day, {times.on(at.astimezone(place.zone).date())}, had gone by when the purchase came in."


def gone_by(at: datetime, place: Place) -> str:
    """A step that was passed over when the purchase's dates moved."""
    return f"Passed over: its day, {times.on(at.astimezone(place.zone).date())}, had gone by when the dates changed."


def ended(reason: Reason | None) -> str:
    """A step that an enrollment did not live to see."""
    return f"Not sent, because {because(reason)}." if reason else "Not sent: the campaign had ended for this purchase."


def not_enrolled(campaign: definition.Campaign, *, fits: bool) -> str:
    """A campaign that the customer does not walk; `fits` when a purchase of theirs is one that it is for."""
    if fits:
        return (
            f"Not enrolled: a purchase of theirs is one that “{campaign.title}” is for, but when it came in "
            "the campaign was not taking it (not published yet or paused, or we must not write to them)."
        )
    what = clauses.said(campaign.match)
    return f"Not enrolled: “{campaign.title}” is for purchases where {what}, and none of theirs is one."


def because(reason: Reason | None) -> str:
    """The reason as a clause."""
    return BECAUSE[reason] if reason else "no reason was written down"


def _queued(message: Message, zone: ZoneInfo) -> str:
    if message.reason is None:
        return f"Waiting for its turn since {_at(message.due_at, zone)}."
    return f"Put off to {_at(message.due_at, zone)}, because {because(message.reason)}.{_first_plan(message, zone)}"


def _first_plan(message: Message, zone: ZoneInfo) -> str:
    late = message.kind is MessageKind.check_in and message.planned_at < message.due_at
    return f" It was planned for {times.at(message.planned_at, zone)}." if late else ""


def _at(instant: datetime | None, zone: ZoneInfo) -> str:
    return times.at(instant, zone) if instant else "a moment that was not written down"


def _days(number: int) -> str:
    return f"{number} day{'s' if number > 1 else ''}"
