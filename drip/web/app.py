"""The web application: its rooms, the guard before them, and what stands around every answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from drip import config, db
from drip.web import access, desk, headers, house, metrics, pages, rooms, throttle, together, trouble

FORM_BYTES = 256 * 1024  # rooms that take more say so


def create(settings: config.Settings, database: db.Database) -> FastAPI:
    """Everything that is served on the web port."""
    app = _Drip(
        title="Drip",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(access.check)],
        max_body_size=FORM_BYTES,
        lifespan=_lifespan,
    )
    app.state.house = house.House(settings, database, settings.secret_key())
    app.state.throttle = throttle.Throttle()
    app.state.events = together.Together(database)
    app.state.totals = metrics.Totals()
    app.state.desk = desk.Desk(settings.data_dir / "uploads", database, app.state.house.key)
    for router in rooms.ROUTERS:
        app.include_router(router)
    app.mount("/static", _Files(directory=pages.HERE / "static"))
    trouble.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.desk.close()


class _Drip(FastAPI):
    """The limit on bodies stands around all middleware and answers by itself; this stands around the limit."""

    def build_middleware_stack(self) -> ASGIApp:
        inner = trouble.TooLarge(super().build_middleware_stack())
        return headers.Headers(inner, https=self.state.house.is_https)


class _Files(StaticFiles):
    """Browsers keep them and ask whether they have changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"
        return answer
