"""A purchase as a shop writes it in JSON: checked field by field, every mistake said at once."""

import difflib
import functools
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from drip.engine.purchases import purchase_fields as fields
from drip.models.purchase import PurchaseStatus

MOST_PROMISES = 20
SHORT = 300  # letters


def _status(value: object) -> PurchaseStatus:
    word = fields.line(value, 40).lower()
    try:
        return PurchaseStatus(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a status; choose one of {', '.join(PurchaseStatus)}") from None


Reader = Callable[[object], object]


def _identifier(most: int) -> Reader:
    return lambda value: fields.identifier(value, most)


def _basis(value: object) -> str | None:
    return fields.code(value, fields.BASIS)


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

Name = Annotated[str, BeforeValidator(fields.name), Field(max_length=fields.NAME)]
Code = Annotated[str | None, _one_of_few(_given(fields.code))]
Moment = Annotated[datetime, BeforeValidator(fields.moment)]
MaybeMoment = Annotated[datetime | None, BeforeValidator(_given(fields.moment))]


class ProductJson(BaseModel):
    """What was bought."""

    model_config = _CLOSED
    name: Annotated[str, _one_of_few(_identifier(fields.PRODUCT))]
    sku: Code = None
    category: Code = None


class CustomerJson(BaseModel):
    """Who bought it; the address is the key."""

    model_config = _CLOSED
    email: Annotated[str, BeforeValidator(fields.address)]
    first_name: Name = ""
    last_name: Name = ""
    timezone: Annotated[str | None, _one_of_few(_given(fields.zone))] = None
    country: Annotated[str | None, _one_of_few(_given(fields.country))] = None
    locale: Annotated[str | None, _one_of_few(_given(fields.locale))] = None


class PromiseJson(BaseModel):
    """What was promised with it."""

    model_config = _CLOSED
    text: Annotated[str, BeforeValidator(_identifier(fields.PROMISE))]
    due_on: Annotated[date | None, _one_of_few(_given(fields.day))] = None


class ConsentJson(BaseModel):
    """Why we may write to this person."""

    model_config = _CLOSED
    basis: Annotated[str | None, BeforeValidator(_given(_basis))] = None
    at: MaybeMoment = None


class PurchaseJson(BaseModel):
    """One purchase. Times without an offset are on the clock of the customer's zone (row, else what we know, else
    the country's only one, else the company's); a date without a time is noon of that day."""

    model_config = _CLOSED
    source: Annotated[str, _one_of_few(_identifier(fields.SOURCE))]
    external_id: Annotated[str, BeforeValidator(_identifier(fields.ORDER))]
    purchased_at: Moment
    delivered_at: MaybeMoment = None
    status: Annotated[PurchaseStatus, _one_of_few(_status)] = PurchaseStatus.paid
    source_updated_at: MaybeMoment = None
    product: ProductJson
    amount: Annotated[Decimal | None, BeforeValidator(_given(fields.money))] = None
    currency: Annotated[str | None, _one_of_few(_given(fields.currency))] = None
    customer: CustomerJson
    rep_email: Annotated[str | None, _one_of_few(_given(fields.address))] = None
    promises: Annotated[tuple[PromiseJson, ...], Field(strict=False, max_length=MOST_PROMISES)] = ()
    consent: ConsentJson | None = None


def readable(error: ValidationError) -> list[tuple[str, str]]:
    """Pydantic's findings, field and sentence, for people who don't know Pydantic; in the order of the model."""
    found = error.errors(include_url=False, include_input=False)
    return [(".".join(map(str, each["loc"])), _sentence(each)) for each in found]


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
        "product": ProductJson, "customer": CustomerJson, "promises": PromiseJson, "consent": ConsentJson
    }  # fmt: skip
    model = parents.get(path[0], PurchaseJson) if len(path) > 1 else PurchaseJson
    close = difflib.get_close_matches(str(path[-1]), model.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""


_KNOWN = {
    "missing": "is missing",
    "too_long": f"has too many entries; at most {MOST_PROMISES} are allowed",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "tuple_type": "must be a list",
}
