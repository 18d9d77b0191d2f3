"""A rehearsal keeps a buyer until the last row that is theirs, and not longer."""

from pathlib import Path

import pytest

from drip import db
from drip.engine.purchases import import_orders, import_preview, import_reach, imports
from drip.providers.sheets import lines
from tests.engine.purchases import arriving, mixed_sheets

HEADER = "email,order_id,purchased_at\n"
DAY = "2026-09-01"


def last_rows(folder: Path, content: str) -> list[int]:
    path = folder / "orders.csv"
    path.write_text(content, encoding="utf-8", newline="")
    return list(import_reach.last_rows(lines.opened(path, "shop")))


def test_everybodys_last_row_is_known_from_their_first_on(tmp_path: Path) -> None:
    ana, ben = f"ana@a.example,A,{DAY}\n", f"ben@b.example,B,{DAY}\n"
    other_case = f" Ana@A.example ,C,{DAY}\n"
    broken, blank = "nobody\n", "\n"
    found = last_rows(tmp_path, HEADER + ana + ben + broken + ben + blank + ben + other_case)
    assert [found[row] for row in (2, 3, 5, 7, 8)] == [8, 7, 7, 7, 8]


def test_rows_without_an_address_reach_no_further_than_themselves(tmp_path: Path) -> None:
    assert last_rows(tmp_path, f"{HEADER},A,\n,B,\nno address,C,{DAY}\n") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(4))
def test_who_is_kept_no_longer_than_needed_is_counted_as_if_kept_to_the_end(
    published_world: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(mixed_sheets.sheet(seed, 300), encoding="utf-8", newline="")
    monkeypatch.setattr(imports, "ALONE", imports.Pace(7, 1))
    monkeypatch.setattr(import_orders, "APART", 20)
    soon, most = rehearsed(published_world, path, monkeypatch)
    monkeypatch.setattr(import_reach, "last_rows", lambda _sheet: [10_000] * 10_000)
    late, everybody = rehearsed(published_world, path, monkeypatch)
    assert soon == late
    assert sum(soon.days.values()) > 50
    assert most < everybody / 2


def rehearsed(database: db.Database, path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[import_preview.Preview, int]:
    """What the rehearsal says, and how many buyers it kept at most."""
    kept = [0]
    whole = import_preview._Met.gone_by

    def gone_by(met: import_preview._Met, orders: list[import_orders.Order]) -> list[import_preview.Buyer]:
        kept.append(len(met.buyers))
        return whole(met, orders)

    monkeypatch.setattr(import_preview._Met, "gone_by", gone_by)
    told = import_preview.preview(database, imports.Source(path), key=arriving.KEY, progress=lambda _: None)
    monkeypatch.setattr(import_preview._Met, "gone_by", whole)
    return told, max(kept)
