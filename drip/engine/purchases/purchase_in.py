"""A purchase that came in: plain values, checked, whichever door it came by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from pydantic import ValidationError

from drip import errors
from drip.engine.purchases import purchase_json
from drip.models.purchase import PurchaseStatus

MOST_PROMISES = purchase_json.MOST_PROMISES


class ProductIn(NamedTuple):
    """What was bought."""

    name: str
    sku: str | None = None
    category: str | None = None


class CustomerIn(NamedTuple):
    """Who bought it; the address is the key."""

    email: str
    first_name: str = ""
    last_name: str = ""
    timezone: str | None = None
    country: str | None = None
    locale: str | None = None


class PromiseIn(NamedTuple):
    """What was promised with it."""

    text: str
    due_on: date | None = None


class ConsentIn(NamedTuple):
    """Why we may write to this person."""

    basis: str | None = None
    at: datetime | None = None


class PurchaseIn(NamedTuple):
    """One purchase. Times without an offset are on the clock of the customer's zone (row, else what we know, else
    the country's only one, else the company's); a date without a time is noon of that day."""

    source: str
    external_id: str
    purchased_at: datetime
    product: ProductIn
    customer: CustomerIn
    delivered_at: datetime | None = None
    status: PurchaseStatus = PurchaseStatus.paid
    source_updated_at: datetime | None = None
    amount: Decimal | None = None
    currency: str | None = None
    rep_email: str | None = None
    promises: tuple[PromiseIn, ...] = ()
    consent: ConsentIn | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What the purchase is known by: (source, external_id)."""
        return self[:2]


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is its path, such as `customer.email`."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field} {self.message}" if self.field else self.message


class InvalidPurchaseError(errors.DripError):
    """A purchase that cannot be taken as it is; `problems` names every field that is wrong."""

    def __init__(self, problems: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def parse(raw: object) -> PurchaseIn:
    """A purchase from decoded JSON; raises InvalidPurchaseError with every mistake."""
    if not isinstance(raw, Mapping):
        raise InvalidPurchaseError((FieldError("", "A purchase is a JSON object."),))
    try:
        said = purchase_json.PurchaseJson.model_validate(raw)
    except ValidationError as error:
        found = purchase_json.readable(error)
        raise InvalidPurchaseError(tuple(FieldError(*each) for each in found)) from None
    told = vars(said) | {
        "product": ProductIn(**vars(said.product)),
        "customer": CustomerIn(**vars(said.customer)),
        "promises": tuple(PromiseIn(**vars(each)) for each in said.promises),
        "consent": said.consent and ConsentIn(**vars(said.consent)),
    }
    return PurchaseIn(**told)
