"""ENVELOPE: where a mail really went. Our messages whose tokens stand in its envelope, and what each address was for.

Headers count for nothing: anybody may write anything into To, only the envelope says where a mail went.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from drip.models import fixed, once
from drip.models.message import Message
from drip.providers.sendgrid import inbound as sendgrid


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message of ours whose token stands in an envelope (columns of _ADDRESSED), and what the address was for:
    `reply` or `stop`."""

    purpose: str
    message: Row[Any]

    @property
    def message_id(self) -> str:
        return str(self.message.id)

    @property
    def customer_id(self) -> int:
        return int(self.message.customer_id)

    @property
    def to_address(self) -> str:
        return (self.message.to_address or "").lower()


def addressed(session: Session, envelope_to: Iterable[str], writer: str) -> list[Addressed]:
    """The customers' messages whose tokens stand in an envelope: those to the `writer` of the envelope first, else in
    its order."""
    named = [found for address in envelope_to if (found := sendgrid.token(address))]
    known = _by_tokens(session, [token for _, token in named])
    listed = [Addressed(purpose, known[token]) for purpose, token in named if token in known]
    return sorted(listed, key=lambda each: each.to_address != writer.lower())


def is_way_out(session: Session, envelope_to: Iterable[str], customer_id: int | None) -> bool:
    """Whether this customer's own address for unsubscribing stands in the envelope."""
    listed = [address for address in envelope_to if (sendgrid.token(address) or ("",))[0] == "stop"]
    return any(each.customer_id == customer_id for each in addressed(session, listed, ""))


def look_ahead(session: Session, envelopes: Iterable[Iterable[str]]) -> None:
    """Ask in one for the messages of many envelopes; not asked for again in this transaction."""
    listed = (sendgrid.token(address) for envelope in envelopes for address in envelope)
    _by_tokens(session, [found[1] for found in listed if found])


def _by_tokens(session: Session, tokens: Sequence[str]) -> dict[str, Row[Any]]:
    def ask(missing: list[str]) -> Iterator[tuple[str, Row[Any]]]:
        return ((row.reply_token, row) for row in fixed.run(session, _ADDRESSED, tokens=missing))

    found = once.asked(session, "addressed", tokens, ask)
    return {token: row for token, row in found.items() if row}


_SHOWN = (Message.kind, Message.step, Message.handed_at)  # by which people know it
_ADDRESSED = (
    select(Message.id, Message.reply_token, Message.customer_id, Message.to_address, Message.state, *_SHOWN)
    .where(fixed.among(Message.reply_token, "tokens"))
    .where(Message.customer_id.is_not(None))
)
