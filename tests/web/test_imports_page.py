"""Import by upload: first a look, then the import, then what was left out."""

import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from drip import db
from drip.models.purchase import Purchase
from drip.models.user import Role
from drip.web import uploads
from tests.web.conftest import Person, Site

HEADER = "email,first_name,order_id,purchased_at,product_name,category,amount\n"
GOOD = "ana@buyers.example,Ana,A-1,2026-08-31T10:00:00-04:00,Quay 3,bike,1299.00\n"
BAD = "not an address,=cmd|' /C calc'!A0,A-2,2026-08-31,Quay 3,bike,\n"


def test_a_look_writes_nothing_and_says_what_would_happen(site: Site) -> None:
    person = site.person(Role.marketing)
    page = _looked(person, HEADER + GOOD + BAD)
    assert "This is what would happen" in page
    assert "Tue 1 Sep 2026" in page
    assert "not an address" in page
    assert _purchases(site.database) == 0


def test_what_was_left_out_is_told_in_the_order_of_the_rows_and_one_is_one(site: Site) -> None:
    person = site.person(Role.marketing)
    future = GOOD.replace("A-1", "A-3").replace("2026", "2036")
    page = _looked(person, HEADER + future + GOOD + GOOD + BAD)
    told = page[page.index("rows are left out") :]
    assert told.index('nowrap">2<') < told.index('nowrap">5<')
    for words in ("new purchase", "further row of an order above"):
        assert f'<p class="soft">{words}</p>' in page


def test_a_file_with_only_a_header_is_not_offered_for_import(site: Site) -> None:
    page = _looked(site.person(Role.marketing), HEADER)
    assert "There is nothing to import: the file has only a header." in page
    assert "Import it" not in page


def test_confirmed_it_records_the_good_rows_and_offers_the_bad_ones_as_a_file(site: Site) -> None:
    person = site.person(Role.marketing)
    path = _upload(person, HEADER + GOOD + BAD)
    _settled(person, path)
    person.post(f"{path}/confirm")
    assert "Recorded." in _settled(person, path)
    assert _purchases(site.database) == 1
    report = person.get(f"{path}/errors.csv")
    assert report.headers["content-disposition"].startswith("attachment")
    assert "'=cmd" in report.text


def test_confirmed_twice_it_is_recorded_once(site: Site) -> None:
    person = site.person(Role.marketing)
    path = _upload(person, HEADER + GOOD)
    _settled(person, path)
    for _ in range(2):
        person.post(f"{path}/confirm")
        _settled(person, path)
    assert _purchases(site.database) == 1


def test_dates_that_can_be_read_in_two_ways_are_mended_by_a_choice_and_not_by_typing(site: Site) -> None:
    person = site.person(Role.marketing)
    doubtful = GOOD.replace("A-1", "A-2").replace("2026-08-31T10:00:00-04:00", "03/04/2026")
    path = _upload(person, HEADER + GOOD + doubtful)
    assert "could be two dates; choose how dates are written" in _settled(person, path)
    person.post(f"{path}/confirm")
    for told in (_settled(person, path), person.get(f"{path}/errors.csv").text):
        assert "choose how dates are written when you upload it again" in told
        assert "--date-format" not in told


@pytest.mark.parametrize("content", ["", "\0\0\0binary", "name,colour\nAna,red\n", "PK\x03\x04 workbook"])
def test_a_file_that_cannot_be_used_says_so_in_one_sentence(site: Site, content: str) -> None:
    page = _looked(site.person(Role.admin), content)
    assert "This file cannot be used." in page
    assert str(site.settings.data_dir) not in page


def test_no_file_is_no_import(site: Site) -> None:
    person = site.person(Role.admin)
    assert person.client.post("/imports", data={"csrf": person.token()}).status_code == 400


def test_a_file_of_more_than_100_megabytes_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    person = site.person(Role.admin)
    answer = _post(person, HEADER + GOOD * 20)
    assert answer.status_code == 400
    assert "larger than 100 MB" in answer.text
    assert list((site.settings.data_dir / "uploads").iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\x.csv", "<script>alert(1)</script>.csv", "a\r\nb.csv"])
def test_a_hostile_file_name_is_only_shown_and_never_used(site: Site, name: str) -> None:
    person = site.person(Role.admin)
    path = _post(person, HEADER + GOOD, name).headers["location"]
    page = _settled(person, path)
    assert "<script>" not in page.split("<main")[1]
    assert [each.name for each in (site.settings.data_dir / "uploads").iterdir()] == [Path(path).name]


@pytest.mark.parametrize("name", ["..", "%2e%2e", "0" * 26, "x" * 300])
def test_an_upload_that_is_none_has_no_page(site: Site, name: str) -> None:
    assert site.person(Role.admin).get(f"/imports/{name}/errors.csv").status_code == 404


def test_a_forgotten_file_is_gone_from_the_disk(site: Site) -> None:
    person = site.person(Role.admin)
    path = _upload(person, HEADER + GOOD)
    _settled(person, path)
    person.post(f"{path}/discard")
    assert person.get(path).status_code == 404
    assert list((site.settings.data_dir / "uploads").iterdir()) == []


def test_a_hostile_row_is_shown_as_plain_text(site: Site) -> None:
    page = _looked(site.person(Role.admin), HEADER + GOOD.replace("ana@buyers.example", "<img src=x onerror=alert(1)>"))
    assert "<img src=x" not in page


def _looked(person: Person, content: str) -> str:
    return _settled(person, _upload(person, content))


def _upload(person: Person, content: str) -> str:
    return str(_post(person, content).headers["location"])


def _post(person: Person, content: str, name: str = "purchases.csv", source: str = "shop") -> httpx.Response:
    files = {"file": (name, content.encode("latin-1"), "text/csv")}
    return person.client.post("/imports", data={"csrf": person.token(), "source": source}, files=files)


def _settled(person: Person, path: str) -> str:
    """The page once the thread has done its work."""
    for _ in range(200):
        page: str = person.get(path).text
        if 'hx-trigger="load' not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("The import did not come to an end.")


def _purchases(database: db.Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Purchase)) or 0


def test_an_upload_means_the_same_purchases_as_the_command_line(site: Site) -> None:
    person = site.person(Role.marketing)
    assert 'name="source" value="import"' in person.get("/imports").text
    location = _post(person, HEADER + GOOD, source="").headers["location"]
    _settled(person, location)
    person.post(f"{location}/confirm")
    _settled(person, location)
    with site.database.read() as session:
        assert session.scalars(select(Purchase.source)).all() == ["import"]
