"""POST /api/purchases: one purchase or a list of them."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, NoReturn

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from drip.engine.purchases import compare, intake, intake_batch, purchase_in
from drip.web import access, house
from drip.web.api import shapes

router = APIRouter(prefix="/api", tags=["purchases"])
MOST = 1000
MOST_BYTES = 5 * 1024 * 1024
INVALID = "invalid"
CODES = {
    compare.Status.created: 201,
    compare.Status.updated: 200,
    compare.Status.unchanged: 200,
    compare.Status.conflict: 409,
    compare.Status.rejected: 422,
}


async def body(request: Request) -> bytes:
    """The body as it came: it is read here, since the rooms themselves run in threads."""
    return await request.body()


@router.post(
    "/purchases",
    max_body_size=MOST_BYTES,
    response_model=shapes.PurchaseOut | list[shapes.PurchaseOut],
    responses={
        200: {"description": "Unchanged or updated; for a list, a result for each."},
        201: {"description": "Created.", "model": shapes.PurchaseOut},
        409: {"description": "Recorded before with another address, date or product.", "model": shapes.PurchaseOut},
        422: {"description": "Every field that is wrong.", "model": shapes.PurchaseOut},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": [
        {"$ref": "#/components/schemas/PurchaseIn"},
        {"type": "array", "maxItems": MOST, "items": {"$ref": "#/components/schemas/PurchaseIn"}},
    ]}}}}},
)  # fmt: skip
@access.programs
def record(request: Request, raw: Annotated[bytes, Depends(body)]) -> Response:
    """Record a purchase; the same one again changes nothing. A list of up to 1,000 answers 200 with a result each."""
    came = _json(raw)
    if not isinstance(came, list):
        result = _record(request, [came])[0]
        code = 422 if result.status == INVALID else CODES[compare.Status(result.status)]
        return JSONResponse(result.model_dump(mode="json"), code)
    if len(came) > MOST:
        raise HTTPException(422, f"These are {len(came):,} purchases; send at most {MOST:,} at once.")
    return JSONResponse([result.model_dump(mode="json") for result in _record(request, came)])


def _json(raw: bytes) -> object:
    try:
        found: object = json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise HTTPException(422, "This JSON is nested too deeply.") from None
    except ValueError as error:
        raise HTTPException(422, f"This is no JSON that we can read: {error}.") from None
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _record(request: Request, came: Sequence[object]) -> list[shapes.PurchaseOut]:
    """Invalid ones are answered as such and keep nobody else out."""
    results: list[shapes.PurchaseOut | None] = []
    good: list[purchase_in.PurchaseIn] = []
    for raw in came:
        try:
            good.append(purchase_in.parse(raw))
            results.append(None)
        except purchase_in.InvalidPurchaseError as error:
            results.append(_invalid(raw, error))
    rooms = house.of(request)
    recorded = intake_batch.record(rooms.database, good, key=rooms.key)
    written = map(_result, good, recorded)
    return [result or next(written) for result in results]


def _result(came: purchase_in.PurchaseIn, result: intake.Recorded) -> shapes.PurchaseOut:
    return shapes.PurchaseOut(
        source=came.source,
        external_id=came.external_id,
        status=result.status,
        purchase=result.purchase_id,
        customer=result.customer_id,
        enrolled=list(result.enrolled),
        detail=result.detail,
    )


def _invalid(raw: object, error: purchase_in.InvalidPurchaseError) -> shapes.PurchaseOut:
    errors = [shapes.FieldProblem(field=one.field, message=one.message) for one in error.problems]
    told = raw if isinstance(raw, dict) else {}
    return shapes.PurchaseOut(
        source=_text(told.get("source")),
        external_id=_text(told.get("external_id")),
        status=INVALID,
        detail=str(error),
        errors=errors,
    )


def _text(value: object) -> str | None:
    """Enough to know which one is meant."""
    return str(value)[:120] if isinstance(value, (str, int)) else None
