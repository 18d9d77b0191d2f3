"""The command line in process, over a world of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drip.cli import main
from tests import world

Command = Callable[..., Result]


@pytest.fixture
def drip(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`drip(*arguments)`; the database is migrated, and empty unless the test publishes a world."""
    for name, value in {
        "DATABASE_URL": database_url,
        "DRIP_DATA_DIR": str(tmp_path / "var"),
        "DRIP_CONFIG": str(world.HERE / "config.toml"),
        "DRIP_SECRET_KEY": "a secret of the tests",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("REDIS_URL", "DRIP_MODE", "SENDGRID_API_HOST"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, stdin: str | None = None, **environ: str) -> Result:
        return CliRunner().invoke(main.main, arguments, input=stdin, env=environ)

    return run
