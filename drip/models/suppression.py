"""An address or a person that we must not write to: since when, why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import fixed
from drip.models.base import Base, Id, words
from drip.models.reasons import Reason


class Suppression(Base):
    """Holds for the person (`customer_id`), for the address (its HMAC, which survives erasure), or for both."""

    __tablename__ = "suppressions"
    __table_args__ = (Index(None, "customer_id"), Index(None, "address_hash"))

    id: Mapped[Id]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    address_hash: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[Reason] = mapped_column(words(Reason))
    detail: Mapped[str] = mapped_column(String(300), default="")
    since: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Whom and which addresses must not be written to, of those asked about."""

    people: dict[int, Reason]
    addresses: dict[str, Reason]

    def reason(self, customer_id: int, address_hash: str) -> Reason | None:
        """Why not to write to this person at this address; None when we may."""
        return self.people.get(customer_id) or self.addresses.get(address_hash)


def any_in_force(session: Session) -> bool:
    """Whether we must not write to somebody at all; most houses that import their first sheet bar nobody."""
    return fixed.run(session, _ANY).first() is not None


_ANY = select(Suppression.id).where(Suppression.lifted_at.is_(None)).limit(1)


def among(session: Session, customer_ids: Iterable[int], address_hashes: Iterable[str]) -> Suppressed:
    """The suppressions in force for these people and addresses."""
    found = fixed.run(session, _IN_FORCE, people=list(customer_ids), addresses=list(address_hashes)).all()
    return Suppressed(
        {row.customer_id: row.reason for row in found if row.customer_id is not None},
        {row.address_hash: row.reason for row in found if row.address_hash is not None},
    )


_IN_FORCE = select(Suppression.customer_id, Suppression.address_hash, Suppression.reason).where(
    Suppression.lifted_at.is_(None),
    or_(fixed.among(Suppression.customer_id, "people"), fixed.among(Suppression.address_hash, "addresses")),
)
