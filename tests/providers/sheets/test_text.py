"""A CSV file as rows of cells."""

from pathlib import Path

import pytest

from drip.providers.sheets import text
from tests.providers.sheets import writing

ROW = "ana@buyers.example,A1,2026-03-01"


def cells(folder: Path, content: str | bytes, encoding: str = "utf-8") -> list[tuple[str, ...]]:
    table = text.opened(writing.sheet(folder, content, encoding))
    return [row.cells for row in text.rows(table)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_usual_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    assert cells(tmp_path, f"{writing.HEADER}\nrenée@x.example,Ä1,2026-03-01\n", encoding) == [
        ("renée@x.example", "Ä1", "2026-03-01")
    ]


def test_a_guessed_encoding_is_said(tmp_path: Path) -> None:
    path = writing.sheet(tmp_path, f"{writing.HEADER}\nrenée,1,2\n", "cp1252")
    assert text.opened(path).note == text.NOT_UTF8
    assert text.opened(writing.sheet(tmp_path, f"{writing.HEADER}\nrenée,1,2\n")).note == ""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(tmp_path: Path, separator: str, ending: str) -> None:
    content = ending.join([writing.HEADER, ROW, ""]).replace(",", separator)
    assert cells(tmp_path, content) == [tuple(ROW.split(","))]


def test_separators_inside_quotes_do_not_count(tmp_path: Path) -> None:
    assert cells(tmp_path, '"a,b,c,d,e";order_id\n1;2\n') == [("1", "2")]


def test_the_separator_that_excel_names_is_used(tmp_path: Path) -> None:
    assert cells(tmp_path, "sep=;\na;b\n1;2\n") == [("1", "2")]


def test_cells_may_hold_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    assert cells(tmp_path, 'a,b\n"x, ""y""\nz",2\n') == [('x, "y"\nz', "2")]


def test_rows_count_as_in_a_spreadsheet_and_blank_ones_are_passed_over(tmp_path: Path) -> None:
    table = text.opened(writing.sheet(tmp_path, 'a,b\n\n"x\ny",2\n,\n3,4\n'))
    assert [row.number for row in text.rows(table)] == [3, 5]


@pytest.mark.parametrize(("row", "said"), [("1", "has 1 cell where"), ("1,2,3", "has 3 cells")])
def test_a_ragged_row_says_so_and_the_rest_is_read(tmp_path: Path, row: str, said: str) -> None:
    table = text.opened(writing.sheet(tmp_path, f"a,b\n{row}\n5,6\n1,2,\n"))
    problems = [row.problem for row in text.rows(table)]
    assert said in problems[0]
    assert problems[1:] == ["", ""]


def test_a_quote_left_open_spoils_its_row_only(tmp_path: Path) -> None:
    many = "5,6\n" * 50_000
    table = text.opened(writing.sheet(tmp_path, f'a,b\n1,"2\n{many}'))
    rows = list(text.rows(table))
    assert "is a quote left open?" in rows[0].problem
    assert rows[-1].cells == ("5", "6")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "is not a text file"),
        (b"PK\x03\x04....", "is a workbook"),
        (b"email,\x81\x8d\n", "encoding that we don't know"),
        (b"\xff\xfee\x00m\x00\x00\xd8a", "cannot be read as utf-16"),
        (b"x" * 1_100_000, "a line of more than"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(text.SheetError, match=said):
        text.opened(writing.sheet(tmp_path, content))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(text.SheetError, match="There is no file"):
        text.opened(tmp_path / "nothing.csv")
