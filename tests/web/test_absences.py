"""When a rep is away, and who stands in."""

import pytest
from sqlalchemy import func, select

from drip.models.handoff import Absence
from drip.models.user import Role
from tests.web.conftest import Site
from tests.web.test_queue import rita
from tests.world import sending, talking

DAYS = {"from_on": "2026-09-02", "until_on": "2026-09-08"}


def rep_id(site: Site, email: str) -> str:
    return str(talking.rep(site.database, email).id)


def number(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Absence)) or 0


def test_a_rep_puts_in_days_away_with_a_deputy_and_takes_them_out_again(site: Site) -> None:
    person = rita(site)
    ids = {"rep": rep_id(site, talking.RITA), "deputy": rep_id(site, talking.OTTO)}
    assert person.post("/absences", **ids, **DAYS).status_code == 303
    page = person.get("/absences").text
    assert "Wed 2 Sep 2026 to Tue 8 Sep 2026" in page
    assert "Otto Lind stands in" in page
    assert person.post("/absences/1/remove").status_code == 303
    assert number(site) == 0


def test_while_away_new_conversations_go_to_the_deputy(site: Site) -> None:
    ids = {"rep": rep_id(site, talking.RITA), "deputy": rep_id(site, talking.OTTO)}
    rita(site).post("/absences", **ids, from_on="2026-09-01", until_on="2026-09-01")
    sending.buy(site.database)
    handoff_id = talking.wrote(site.database, sending.customer_id(site.database))
    assert str(talking.handoff(site.database, handoff_id).rep_id) == ids["deputy"]


def test_a_rep_changes_nobody_elses_absences_and_an_admin_everybodys(site: Site) -> None:
    person, admin = rita(site), site.person(Role.admin)
    otto = {"rep": rep_id(site, talking.OTTO)}
    assert person.post("/absences", **otto, **DAYS).status_code == 403
    assert admin.post("/absences", **otto, **DAYS).status_code == 303
    assert person.post("/absences/1/remove").status_code == 403
    assert number(site) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"from_on": ""}, {"from_on": "2026-09-09"}, {"until_on": "2026-08-31", "from_on": "2026-08-01"},
     {"until_on": "2036-01-01"}, {"rep": "99"}, {"rep": "x"}, {"deputy": "99"}, {"deputy": "same"}],
)  # fmt: skip
def test_days_or_people_that_make_no_sense_are_refused(site: Site, wrong: dict[str, str]) -> None:
    own = rep_id(site, talking.RITA)
    form = {"rep": own, **DAYS, **{name: own if value == "same" else value for name, value in wrong.items()}}
    assert site.person(Role.admin).post("/absences", **form).status_code == 422
    assert number(site) == 0


def test_marketing_sees_them_and_changes_none(site: Site) -> None:
    person = site.person(Role.marketing)
    assert "Rita Moss" in person.get("/absences").text
    assert "Add days away" not in person.get("/absences").text
    assert person.post("/absences", **DAYS).status_code == 403
