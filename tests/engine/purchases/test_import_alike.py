"""The quick ways through an import end where the patient ones do: same rows, same reports, same counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from drip import db
from drip.engine.people import suppress
from drip.engine.purchases import import_orders, import_plain, import_preview, imports, intake_newcomers
from drip.models.campaign import Campaign
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.purchase import Promise, Purchase
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from drip.providers.sheets import lines, text
from tests.engine.purchases import arriving, mixed_sheets

ROWS = 300
BARRED = ("n3@buyers.example", "n70@buyers.example", "n201@buyers.example")
STAMPS = {"id", "purchase_id", "customer_id", "campaign_id", "version_id"} | {
    "created_at", "updated_at", "status_at", "enrolled_at", "ended_at", "changed_at"}  # fmt: skip


def both_readings(sheet: lines.Sheet) -> Iterator[tuple[import_plain.Plain | None, str, Any]]:
    """Every row of a sheet as if no order stood above it: column by column, and patiently."""
    read = import_plain.reader(sheet)
    rows = list(text.rows(sheet.table))
    for row, found in zip(rows, read(rows), strict=True):
        assert found is None or not row.problem
        if not row.problem:
            line = lines.line(sheet, row)
            yield found, line.order_id, import_orders.understood(line, None)


@pytest.mark.parametrize("date_format", [None, "mdy", "%d.%m.%Y"])
def test_a_row_that_is_read_column_by_column_says_the_same_when_read_patiently(
    tmp_path: Path, date_format: str | None
) -> None:
    path, plain = tmp_path / "orders.csv", 0
    for seed in range(18):
        path.write_text(mixed_sheets.sheet(seed, ROWS), encoding="utf-8", newline="")
        for quick, order_id, patient in both_readings(lines.opened(path, "shop", date_format)):
            if quick is not None:
                plain += 1
                assert quick == (order_id, patient.purchase, patient.note)
    assert plain > 18 * ROWS / 4


@pytest.mark.parametrize("seed", range(6))
def test_quick_and_patient_imports_end_alike(
    published_world: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    quick = story(published_world, tmp_path, seed)
    empty(published_world)
    monkeypatch.setattr(import_plain, "reader", lambda _sheet: lambda rows: [None] * len(rows))
    monkeypatch.setattr(intake_newcomers, "among", lambda _taken, _met, _call: {})
    patient = story(published_world, tmp_path, seed)
    assert quick.keys() == patient.keys()
    for name, found in quick.items():
        assert found == patient[name], name
    assert len(quick["customers"]) > ROWS / 3


def story(database: db.Database, folder: Path, seed: int) -> dict[str, Any]:
    """Some are barred; a sheet comes in, another shop tells the half of it, and then the sheet with more in it."""
    with database.write() as session:
        for email in BARRED:
            suppress.suppress_address(session, email, suppress.Stop(Reason.bounced, address=True), arriving.KEY)
    first = mixed_sheets.sheet(seed, ROWS, "A")
    sheets = [("import", first), ("shop", mixed_sheets.sheet(seed, ROWS // 2, "A"))]
    sheets += [("import", first + mixed_sheets.sheet(seed + 3, ROWS, "A").partition("\n")[2])]
    told = {}
    for number, (source, content) in enumerate(sheets):
        told |= {f"{number} {name}": found for name, found in imported(database, folder, source, content).items()}
    return told | tables(database)


def imported(database: db.Database, folder: Path, source: str, content: str) -> dict[str, Any]:
    """What the rehearsal says, what the import says, and its report."""
    path, report = folder / "orders.csv", folder / "bad.csv"
    path.write_text(content, encoding="utf-8", newline="")
    wanted = imports.Source(path, source)
    rehearsed = import_preview.preview(database, wanted, key=arriving.KEY, progress=lambda _: None)
    done = imports.run(database, wanted, report, key=arriving.KEY, progress=lambda _: None)
    return {"rehearsed": rehearsed, "done": done, "report": report.read_text("utf-8-sig") if report.exists() else ""}


def tables(database: db.Database) -> dict[str, list[Any]]:
    """All that is kept, by names that people know; without ids and the stamps of the moment."""
    bought = (Purchase.source, Purchase.external_id)
    owned = select(Purchase, Customer.email).join(Customer, Customer.id == Purchase.customer_id)
    promised = select(Promise, *bought).join(Purchase, Purchase.id == Promise.purchase_id)
    walks = (
        select(Enrollment, Campaign.name, Customer.email, *bought)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .join(Purchase, Purchase.id == Enrollment.purchase_id)
        .join(Customer, Customer.id == Enrollment.customer_id)
    )
    found = {"customers": select(Customer), "purchases": owned, "promises": promised, "enrollments": walks}
    with database.read() as session:
        return {name: sorted(map(_plain, session.execute(rows)), key=str) for name, rows in found.items()}


def _plain(row: Any) -> tuple[Any, ...]:
    kept, *names = row
    values = {column.name: getattr(kept, column.name) for column in kept.__table__.columns if column.name not in STAMPS}
    return (*names, *values.items())


def empty(database: db.Database) -> None:
    with database.write() as session:
        for table in (Enrollment, Promise, Purchase, Suppression, Customer):
            session.execute(delete(table))
