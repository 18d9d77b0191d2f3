"""One purchase that two sources tell of is kept twice and accompanied once."""

from pathlib import Path

from drip import db
from drip.engine.purchases import import_preview, imports
from tests.engine.purchases import arriving
from tests.engine.purchases.arriving import came, record, walks
from tests.engine.purchases.test_imports import ANA, BEN, HEADER, run


def test_a_purchase_that_another_source_told_before_is_kept_but_not_enrolled_again(
    published_world: db.Database,
) -> None:
    record(published_world, came())
    [second] = record(published_world, came(source="csv"))
    assert (second.status, second.enrolled) == ("created", ())
    assert second.detail == "Not enrolled again: we know this purchase from 'shop' already."
    [again] = record(published_world, came(source="csv", amount="99.00"))
    assert (again.status, again.enrolled) == ("updated", ())
    assert [(walk.order, walk.state) for walk in walks(published_world)] == [("A1", "active")]


def test_two_sources_that_tell_of_one_purchase_in_one_call_enroll_it_once(published_world: db.Database) -> None:
    results = record(published_world, came(), came(source="csv"))
    assert sorted(result.enrolled for result in results) == [(), ("ride",)]


def test_the_same_sheet_from_another_shop_is_kept_but_enrolls_nobody_again(
    published_world: db.Database, tmp_path: Path
) -> None:
    run(published_world, tmp_path, HEADER + ANA + BEN)
    summary = run(published_world, tmp_path, HEADER + ANA + BEN.replace("Quay 3", "Quay 4"), name="csv")
    assert summary.purchases == {"created": 2}
    assert summary.enrolled == {"ride": 1}
    assert summary.notes == {"Not enrolled again: we know this purchase from 'import' already.": 1}
    assert [(walk.order, walk.state) for walk in walks(published_world)] == [
        ("A1", "active"),
        ("B1", "exited"),
        ("B1", "active"),
    ]


def test_a_rehearsal_knows_what_another_shop_has_told(published_world: db.Database, tmp_path: Path) -> None:
    run(published_world, tmp_path, HEADER + ANA)
    path = tmp_path / "orders.csv"
    source = imports.Source(path, "csv")
    found = import_preview.preview(published_world, source, key=arriving.KEY, progress=lambda _: None)
    assert found.summary.notes == {"Not enrolled again: we know this purchase from 'import' already.": 1}
    assert (found.summary.enrolled, found.days) == ({}, {})
