"""Where a database lives: this changes when it is copied, restored or failed over, and a copy must not send."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, event, exc

from drip import db

# The timeline comes from the log's own position: after a failover pg_control_checkpoint() still tells the old one
# until the next checkpoint.
_POSTGRESQL = """
    SELECT (SELECT oid FROM pg_database WHERE datname = current_database()),
           substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
"""


def of(database: db.Database) -> str:
    """SQLite: the file's device and inode. PostgreSQL: the cluster's system identifier (where we may read it), the
    database's oid and the timeline, which a promotion changes."""
    if database.is_sqlite:
        return _of_file(Path(str(database.url.database)))
    with database.engine.connect() as connection:
        return _of_server(connection)


def watch(database: db.Database, known: str, moved: Callable[[str], None]) -> None:
    """Look again with each new connection, because a failover breaks the old ones: `moved` hears the new place."""
    looking: list[bool] = []

    @event.listens_for(database.engine, "engine_connect")
    def look(connection: Connection) -> None:
        if looking or connection.info.get("whereabouts") == known:
            return
        looking.append(True)
        try:
            found = _of_file(Path(str(database.url.database))) if database.is_sqlite else _of_server(connection)
        finally:
            looking.clear()
            connection.rollback()  # whoever has asked for this connection begins afresh
        connection.info["whereabouts"] = found
        if found != known:
            moved(found)


def _of_file(path: Path) -> str:
    found = path.stat()
    return f"sqlite {found.st_dev}:{found.st_ino}"


def _of_server(connection: Connection) -> str:
    oid, timeline = connection.exec_driver_sql(_POSTGRESQL).one()
    return f"postgresql {_system(connection)} {oid} timeline {timeline}"


def _system(connection: Connection) -> str:
    """Some hosts keep this function for themselves; oid and timeline have to do there."""
    try:
        with connection.begin_nested():
            return str(connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()").scalar_one())
    except exc.ProgrammingError:
        return "-"
