"""One line a state change: key=value, ids and never addresses."""

import logging
import sys


def setup(role: str) -> None:
    """Log to standard error, each line headed by time, level and the process's role."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format=f"%(asctime)s %(levelname)s {role} %(message)s",
        force=True,
    )
    for chatty in ("rq", "alembic", "uvicorn.access", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def line(event: str, **facts: object) -> str:
    """`event key=value ...`; control characters are escaped, so that no value can forge a second line."""
    return " ".join([event, *(f"{name}={_plain(value)}" for name, value in facts.items())])


def _plain(value: object) -> str:
    text = str(value)
    safe = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return repr(safe) if " " in safe else safe
