"""What an empty database gets at its first start: the published plans and, in the sandbox, the example."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from drip import clock, config, db
from drip.campaigns import definition, publish
from drip.engine.people import sign_in
from drip.engine.purchases import example as examples
from drip.models.user import Role

SIGN_IN_FILE = "sign-in.txt"
DEMO_USER = "demo@harbourcars.example"


@dataclass(frozen=True, slots=True)
class Began:
    """What the newcomer is told: whether the example came in, and what of config.toml waits to be published."""

    example: bool
    unpublished: bool


def prepare(settings: config.Settings, database: db.Database, house: definition.House, *, example: bool) -> Began:
    """Publish once and load the example once, also when a first start was cut short; afterwards only look whether
    config.toml has changed."""
    with database.write() as session:
        if publish.is_empty(session):
            if example:
                examples.begin(session)
            publish.publish(session, house, by="first start")
        unpublished, loading = not publish.is_published(session, house), examples.is_loading(session)
    if loading:
        _load_example(settings, database)
    return Began(loading, unpublished)


def demo_sign_in(settings: config.Settings) -> str | None:
    """`address password` of the example's user, kept where only the owner of the folder can read it."""
    path = settings.data_dir / SIGN_IN_FILE
    return path.read_text().strip() if path.exists() else None


def _load_example(settings: config.Settings, database: db.Database) -> None:
    """Every part may be done again: the import is idempotent, and a user made before gets the password that we keep."""
    examples.load(settings, database)
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    _keep(settings.data_dir / SIGN_IN_FILE, f"{DEMO_USER} {password}")
    with database.write() as session:
        sign_in.set_user(session, DEMO_USER, Role.admin, sign_in.hashed(password), clock.now())
        examples.end(session)


def _keep(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
