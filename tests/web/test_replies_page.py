"""The page of replies, and a mail as it came in its frame."""

import pytest

from tests import world
from tests.web.conftest import Site
from tests.web.test_queue import rita
from tests.world import sending, talking


@pytest.fixture
def ana(site: Site) -> int:
    sending.buy(site.database, world.Bought(promises=("a bell",)))
    return sending.customer_id(site.database)


def test_a_replys_html_is_cleaned_and_can_neither_run_nor_load(site: Site, ana: int) -> None:
    html = (
        "<p style='position:fixed' onclick='x()'>Hi <b>there</b></p><script>alert(1)</script><img src='http://x.example/1'>"
        "<a href='javascript:alert(1)'>a</a><a href='https://quay.example'>b</a><form><input></form><style>p{}</style>"
        "<svg><script>1</script></svg><iframe src='//x'></iframe><base href='//x'><meta http-equiv=refresh content=0>"
    )
    talking.wrote(site.database, ana, talking.Said(html=html))
    answer = rita(site).get("/replies/1/html")
    body = answer.text.partition("</style>")[2]
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "<b>there</b>" in body
    assert 'href="https://quay.example"' in body
    for bad in ("script", "<img", "style", "onclick", "<form", "<input", "iframe", "svg", "<base", "<meta", "alert"):
        assert bad not in body, bad


def test_replies_are_listed_by_kind_with_their_evidence(site: Site, ana: int) -> None:
    handoff_id = talking.wrote(site.database, ana)
    person = rita(site)
    page = person.get("/replies").text
    assert "Reads like a problem." in page
    assert f"/handoffs/{handoff_id}" in page
    assert "The bell squeaks." not in person.get("/replies?kind=praise").text


def test_looking_changes_nothing(site: Site, ana: int) -> None:
    handoff_id = talking.wrote(site.database, ana)
    person = rita(site)
    with sending.writes(site.database) as written:
        for path in ("/queue", f"/handoffs/{handoff_id}", "/replies", "/replies/1", "/unmatched", "/absences",
                     "/dashboard", f"/customers/{ana}"):  # fmt: skip
            assert person.get(path).status_code == 200, path
    assert [each for each in written if not each.startswith("BEGIN")] == []
