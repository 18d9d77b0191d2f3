"""The web process: pages, API and webhooks on one port."""

import logging
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn

from drip import config, logs
from drip.web import app
from workers import process

log = logging.getLogger("drip.web")
STOP_SECONDS = 5  # for answers under way; then they are cut
# SQLite lets go of the interpreter at each row; a thread that reads a post would keep it for the usual 5 ms each time.
SWITCH_SECONDS = 0.0002


def main() -> None:
    """Serve until a signal; a port in use is one clear line."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _noted)
    sys.setswitchinterval(SWITCH_SECONDS)
    with process.running("web") as house:
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        listener = _listener(house.settings)
        server = uvicorn.Server(_options(house))
        log.info(logs.line("web.started", url=house.settings.public_url))
        server.run(sockets=[listener])
        log.info(logs.line("web.stopped"))


def _noted(_number: int, _frame: FrameType | None) -> None:
    """uvicorn stops by itself and then raises the signal again: that must not end us before we have tidied up."""


def _listener(settings: config.Settings) -> socket.socket:
    """Bound by ourselves, so that a failure is a sentence and not a traceback."""
    try:
        return socket.create_server((settings.host, settings.web_port), backlog=512)
    except OSError as error:
        place = f"{settings.host}:{settings.web_port}"
        why = os.strerror(error.errno or 0).lower()
        sys.exit(f"Cannot listen on {place}: {why}. Set DRIP_WEB_PORT to another port, or free this one.")


def _options(house: process.House) -> uvicorn.Config:
    return uvicorn.Config(
        app.create(house.settings, house.database),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


if __name__ == "__main__":
    main()
