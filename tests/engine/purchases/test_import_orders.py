"""Lines of one order: what belongs together, what contradicts itself; every row of a sheet is accounted for."""

from pathlib import Path

import pytest

from drip import db
from drip.engine.purchases import import_preview, imports
from tests.engine.purchases import arriving

HEADER = "email,order_id,purchased_at,product_name,category,amount,status\n"
FIRST = "ana@buyers.example,A1,2026-08-31,Quay 3,bike,900,paid\n"
DEARER = FIRST.replace("900", "950")
BELL = FIRST.replace("Quay 3,bike,900", "Bell,part,12")
SAID = "order 'A1' stands with amount 900.00 in row 2, which counts, and with 950.00 here"


def told(database: db.Database, folder: Path, rows: str) -> tuple[imports.Summary, imports.Summary]:
    """What the rehearsal and the import say."""
    (folder / "orders.csv").write_text(HEADER + rows)
    source = imports.Source(folder / "orders.csv")
    rehearsed = import_preview.preview(database, source, key=arriving.KEY, progress=lambda _: None).summary
    return rehearsed, imports.run(database, source, folder / "bad.csv", key=arriving.KEY, progress=lambda _: None)


def test_the_same_product_for_another_amount_is_reported_with_both(
    published_world: db.Database, tmp_path: Path
) -> None:
    for summary in told(published_world, tmp_path, FIRST + FIRST + DEARER):
        assert (summary.purchases["created"], summary.further, summary.bad) == (1, 1, 1)
        assert summary.first_errors == [(4, SAID)]
    assert arriving.purchases(published_world)["A1"].amount == 900


@pytest.mark.parametrize(
    "further",
    [
        BELL,
        FIRST.replace("900", ""),
        FIRST.replace("900", "900.00"),
        DEARER.replace("paid", "refunded"),
        ",A1,,,,,\n",
    ],
)
def test_other_products_refunds_and_blanks_are_no_contradiction(
    published_world: db.Database, tmp_path: Path, further: str
) -> None:
    for summary in told(published_world, tmp_path, FIRST + further):
        assert (summary.purchases["created"], summary.further, summary.bad) == (1, 1, 0)
