"""A shop's sheet comes in."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from drip import db
from drip.campaigns import published
from drip.engine.purchases import import_orders, import_preview, import_report, imports
from drip.providers.sheets.text import SheetError
from tests import world
from tests.engine.purchases import arriving

HEADER = "email,first_name,order_id,purchased_at,status,product_name,category,promise\n"
TODAY = f"{world.START:%Y-%m-%d}"
ANA = f"ana@buyers.example,Ana,A1,{TODAY},paid,Quay 3,bike,\n"
BEN = f"ben@buyers.example,Ben,B1,{TODAY},paid,Quay 3,bike,\n"


def run(database: db.Database, folder: Path, content: str, **options: str) -> imports.Summary:
    path = folder / "orders.csv"
    path.write_text(content, encoding="utf-8")
    source = imports.Source(path, **options)
    return imports.run(database, source, folder / "bad.csv", key=arriving.KEY, progress=lambda _: None)


def preview(database: db.Database, folder: Path, content: str) -> import_preview.Preview:
    path = folder / "orders.csv"
    path.write_text(content, encoding="utf-8")
    return import_preview.preview(database, imports.Source(path), key=arriving.KEY, progress=lambda _: None)


def report(folder: Path) -> list[list[str]]:
    with (folder / "bad.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_good_rows_are_kept_and_bad_ones_reported_as_they_came(published_world: db.Database, tmp_path: Path) -> None:
    summary = run(published_world, tmp_path, f"{HEADER}{ANA}ben,Ben,B1,{TODAY},paid,,,\n=cmd(),,C1,soon,paid,,,\n")
    assert (summary.purchases, summary.enrolled, summary.bad) == ({"created": 1}, {"ride": 1}, 2)
    header, ben, formula = report(tmp_path)
    assert header[:4] == ["row", "error", "email", "first_name"]
    assert ben[:3] == ["3", "email 'ben' is not an address; write one bare address such as ana@shop.example", "ben"]
    assert formula[0] == "4"
    assert formula[1].startswith("purchased_at 'soon' is not a date")
    assert "email" in formula[1]
    assert formula[2] == "'=cmd()"


def test_a_nul_spoils_its_own_row_only(published_world: db.Database, tmp_path: Path) -> None:
    summary = run(published_world, tmp_path, HEADER + ANA.replace("Ana", "A\0na") + BEN)
    assert (summary.purchases, summary.bad) == ({"created": 1}, 1)
    assert report(tmp_path)[1][0] == "2"


def test_a_row_that_contradicts_what_is_known_is_reported(published_world: db.Database, tmp_path: Path) -> None:
    run(published_world, tmp_path, HEADER + ANA)
    summary = run(published_world, tmp_path, HEADER + ANA.replace("ana@", "zoe@") + BEN)
    assert summary.purchases == {"conflict": 1, "created": 1}
    assert report(tmp_path)[1][:2] == ["2", "This purchase is recorded for another address."]


def test_rows_that_are_all_broken_cost_no_others(published_world: db.Database, tmp_path: Path) -> None:
    good = "".join(BEN.replace("ben@", f"n{n}@").replace("B1", f"N{n}") for n in range(import_orders.AT_ONCE))
    summary = run(published_world, tmp_path, f"{HEADER}{good}nobody\n")
    assert (summary.purchases, summary.bad) == ({"created": import_orders.AT_ONCE}, 1)
    assert report(tmp_path)[1][1] == "The row has 1 cell where the header has 8; is a separator or a quote missing?"
    assert preview(published_world, tmp_path, f"{HEADER}nobody\n").summary.bad == 1


def test_no_report_is_left_where_nothing_is_wrong(published_world: db.Database, tmp_path: Path) -> None:
    run(published_world, tmp_path, f"{HEADER}ben,Ben,B1,{TODAY},paid,,,\n")
    assert (tmp_path / "bad.csv").exists()
    run(published_world, tmp_path, HEADER + ANA)
    assert sorted(path.name for path in tmp_path.glob("*.csv*")) == ["orders.csv"]


def test_several_lines_of_an_order_are_one_purchase_with_all_promises(
    published_world: db.Database, tmp_path: Path
) -> None:
    lines = f"ana@buyers.example,Ana,A1,{TODAY},paid,Bell,part,a bell\n" + BEN + ",,A1,,,Lock,,a lock\n"
    summary = run(published_world, tmp_path, HEADER + ANA + lines)
    assert (summary.purchases, summary.bad) == ({"created": 2}, 0)
    with published_world.read() as session:
        from drip.models import purchase

        key = ("import", "A1")
        row = purchase.by_key(session, [key])[key]
        assert row["product_name"] == "Quay 3"
        assert sorted(purchase.promised(session, [row["id"]])[row["id"]]) == ["a bell", "a lock"]


def test_a_further_line_of_an_order_whose_first_line_is_bad_says_so(
    published_world: db.Database, tmp_path: Path
) -> None:
    summary = run(published_world, tmp_path, f"{HEADER}ana,Ana,A1,{TODAY},paid,,,\n,,A1,,,Lock,,\n")
    assert [error for _, error in summary.first_errors][
        1
    ] == "email and purchased_at are missing; no good line above is of order 'A1'"


def test_a_line_of_an_order_with_another_address_is_reported(published_world: db.Database, tmp_path: Path) -> None:
    summary = run(published_world, tmp_path, HEADER + ANA + BEN.replace("B1", "A1"))
    assert summary.first_errors == [(3, "order 'A1' stands with another address in row 2")]


def test_of_two_rows_far_apart_that_claim_one_order_the_first_wins(
    published_world: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the two would be recorded at once."""
    monkeypatch.setattr(import_orders, "APART", 0)
    monkeypatch.setattr(imports, "pace", lambda _: imports.Pace(orders=1, at_once=4))
    pairs = (ANA.replace("A1", f"N{n}").replace("ana@", f"{who}{n}@") for n in range(10) for who in ("first", "second"))
    summary = run(published_world, tmp_path, HEADER + "".join(pairs))
    assert summary.purchases == {"created": 10, "conflict": 10}
    assert summary.first_errors == [(n, "This purchase is recorded for another address.") for n in range(3, 22, 2)]


def test_what_a_later_row_says_of_a_customer_wins_also_from_the_next_batch(
    published_world: db.Database, tmp_path: Path
) -> None:
    most = imports.pace(published_world).orders
    between = (ANA.replace("ana@", f"n{n}@").replace("A1", f"N{n}") for n in range(most))
    again = BEN.replace("Ben", "Benjamin").replace("B1", "B2")
    assert run(published_world, tmp_path, HEADER + BEN + "".join(between) + again).taken == most + 2
    assert arriving.customers(published_world)["ben@buyers.example"].first_name == "Benjamin"


def test_a_later_line_that_says_refunded_stops_the_purchase(published_world: db.Database, tmp_path: Path) -> None:
    run(published_world, tmp_path, HEADER + ANA + ANA.replace("paid", "refunded"))
    assert arriving.walks(published_world) == []
    assert arriving.purchases(published_world)["A1"].status == "refunded"


def test_unpaid_rows_are_counted_by_their_reason(published_world: db.Database, tmp_path: Path) -> None:
    summary = run(published_world, tmp_path, HEADER + ANA.replace("paid", "pending") + BEN.replace("paid", "failed"))
    assert summary.skipped == {"not paid yet": 1, "the payment failed": 1}
    assert arriving.customers(published_world) == {}


def test_the_same_file_again_changes_nothing(published_world: db.Database, tmp_path: Path) -> None:
    run(published_world, tmp_path, HEADER + ANA + BEN)
    before = arriving.walks(published_world)
    assert run(published_world, tmp_path, HEADER + ANA + BEN).purchases == {"unchanged": 2}
    assert arriving.walks(published_world) == before


def test_two_imports_of_one_file_at_once_end_as_one(published_world: db.Database, tmp_path: Path) -> None:
    rows = "".join(BEN.replace("ben@", f"n{n % 40}@").replace("B1", f"N{n}") for n in range(120))
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}{rows}nobody,,X,{TODAY},paid,,,\n", encoding="utf-8")

    def one(_: int) -> imports.Summary:
        return imports.run(
            published_world, imports.Source(path), tmp_path / "bad.csv", key=arriving.KEY, progress=lambda _: None
        )

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, range(2))
    assert first.purchases["created"] + second.purchases["created"] == 120
    assert sum(walk.state == "active" for walk in arriving.walks(published_world)) == 40
    assert len(report(tmp_path)) == 2


def test_progress_ends_with_the_last_byte(published_world: db.Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + ANA, encoding="utf-8")
    heard: list[int] = []
    imports.run(published_world, imports.Source(path), tmp_path / "bad.csv", key=arriving.KEY, progress=heard.append)
    assert heard[-1] == path.stat().st_size


def test_dates_are_read_in_the_format_that_was_given(published_world: db.Database, tmp_path: Path) -> None:
    row = ANA.replace(TODAY, "03/08/2026")
    assert run(published_world, tmp_path, HEADER + row).bad == 1
    assert run(published_world, tmp_path, HEADER + row, date_format="dmy").purchases == {"created": 1}
    assert f"{arriving.purchases(published_world)['A1'].purchased_at:%d %B}" == "03 August"


def test_a_file_without_the_needed_columns_is_refused_as_a_whole(published_world: db.Database, tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="The header lacks order_id"):
        run(published_world, tmp_path, "email,purchased_at\na@b.example,2026-03-01\n")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|x", "＝1"])
def test_no_cell_of_the_report_runs_in_a_spreadsheet(cell: str) -> None:
    assert import_report.inert(cell) == f"'{cell}"


def test_plain_cells_stay_as_they_are() -> None:
    assert import_report.inert("ana@buyers.example") == "ana@buyers.example"


# The dry run


def test_a_preview_says_whom_it_would_enroll_and_writes_nothing(published_world: db.Database, tmp_path: Path) -> None:
    found = preview(published_world, tmp_path, f"{HEADER}{ANA}{BEN}zoe,,Z1,{TODAY},paid,,,\n")
    assert found.summary.purchases == {"created": 2}
    assert (found.summary.enrolled, found.summary.bad) == ({"ride": 2}, 1)
    assert arriving.customers(published_world) == {}
    assert not (tmp_path / "bad.csv").exists()


def test_a_preview_counts_check_ins_by_day(published_world: db.Database, tmp_path: Path) -> None:
    rows = HEADER + ANA + BEN.replace(",\n", ",a bell\n")
    days = {f"{day:%a %d %b %Y}": count for day, count in sorted(preview(published_world, tmp_path, rows).days.items())}
    assert days == {"Wed 02 Sep 2026": 2, "Mon 07 Sep 2026": 1, "Wed 01 Sep 2027": 2}


def test_a_preview_knows_what_is_known(published_world: db.Database, tmp_path: Path) -> None:
    run(published_world, tmp_path, HEADER + ANA)
    conflict = ANA.replace("ana@", "zoe@")
    found = preview(published_world, tmp_path, HEADER + ANA + BEN).summary
    assert (found.purchases, found.enrolled) == ({"known": 1, "created": 1}, {"ride": 1})
    assert preview(published_world, tmp_path, HEADER + conflict).summary.purchases == {"conflict": 1}


def test_a_preview_honours_repeat_purchases(published_world: db.Database, tmp_path: Path) -> None:
    yesterday = f"{world.START - timedelta(days=1):%Y-%m-%d}"
    rows = HEADER + ANA + ANA.replace("A1", "A2").replace(TODAY, yesterday)
    found = preview(published_world, tmp_path, rows)
    assert found.summary.enrolled == {"ride": 1}
    assert sum(found.days.values()) == 2


def test_what_the_preview_says_is_what_the_import_does(published_world: db.Database, tmp_path: Path) -> None:
    rows = HEADER + "".join(
        BEN.replace("ben@", f"n{n % 50}@").replace("B1", f"N{n}").replace(TODAY, f"2026-{n % 8 + 1:02}-{n % 28 + 1:02}")
        for n in range(200)
    )
    promised = preview(published_world, tmp_path, rows).summary
    run(published_world, tmp_path, rows)
    walking = [walk for walk in arriving.walks(published_world) if walk.state == "active"]
    assert promised.enrolled == {"ride": len(walking)}


def test_a_preview_needs_a_published_campaign(database: db.Database, tmp_path: Path) -> None:
    with pytest.raises(published.NothingPublishedError):
        preview(database, tmp_path, HEADER + ANA)
