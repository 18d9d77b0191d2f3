"""Every way of a message from a state to a state, as docs/send-path.md tells them."""

from typing import NamedTuple


class Arrow(NamedTuple):
    """One way from a state to a state, and what takes it."""

    start: str
    end: str
    why: str


# docs/send-path.md as a table. A change of state that does not stand here is a breach.
ARROWS = (
    Arrow("queued", "claimed", "claim"),
    Arrow("claimed", "claimed", "claim again, the lease has lapsed"),
    Arrow("claimed", "queued", "unclaim: lease lapsed, or its worker goes home"),
    Arrow("claimed", "handed", "gate: pass"),
    Arrow("claimed", "queued", "gate: not now"),
    Arrow("claimed", "skipped", "gate: never this step"),
    Arrow("claimed", "cancelled", "gate: stopped"),
    Arrow("handed", "accepted", "settle: 2xx"),
    Arrow("handed", "failed", "settle: refused"),
    Arrow("handed", "queued", "settle: not sent"),
    Arrow("handed", "cancelled", "settle: not sent, and the enrollment has ended"),
    Arrow("handed", "ambiguous", "settle: in doubt"),
    Arrow("handed", "ambiguous", "reconcile"),
    Arrow("ambiguous", "accepted", "settle: a late 2xx"),
    Arrow("queued", "cancelled", "stop"),
    Arrow("claimed", "cancelled", "stop"),
    Arrow("queued", "skipped", "marketing leaves it out"),
    Arrow("claimed", "skipped", "marketing leaves it out"),
    Arrow("queued", "queued", "rep writes in its place"),
    Arrow("claimed", "queued", "rep writes in its place"),
    Arrow("handed", "accepted", "event"),
    Arrow("ambiguous", "accepted", "event"),
)
