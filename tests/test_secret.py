"""The secret of a house that has none in its environment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from drip import config


def test_those_who_start_together_agree_on_one_secret_that_only_its_owner_reads(tmp_path: Path) -> None:
    environ = {"DRIP_DATA_DIR": str(tmp_path / "var")}
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: config.load(environ).secret_key(), range(64)))
    assert len(found) == 1
    assert len(found.pop()) == 64
    (kept,) = (tmp_path / "var").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
