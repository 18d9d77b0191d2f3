"""Puts the parts together and serves them until SIGTERM or Ctrl-C."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from drip.sandbox import (
    api,
    index,
    journal,
    ledger,
    limits,
    mailbox,
    misbehave,
    postroom,
    refusals,
    send,
    settings,
    signing,
    state,
)

log = logging.getLogger(__name__)

REQUEST_LIMIT_BYTES = 31 * 1024 * 1024
CLOSE_SECONDS = 1.0


def run(given: settings.Settings) -> int:
    """Exit code: 0 after a signal, 1 with one line when it could not start."""
    gc.set_threshold(50_000, 20, 100)  # the mails stay: looking through them all the time costs a tenth
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    try:
        given.data_dir.mkdir(parents=True, exist_ok=True)
        listening = _listen(given)
    except OSError as error:
        sys.stderr.write(f"sandbox: can't start on {given.host}:{given.port}: {os.strerror(error.errno or 0)}\n")
        return 1
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(given, listening))
    except (OSError, ValueError, sqlite3.Error) as error:
        sys.stderr.write(f"sandbox: {given.data_dir} can't be used: {error}\n")
        return 1
    return 0


def _listen(given: settings.Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in given.host else socket.AF_INET
    return socket.create_server((given.host, given.port), family=family, backlog=1024)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(given: settings.Settings, listening: socket.socket) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    runner = web.AppRunner(
        application(given), access_log=None, handler_cancellation=True, shutdown_timeout=CLOSE_SECONDS
    )
    await runner.setup()
    await web.SockSite(runner, listening, backlog=1024).start()
    log.info("sandbox_listening url=http://%s:%d data=%s", given.host, given.port, given.data_dir)
    await stop.wait()
    await runner.cleanup()


def application(given: settings.Settings) -> web.Application:
    app = web.Application(middlewares=[_answers], client_max_size=REQUEST_LIMIT_BYTES)
    app.router.add_post("/v3/mail/send", send.handle)
    app.add_routes([*api.routes(), *mailbox.routes()])
    app.cleanup_ctx.append(_open(given))
    return app


def _open(given: settings.Settings) -> Callable[[web.Application], AsyncIterator[None]]:
    async def opened(app: web.Application) -> AsyncIterator[None]:
        sandbox = _sandbox(given)
        app[state.KEY] = sandbox
        yield
        await sandbox.postroom.stop()
        sandbox.ledger.close()

    return opened


def _sandbox(given: settings.Settings) -> state.Sandbox:
    keys = postroom.Keys(signing.load_or_make(given.data_dir, "event"), signing.load_or_make(given.data_dir, "inbound"))
    book = ledger.Ledger(given.data_dir / "ledger.jsonl", fsync=given.fsync)
    deeds = journal.Journal(given.data_dir / "mailbox.jsonl")
    found = index.Index()
    for accepted in book.lines():
        found.add(accepted)
    trouble = misbehave.Misbehaviour()
    room = postroom.Postroom(given, keys, trouble, deeds.dropped)
    room.announce(found.after(room.announced()))
    return state.Sandbox(given, book, found, deeds, keys, limits.RateLimit(), trouble, room)


@web.middleware
async def _answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Other sites may not write here, and the vendor's paths answer errors in the vendor's shape."""
    if request.method not in ("GET", "HEAD") and _foreign(request):
        raise web.HTTPForbidden(text="Other sites may not write here.")
    try:
        return await handler(request)
    except web.HTTPException as error:
        if not request.path.startswith("/v3/"):
            raise
        refusal = refusals.Refusal(error.reason.lower())
        return web.json_response(refusals.answer(refusal), status=error.status)


def _foreign(request: web.Request) -> bool:
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is not None and urlsplit(origin).netloc != request.headers.get(hdrs.HOST)
