"""What a person reads at the start says so when nothing can leave."""

import pytest

from drip import config, db
from drip.models.system import System, SystemState
from tests.world import sending
from workers import first_start, welcome


def told(database: db.Database, settings: config.Settings, capsys: pytest.CaptureFixture[str]) -> str:
    welcome.show(settings, database, first_start.Began(example=False, unpublished=False))
    return capsys.readouterr().out


def test_a_system_that_runs_needs_no_warning(
    published_world: db.Database, settings: config.Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(published_world, settings, capsys)
    assert ("fast-forward 30d" in said, "NOTHING LEAVES" in said) == (True, False)


@pytest.mark.parametrize(
    ("state", "way_out"), [(SystemState.paused, "resume"), (SystemState.hold, "hold release --help")]
)
def test_a_stop_is_told_with_its_reason_and_the_way_out(
    published_world: db.Database,
    settings: config.Settings,
    capsys: pytest.CaptureFixture[str],
    state: SystemState,
    way_out: str,
) -> None:
    sending.change(published_world, System, state=state, reason="a wrong word")
    said = told(published_world, settings, capsys)
    assert ("NOTHING LEAVES: a wrong word." in said, f"drip {way_out}" in said) == (True, True)
