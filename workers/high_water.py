"""Until when a database has lived, noted outside of it: in a file of the data folder, and in Redis where it answers."""

import contextlib
import json
from datetime import datetime
from pathlib import Path

from redis.exceptions import RedisError

from drip import config, queues

FILE = "high-water.json"


def read(settings: config.Settings, database_id: str | None) -> datetime | None:
    """The later of the notes; None when neither is left."""
    if database_id is None:
        return None
    found = (_in_file(settings.data_dir / FILE, database_id), _in_redis(settings, database_id))
    return max((datetime.fromisoformat(each) for each in found if each), default=None)


def write(settings: config.Settings, database_id: str, at: datetime) -> None:
    """Call it after the commit that says the same, so that a note is never ahead of a database that lost nothing."""
    path = settings.data_dir / FILE
    draft = path.with_suffix(f".{id(at):x}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({database_id: at.isoformat()}), encoding="utf-8")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)  # a full or read-only disk must not stop a process from living
    with contextlib.suppress(RedisError, config.SettingError):
        queues.connect(settings).set(_key(database_id), at.isoformat())


def _in_file(path: Path, database_id: str) -> str | None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known.get(database_id) if isinstance(known, dict) else None


def _in_redis(settings: config.Settings, database_id: str) -> str | None:
    try:
        found = queues.connect(settings).get(_key(database_id))
    except (RedisError, config.SettingError):
        return None
    return found.decode() if isinstance(found, bytes) else None


def _key(database_id: str) -> str:
    return f"drip:lived:{database_id}"
