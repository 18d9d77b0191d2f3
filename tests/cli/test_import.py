"""`drip import`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drip import db
from drip.cli.main import main
from tests import world
from tests.engine.purchases import arriving

HEADER = "email,order_id,purchased_at,product_name,category\n"
ANA = f"ana@buyers.example,A1,{world.START:%Y-%m-%d},Quay 3,bike\n"
BAD = "ana,A2,soon,Quay 3,bike\n"


@pytest.fixture
def drip(published_world: db.Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A world that the command line finds, and a folder for its files."""
    for name, value in {
        "DRIP_CONFIG": str(world.HERE / "config.toml"),
        "DRIP_DATA_DIR": str(tmp_path / "var"),
        "DATABASE_URL": database_url,
        "DRIP_SECRET_KEY": "a secret of the tests",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(folder: Path, content: str | bytes, *options: str) -> Result:
    path = folder / "orders.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CliRunner().invoke(main, ["import", str(path), *options])


def test_good_rows_are_kept_and_the_rest_is_explained(drip: Path, published_world: db.Database) -> None:
    result = run(drip, HEADER + ANA + BAD)
    assert result.exit_code == 0
    for said in ("1  created", "1  enrolled in ride", "row 3: ", "orders.csv.errors.csv"):
        assert said in result.output
    assert [walk.state for walk in arriving.walks(published_world)] == ["active"]
    assert (drip / "orders.csv.errors.csv").exists()


def test_a_second_import_says_that_nothing_changed(drip: Path) -> None:
    run(drip, HEADER + ANA)
    result = run(drip, HEADER + ANA)
    assert (result.exit_code, "1  unchanged" in result.output) == (0, True)


def test_an_import_of_nothing_but_bad_rows_fails(drip: Path) -> None:
    assert run(drip, HEADER + BAD).exit_code == 1


def test_an_import_without_rows_has_nothing_to_do(drip: Path) -> None:
    result = run(drip, HEADER)
    assert (result.exit_code, result.output) == (0, "There was nothing to import: the file has only a header.\n")


def test_a_dry_run_shows_the_days_ahead_and_writes_nothing(drip: Path, published_world: db.Database) -> None:
    result = run(drip, HEADER + ANA, "--dry-run")
    assert result.exit_code == 0
    for said in ("2 check-ins would go out", "Wed 02 Sep 2026", "September 2027", "Nothing was written."):
        assert said in result.output
    assert arriving.customers(published_world) == {}


def test_scripts_get_json(drip: Path) -> None:
    days = json.loads(run(drip, HEADER + ANA, "--dry-run", "--json").stdout)["days"]
    assert days == {"2026-09-02": 1, "2027-09-01": 1}
    found = json.loads(run(drip, HEADER + ANA + BAD, "--json").stdout)
    assert (found["purchases"], found["enrolled"], found["bad"]) == ({"created": 1}, {"ride": 1}, 1)
    assert found["errors"][0]["row"] == 3


def test_the_source_is_part_of_the_key(drip: Path, published_world: db.Database) -> None:
    run(drip, HEADER + ANA, "--source", "shopify")
    assert arriving.purchases(published_world)["A1"].source == "shopify"


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"", (), "is empty"),
        (b"\x00\x01\x02", (), "is not a text file"),
        (b"a,b\n1,2\n", (), "The header lacks email"),
        (HEADER.encode(), ("--date-format", "fancy"), "is not a date format"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_line(
    drip: Path, content: bytes, options: tuple[str, ...], said: str
) -> None:
    result = run(drip, content, *options)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_source_that_is_no_word_of_ours_spoils_no_database(drip: Path) -> None:
    result = run(drip, HEADER + ANA, "--source", "x" * 300)
    assert result.exit_code == 1
    assert "source is 300 characters long" in result.output


def test_a_dry_run_names_reps_whom_we_do_not_have_as_the_import_does(drip: Path) -> None:
    header, ana = f"{HEADER.strip()},rep_email\n", ANA.strip()
    ben = ana.replace("A1", "B1").replace("ana@", "ben@")
    sheet = f"{header}{ana},nobody@x.example\n{ben},rita@quay.example\n"
    for options in (["--dry-run"], []):
        said = run(drip, sheet, *options).output
        assert "1 x nobody@x.example is not one of our reps; the first one stands in." in said
        assert "rita@" not in said
    named = run(drip, f"{header}{ana},Rita\n", "--source", "b", "--dry-run")
    assert "1 x 'Rita' is no address of a rep" in named.output


def test_a_dry_run_says_why_nothing_would_go_out(drip: Path) -> None:
    bell, old = ANA.replace("A1", "A2").replace("bike", ""), ANA.replace("A1", "A3").replace("2026", "2020")
    said = run(drip, HEADER + bell + old, "--dry-run").output
    assert "No check-in would go out." in said
    assert "1 x Fits no campaign: ride wants that the category is bike; care wants that the category is helmet." in said
    assert "1 x Not accompanied: all days of its campaign have gone by." in said
    assert "Fits no campaign" not in run(drip, HEADER + ANA, "--dry-run").output


def test_further_rows_of_an_order_are_counted(drip: Path) -> None:
    for options in (["--dry-run"], []):
        assert "1  further row of an order above" in run(drip, HEADER + ANA + ANA, *options).output
        assert "2  further rows of orders above" in run(drip, HEADER + ANA + ANA + ANA, *options).output
