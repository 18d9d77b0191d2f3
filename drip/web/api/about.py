"""The clock, why a step was sent or not, and the API's own description."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from sqlalchemy import select

from drip.engine.purchases import purchase_json
from drip.engine.telling import explain, life
from drip.models import system
from drip.models.customer import Customer
from drip.web import access, house, pages
from drip.web.api import shapes

router = APIRouter(prefix="/api", tags=["about"])


@router.get("/clock")
@access.programs
def clock(request: Request) -> shapes.Clock:
    """What time it is for customers."""
    rooms = house.of(request)
    with rooms.look() as session:
        now = system.now(session)
    return shapes.Clock(
        business_time=now.business_at,
        real_time=now.real_at,
        offset_seconds=now.offset.total_seconds(),
        mode=rooms.settings.mode,
        system=now.state,
    )


@router.get("/explain")
@access.programs
def tell(
    request: Request, customer: Annotated[str, Query(max_length=254)], step: str | None = None
) -> list[shapes.ToldOut]:
    """Every step of a customer, or those of one name: state, reason and one sentence."""
    rooms = house.of(request)
    with rooms.look() as session:
        found = session.scalar(select(Customer).where(Customer.email == customer.strip().lower()))
        if found is None:
            raise HTTPException(404, "There is no customer with this address.")
        told = life.of(session, found, rooms.key).steps(step)
    return [_told(found.email, each) for each in told]


@router.get("/openapi.json", include_in_schema=False)
@access.anyone
def openapi(request: Request) -> Response:
    """The API, described."""
    return JSONResponse(_description(request))


@router.get("/docs", include_in_schema=False)
@access.anyone
def docs(request: Request) -> Response:
    """The same for people, on one page without anything from elsewhere."""
    calls = [
        (method.upper(), path, call)
        for path, methods in _description(request)["paths"].items()
        for method, call in methods.items()
    ]
    here = f"{house.of(request).settings.public_url}/"
    return pages.page(request, "api.html", calls=calls, request_url=here)


def _told(email: str, each: explain.Told) -> shapes.ToldOut:
    return shapes.ToldOut(
        customer=email,
        campaign=each.campaign,
        step=each.step,
        day=each.day,
        enrollment=each.enrollment_id,
        state=each.state,
        reason=each.reason,
        sentence=each.sentence,
        planned_at=each.planned_at,
        handed_at=each.handed_at,
    )


def _description(request: Request) -> dict[str, Any]:
    """FastAPI's, with the purchase that we read ourselves and the key that every call carries."""
    app = request.app
    if app.openapi_schema is None:
        described = get_openapi(title="Drip", version="1", routes=app.routes, description="Check-ins after the sale.")
        parts = described.setdefault("components", {})
        template = "#/components/schemas/{model}"
        purchase = purchase_json.PurchaseJson.model_json_schema(ref_template=template)
        schemas = parts.setdefault("schemas", {})
        schemas.update(purchase.pop("$defs", {}))
        schemas["PurchaseIn"] = purchase
        parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"key": []}]
        app.openapi_schema = described
    found: dict[str, Any] = app.openapi_schema
    return found
