"""For machines that watch: is it well, and how much of what is there."""

from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from drip import queues
from drip.models import system
from drip.models.system import Heartbeat
from drip.web import access, house, metrics

router = APIRouter(include_in_schema=False)
TICK_SECONDS = 30  # the scheduler says every 5 seconds that it lives


@router.api_route("/healthz", methods=["GET", "HEAD"])
@access.anyone
def health(request: Request) -> Response:
    """200 when all is well, else 503; each part says for itself."""
    checks: dict[str, Callable[[Request], str]] = {"database": _database, "redis": _redis, "scheduler": _scheduler}
    found = {name: _tried(check, request) for name, check in checks.items()}
    well = all(said == "ok" for said in found.values())
    return JSONResponse({"status": "ok" if well else "unwell", **found}, 200 if well else 503)


@router.get("/metrics")
@access.anyone
def show_metrics(request: Request) -> Response:
    """Prometheus' text. Only numbers, but no business of the internet's: not through a proxy of ours."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        raise HTTPException(403, "Metrics are read from inside, not through the proxy.")
    rooms = house.of(request)
    with rooms.look() as session:
        text = metrics.text(session, request.app.state.totals)
    return Response(text, media_type=metrics.TYPE)


def _tried(check: Callable[[Request], str], request: Request) -> str:
    try:
        return check(request)
    except SQLAlchemyError:
        return "the database does not answer"


def _database(request: Request) -> str:
    with house.of(request).look() as session:
        session.execute(select(1))
    return "ok"


def _redis(request: Request) -> str:
    return "ok" if queues.ping(house.of(request).settings) else "Redis does not answer"


def _scheduler(request: Request) -> str:
    with house.of(request).look() as session:
        beat_at = session.scalar(select(func.max(Heartbeat.beat_at)).where(Heartbeat.role == "scheduler"))
        now = system.now(session).real_at
    if beat_at is None:
        return "no scheduler has started yet"
    late = int((now - beat_at).total_seconds())
    return "ok" if late <= TICK_SECONDS else f"no sign of a scheduler for {late} seconds"
