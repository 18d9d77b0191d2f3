"""HEADLINE: the subject of a notice, read on a phone between two customers: who, what, how urgent. Pure."""

from dataclasses import dataclass

from drip.models.handoff import Priority
from drip.models.reply import ReplyKind

LONGEST = 78  # RFC 5322 2.1.1; phones show half of it
LONGEST_NAME = 40
SAYS = {
    ReplyKind.problem: "has a problem",
    ReplyKind.praise: "has kind words",
    ReplyKind.buying: "thinks of buying",
    ReplyKind.referral: "knows somebody who may buy",
    ReplyKind.leaving: "thinks of leaving",
    ReplyKind.opt_out: "asked us to stop",
    ReplyKind.not_now: "asks us to wait",
    ReplyKind.wrong_person: "may be the wrong person",
}


@dataclass(frozen=True, slots=True)
class News:
    """What a notice is about: the customer's name, what they bought, and their words with their kind if they wrote,
    else `why` it came to a person. `mark`: what is known of the conversation already, as *Back again*."""

    who: str
    product: str
    kind: ReplyKind | None
    words: str
    why: str
    priority: Priority = Priority.medium
    mark: str = ""


def of(news: News) -> str:
    """At most LONGEST characters on one line; nothing that anybody wrote can end the line or hide in it."""
    who, words = _line(news.who)[:LONGEST_NAME].rstrip(), _line(news.words)
    said = f"{who} {_says(news)}" if news.kind else who
    what = words if news.kind else _line(news.why)
    urgent = "Urgent: " if news.priority is Priority.urgent else ""
    first = f"{urgent}{news.mark}: " if news.mark else urgent
    return _cut(f"{first}{said}: {what}" if what else f"{first}{said}")


def _says(news: News) -> str:
    if news.kind is ReplyKind.question:
        return f"asks about the {_line(news.product)}" if news.product else "asks"
    return SAYS.get(news.kind, "answered") if news.kind else ""


def _line(text: str) -> str:
    """Printable letters and single spaces: no line ends, no marks that turn the direction of writing."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
