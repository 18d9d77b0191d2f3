"""A purchase as a shop sends it: checked field by field, every mistake said at once."""

import difflib
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from drip import errors
from drip.engine.purchases import purchase_fields as fields
from drip.models.purchase import PurchaseStatus

MOST_PROMISES = 20
SHORT = 300  # letters


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


def _status(value: object) -> PurchaseStatus:
    word = fields.line(value, 40).lower()
    try:
        return PurchaseStatus(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a status; choose one of {', '.join(PurchaseStatus)}") from None


Reader = Callable[[object], object]


def _name(value: object) -> str:
    return "" if value is None else fields.line(value, 200)


def _identifier(most: int) -> Reader:
    return lambda value: fields.identifier(value, most)


def _code(most: int) -> Reader:
    return lambda value: fields.line(value, most) or None


def _given(reader: Reader) -> Reader:
    """None for what is blank: shops write "" where they know nothing."""

    def read(value: object) -> object:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return reader(value)

    return read


def _one_of_few(reader: Reader) -> BeforeValidator:
    """For fields that say the same again and again: what was read once is remembered, if it is short and right."""
    known = functools.lru_cache(maxsize=1024)(reader)
    return BeforeValidator(
        lambda value: known(value) if isinstance(value, str) and len(value) < SHORT else reader(value)
    )


_CLOSED = ConfigDict(strict=True, extra="forbid", frozen=True)

Name = Annotated[str, BeforeValidator(_name), Field(max_length=200)]
Code = Annotated[str | None, _one_of_few(_given(_code(120)))]
Moment = Annotated[datetime, BeforeValidator(fields.moment)]
MaybeMoment = Annotated[datetime | None, BeforeValidator(_given(fields.moment))]


class ProductIn(BaseModel):
    """What was bought."""

    model_config = _CLOSED
    name: Annotated[str, _one_of_few(_identifier(300))]
    sku: Code = None
    category: Code = None


class CustomerIn(BaseModel):
    """Who bought it; the address is the key."""

    model_config = _CLOSED
    email: Annotated[str, BeforeValidator(fields.address)]
    first_name: Name = ""
    last_name: Name = ""
    timezone: Annotated[str | None, _one_of_few(_given(fields.zone))] = None
    country: Annotated[str | None, _one_of_few(_given(fields.country))] = None
    locale: Annotated[str | None, _one_of_few(_given(fields.locale))] = None


class PromiseIn(BaseModel):
    """What was promised with it."""

    model_config = _CLOSED
    text: Annotated[str, BeforeValidator(_identifier(300))]
    due_on: Annotated[date | None, _one_of_few(_given(fields.day))] = None


class ConsentIn(BaseModel):
    """Why we may write to this person."""

    model_config = _CLOSED
    basis: Annotated[str | None, BeforeValidator(_given(_code(60)))] = None
    at: MaybeMoment = None


class PurchaseIn(BaseModel):
    """One purchase. Times without an offset are on the clock of the customer's zone (row, else what we know, else
    the country's only one, else the company's); a date without a time is noon of that day."""

    model_config = _CLOSED
    source: Annotated[str, _one_of_few(_identifier(60))]
    external_id: Annotated[str, BeforeValidator(_identifier(120))]
    purchased_at: Moment
    delivered_at: MaybeMoment = None
    status: Annotated[PurchaseStatus, _one_of_few(_status)] = PurchaseStatus.paid
    source_updated_at: MaybeMoment = None
    product: ProductIn
    amount: Annotated[Decimal | None, BeforeValidator(_given(fields.money))] = None
    currency: Annotated[str | None, _one_of_few(_given(fields.currency))] = None
    customer: CustomerIn
    rep_email: Annotated[str | None, _one_of_few(_given(fields.address))] = None
    promises: Annotated[tuple[PromiseIn, ...], Field(strict=False, max_length=MOST_PROMISES)] = ()
    consent: ConsentIn | None = None

    @functools.cached_property
    def key(self) -> tuple[str, str]:
        """What the purchase is known by: (source, external_id)."""
        return (self.source, self.external_id)


def parse(raw: object) -> PurchaseIn:
    """A purchase from decoded JSON; raises InvalidPurchaseError with every mistake."""
    if not isinstance(raw, Mapping):
        raise InvalidPurchaseError((FieldError("", "A purchase is a JSON object."),))
    try:
        return PurchaseIn.model_validate(raw)
    except ValidationError as error:
        raise InvalidPurchaseError(readable(error)) from None


def readable(error: ValidationError) -> tuple[FieldError, ...]:
    """Pydantic's findings as sentences for people who don't know Pydantic; by field, in the order of the model."""
    found = error.errors(include_url=False, include_input=False)
    return tuple(FieldError(".".join(map(str, each["loc"])), _sentence(each)) for each in found)


def _sentence(found: Mapping[str, object]) -> str:
    kind, context = found["type"], found.get("ctx")
    if kind == "value_error" and isinstance(context, dict):
        return str(context["error"])
    if kind == "extra_forbidden":
        return f"is not a field that we know{_suggestion(found['loc'])}"
    return _KNOWN.get(str(kind), str(found["msg"]).lower())


def _suggestion(path: object) -> str:
    assert isinstance(path, tuple)
    parents: dict[object, type[BaseModel]] = {
        "product": ProductIn, "customer": CustomerIn, "promises": PromiseIn, "consent": ConsentIn
    }  # fmt: skip
    model = parents.get(path[0], PurchaseIn) if len(path) > 1 else PurchaseIn
    close = difflib.get_close_matches(str(path[-1]), model.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""


_KNOWN = {
    "missing": "is missing",
    "too_long": f"has too many entries; at most {MOST_PROMISES} are allowed",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "tuple_type": "must be a list",
}
