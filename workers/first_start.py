"""What an empty database gets at its first start: the published plans and, in the sandbox, the example."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from drip import clock, config, db
from drip.campaigns import definition, publish
from drip.engine import example as examples
from drip.engine import sign_in
from drip.models.user import Role

SIGN_IN_FILE = "sign-in.txt"
DEMO_USER = "demo@harbourcars.example"


@dataclass(frozen=True, slots=True)
class Began:
    """What the newcomer is told: whether the example came in, and what of config.toml waits to be published."""

    example: bool
    unpublished: bool


def prepare(settings: config.Settings, database: db.Database, house: definition.House, *, example: bool) -> Began:
    """Publish and load once; afterwards only look whether config.toml has changed."""
    with database.write() as session:
        first = publish.is_empty(session)
        if first:
            publish.publish(session, house, by="first start")
        unpublished = not publish.is_published(session, house)
    if first and example:
        _load_example(settings, database)
    return Began(first and example, unpublished)


def demo_sign_in(settings: config.Settings) -> str | None:
    """`address password` of the example's user, kept where only the owner of the folder can read it."""
    path = settings.data_dir / SIGN_IN_FILE
    return path.read_text().strip() if path.exists() else None


def _load_example(settings: config.Settings, database: db.Database) -> None:
    with database.write() as session:
        examples.set_clock(session)
    examples.load(settings, database)
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    with database.write() as session:
        sign_in.add_user(session, DEMO_USER, Role.admin, sign_in.hashed(password), clock.now())
    _keep(settings.data_dir / SIGN_IN_FILE, f"{DEMO_USER} {password}")


def _keep(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
