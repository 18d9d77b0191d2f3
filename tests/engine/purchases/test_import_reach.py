"""A rehearsal keeps a buyer until the last row that is theirs, and not longer."""

from pathlib import Path

import pytest

from drip import db
from drip.engine.purchases import (
    import_forecast,
    import_orders,
    import_preview,
    import_reach,
    imports,
    intake_people,
)
from drip.providers.sheets import lines
from tests.engine.purchases import arriving, mixed_sheets

HEADER = "email,order_id,purchased_at\n"
DAY = "2026-09-01"
STRANGER = import_forecast.Buyer(intake_people.Person(0, "", "", "", None, None, None), None, {})


def last_rows(folder: Path, content: str) -> list[int]:
    path = folder / "orders.csv"
    path.write_text(content, encoding="utf-8", newline="")
    return list(import_reach.last_rows(lines.opened(path, "shop"), lambda: None))


def test_everybodys_last_row_is_known_from_their_first_on(tmp_path: Path) -> None:
    ana, ben = f"ana@a.example,A,{DAY}\n", f"ben@b.example,B,{DAY}\n"
    other_case = f" Ana@A.example ,C,{DAY}\n"
    broken, blank = "nobody\n", "\n"
    found = last_rows(tmp_path, HEADER + ana + ben + broken + ben + blank + ben + other_case)
    assert [found[row] for row in (2, 3, 5, 7, 8)] == [8, 7, 7, 7, 8]


def test_rows_without_an_address_reach_no_further_than_themselves(tmp_path: Path) -> None:
    assert last_rows(tmp_path, f"{HEADER},A,\n,B,\nno address,C,{DAY}\n") == [0, 1, 2, 3, 4]


def test_rows_of_which_none_is_whole_reach_no_further_either(tmp_path: Path) -> None:
    assert last_rows(tmp_path, f"{HEADER}nobody\n") == []


@pytest.mark.parametrize("seed", range(4))
def test_who_is_kept_no_longer_than_needed_is_counted_as_if_kept_to_the_end(
    published_world: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(mixed_sheets.sheet(seed, 300), encoding="utf-8", newline="")
    monkeypatch.setattr(import_orders, "APART", 20)
    told = []
    for orders in (7, 10_000):  # of a batch that is the whole sheet, everybody is kept to the end
        monkeypatch.setattr(imports, "ALONE", imports.Pace(orders, 1))
        source = imports.Source(path)
        told.append(import_preview.preview(published_world, source, key=arriving.KEY, progress=lambda _: None))
    first, second = ((each.days, each.summary.purchases, each.summary.enrolled, each.summary.notes) for each in told)
    assert first == second
    assert sum(told[0].days.values()) > 50


def test_few_are_kept_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "orders.csv"
    rows = (f"n{number % 290}@buyers.example,{number},{DAY}\n" for number in range(300))
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    monkeypatch.setattr(import_orders, "APART", 20)
    sheet = lines.opened(path, "shop")
    present, kept = import_preview.Present(import_reach.last_rows(sheet, lambda: None)), []
    for batch in imports.batches(sheet, 7):
        for order in batch.orders:
            if order.purchase.customer.email not in present.buyers:
                present.meet(order.purchase.customer.email, STRANGER, order.row.number)
        present.gone_by(batch.orders)
        kept.append(len(present.buyers))
    assert max(kept) == 10
    assert kept[-1] == 0
