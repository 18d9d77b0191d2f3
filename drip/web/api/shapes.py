"""What the API answers, field by field: instants are UTC in business time, `local_time` is the customer's clock."""

from datetime import datetime

from pydantic import BaseModel

from drip.engine.purchases.compare import Status
from drip.models.enrollment import EnrollmentState
from drip.models.message import Delivery, MessageKind, MessageState
from drip.models.reasons import Reason


class FieldProblem(BaseModel):
    """One thing wrong with one field of a purchase, such as `customer.email`."""

    field: str
    message: str


class PurchaseOut(BaseModel):
    """What became of one purchase; `status` `invalid` names every field that is wrong in `errors`."""

    source: str | None = None
    external_id: str | None = None
    status: Status | str
    purchase: int | None = None
    customer: int | None = None
    enrolled: list[str] = []
    detail: str = ""
    errors: list[FieldProblem] = []


class MessageOut(BaseModel):
    """One mail that was sent, will be, or was decided against."""

    id: str
    kind: MessageKind
    customer: str | None
    enrollment: int | None
    campaign: str | None
    step: str | None
    state: MessageState
    delivery: Delivery | None
    reason: Reason | None
    sentence: str
    planned_at: datetime
    handed_at: datetime | None
    local_time: str | None


class EnrollmentOut(BaseModel):
    """One purchase walking one campaign; `version` is the campaign's."""

    id: int
    customer: str
    campaign: str
    version: int
    source: str
    external_id: str
    state: EnrollmentState
    reason: Reason | None
    anchor_at: datetime
    next_step: str | None
    planned_at: datetime | None
    next_due_at: datetime | None
    enrolled_at: datetime
    ended_at: datetime | None


class ToldOut(BaseModel):
    """Why a step was sent or not, or when it will be."""

    customer: str
    campaign: str
    step: str
    day: int
    enrollment: int | None
    state: str
    reason: Reason | None
    sentence: str
    planned_at: datetime | None
    handed_at: datetime | None


class Messages(BaseModel):
    """A page of messages; `cursor` leads to the next one, null at the end."""

    items: list[MessageOut]
    cursor: str | None


class Enrollments(BaseModel):
    """A page of enrollments; `cursor` leads to the next one, null at the end."""

    items: list[EnrollmentOut]
    cursor: str | None


class Clock(BaseModel):
    """Business time, how far it is from real time, and whether mail may leave."""

    business_time: datetime
    real_time: datetime
    offset_seconds: float
    mode: str
    system: str
