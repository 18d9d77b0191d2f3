"""What people see and what their buttons do."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from drip.engine.people import suppress
from drip.models import audit
from drip.models.campaign import Campaign, CampaignState, Publication
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.models.system import System, SystemState
from drip.models.user import Role
from tests import world
from tests.web.conftest import Site
from tests.world import sending, talking

HOSTILE = "Gus <script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_the_first_page_says_what_to_do_when_there_is_nothing_yet(site: Site) -> None:
    assert "Import purchases" in site.person(Role.marketing).get("/").text


def test_the_first_page_shows_whose_check_in_comes_next(site: Site) -> None:
    _bought(site)
    page = site.person().get("/").text
    assert "Ana" in page
    assert "Tue 1 Sep 2026, 09:00 EDT" in page


def test_the_first_page_names_the_rep_to_whom_a_notice_went(site: Site) -> None:
    with site.database.write() as session:
        walk = world.bought(session, world.Bought())
    talking.wrote(site.database, walk.customer_id)
    sending.change(site.database, Message, state=MessageState.accepted, handed_at=world.START)
    page = site.person().get("/").text
    assert "<p>Rita Moss <span" in page
    assert '<p class="big">0</p><p class="soft">sent to customers today; 1 notice to reps</p>' in page


def test_the_first_page_leaves_out_what_waits_for_a_talk_to_end(site: Site) -> None:
    _bought(site)
    talking.wrote(site.database, sending.customer_id(site.database))
    assert "No check-in is coming up." in site.person().get("/").text


def test_the_kill_switch_stops_all_mail_and_lets_it_go_on(site: Site) -> None:
    person = site.person(Role.marketing)
    assert person.post("/stop").status_code == 303
    assert _system(site) is SystemState.paused
    assert "Nothing is leaving" in person.get("/campaigns").text
    assert "whose day went by" in person.get("/").text
    assert person.post("/go-on", missed="all").status_code == 400
    assert person.post("/go-on", missed="latest").status_code == 303
    assert _system(site) is SystemState.running


def test_the_first_page_tells_of_an_outage_and_what_it_made_us_leave_out(site: Site) -> None:
    with site.database.write() as session:
        audit.note(session, "drip", "outage", "system", "nothing could leave from Monday to Friday.")
    assert "Nothing could leave from Monday to Friday." in site.person().get("/").text


def test_a_campaign_is_shown_as_a_line_with_its_steps_and_counts(site: Site) -> None:
    _bought(site)
    page = site.person().get("/campaigns/ride").text
    assert page.count("<circle") == len(world.house().campaigns[0].steps)
    assert "1 here" in page


def test_a_paused_campaign_goes_on_only_when_told_what_to_do_with_what_was_missed(site: Site) -> None:
    person = site.person(Role.marketing)
    person.post("/campaigns/ride/pause", reason="a wrong word")
    assert _campaign(site).state is CampaignState.paused
    assert "a wrong word" in person.get("/campaigns/ride").text
    assert person.post("/campaigns/ride/resume").status_code == 400
    assert person.post("/campaigns/ride/resume", missed="skip").status_code == 303
    assert _campaign(site).state is CampaignState.active


def test_a_letter_is_shown_as_the_chosen_customer_would_get_it_and_when(site: Site) -> None:
    customer_id = _bought(site)
    step = world.house().campaigns[0].steps[0]
    page = site.person().get(f"/campaigns/ride/letters/{step.id}?customer={customer_id}").text
    assert "Ana" in page
    assert "Tue 1 Sep 2026, 09:00 EDT" in page
    assert "/u/preview" in page or "iframe" in page


def test_a_letter_is_shown_for_somebody_who_would_get_it(site: Site) -> None:
    _bought(site, world.Bought(email="ben@buyers.example", first_name="Ben", promises=("a lamp",)))
    _bought(site)
    page = site.person().get("/campaigns/ride/letters/promise").text
    assert "ben@buyers.example" in page
    assert "would get this one" not in page


def test_a_letter_that_nobody_would_get_is_shown_as_a_draft(site: Site) -> None:
    customer_id = _bought(site)
    person = site.person()
    assert "None of the last buyers would get this one" in person.get("/campaigns/ride/letters/promise").text
    asked = person.get(f"/campaigns/ride/letters/promise?customer={customer_id}").text
    assert "Ana would not get this one" in asked


def test_a_letters_html_can_neither_run_nor_load_nor_lead_anywhere(site: Site) -> None:
    customer_id = _bought(site, world.Bought(first_name=HOSTILE))
    answer = site.person().get(f"/campaigns/ride/letters/hello/html?customer={customer_id}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert "<script>" not in answer.text


def test_a_reader_is_found_by_a_part_of_their_name_and_wildcards_are_plain_letters(site: Site) -> None:
    _bought(site)
    person = site.person()
    assert "ana@buyers.example" in person.get("/campaigns/ride/letters/hello/people?q=AN").text
    assert "ana@buyers.example" not in person.get("/campaigns/ride/letters/hello/people?q=%25").text


@pytest.mark.parametrize(
    "path", ["/campaigns/none", "/campaigns/ride/letters/none", "/customers/99", "/customers/x", f"/customers/{10**30}"]
)
def test_what_does_not_exist_has_no_page(site: Site, path: str) -> None:
    assert site.person().get(path).status_code == 404


def test_a_customers_page_tells_their_whole_year_and_why(site: Site) -> None:
    customer_id = _bought(site)
    page = site.person().get(f"/customers/{customer_id}").text
    assert "<dt>Bought</dt><dd>Mon 31 Aug 2026</dd>" in page  # of the day alone: a sheet knows no more
    for step in world.house().campaigns[0].steps:
        assert f"{step.id}</a>" in page
    assert "the customer&#39;s own time zone (America/New_York)" in page
    assert "Bought Quay 3" in page


def test_hostile_names_and_products_are_shown_as_plain_text(site: Site) -> None:
    customer_id = _bought(site, world.Bought(first_name=HOSTILE, product=HOSTILE, promises=(HOSTILE,)))
    person = site.person()
    for path in (
        "/",
        "/customers",
        f"/customers/{customer_id}",
        f"/campaigns/ride/letters/hello?customer={customer_id}",
    ):
        page = person.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
    assert "&lt;script&gt;" in person.get("/customers").text


def test_a_search_is_shown_again_as_plain_text(site: Site) -> None:
    page = site.person().get('/customers?q="><script>alert(1)</script>').text
    assert "<script>alert" not in page


def test_customers_come_page_by_page_the_newest_first(site: Site) -> None:
    with site.database.write() as session:
        for number in range(45):
            world.bought(session, world.Bought(email=f"buyer{number}@buyers.example", first_name=f"Buyer{number}"))
    person = site.person()
    first = person.get("/customers").text
    assert "buyer44@" in first
    assert "buyer4@" not in first
    following = first.split("/customers?before=")[1].split('"')[0]
    assert "buyer4@" in person.get(f"/customers?before={following}").text


def test_a_rep_stops_writing_to_a_person_and_only_an_admin_allows_it_again(site: Site) -> None:
    customer_id = _bought(site)
    rep, admin = site.person(Role.rep), site.person(Role.admin)
    assert rep.post(f"/customers/{customer_id}/stop", detail="asked at the counter").status_code == 303
    with site.database.read() as session:
        enrollment = session.scalars(select(Enrollment)).one()
        assert (enrollment.state, enrollment.reason) == (EnrollmentState.exited, Reason.manual)
    assert "We do not write to them" in rep.get(f"/customers/{customer_id}").text
    assert rep.post(f"/customers/{customer_id}/allow").status_code == 403
    assert admin.post(f"/customers/{customer_id}/allow").status_code == 303
    with site.database.read() as session:
        customer = session.get_one(Customer, customer_id)
        assert suppress.in_force(session, customer, site.settings.secret_key()) == []


def test_a_rep_says_on_the_customers_page_that_a_promise_was_kept(site: Site) -> None:
    customer_id = _bought(site, world.Bought(promises=("a bell",)))
    rep = site.person(Role.rep)
    assert "We kept it" in rep.get(f"/customers/{customer_id}").text
    assert rep.post(f"/customers/{customer_id}/promises/1", state="kept").status_code == 303
    page = rep.get(f"/customers/{customer_id}").text
    assert ("Still open" in page, "We kept it" in page) == (True, False)
    assert rep.post(f"/customers/{customer_id}/promises/1", state="forgotten").status_code == 400
    assert rep.post(f"/customers/{customer_id}/promises/2", state="kept").status_code == 404


def test_a_campaign_whose_days_had_all_gone_by_is_not_said_to_have_had_its_turns(site: Site) -> None:
    customer_id = _bought(site, world.Bought(anchor_at=world.START - timedelta(days=500)))
    with site.database.write() as session:
        session.scalars(select(Enrollment)).one().ended_at = world.START
    page = site.person().get(f"/customers/{customer_id}").text
    assert ("All its days had gone by already." in page, "has had its turn" in page) == (True, False)


def test_an_admin_erases_a_customer_whose_address_they_type_again(site: Site) -> None:
    customer_id = _bought(site)
    rep, admin = site.person(Role.rep), site.person(Role.admin)
    assert "/erase" not in rep.get(f"/customers/{customer_id}").text
    assert rep.post(f"/customers/{customer_id}/erase", email="ana@buyers.example").status_code == 403
    assert admin.post(f"/customers/{customer_id}/erase", email="ben@buyers.example").status_code == 400
    assert "/erase" in admin.get(f"/customers/{customer_id}").text
    assert admin.post(f"/customers/{customer_id}/erase", email="Ana@buyers.example").status_code == 303
    page = admin.get(f"/customers/{customer_id}").text
    assert ("is forgotten since" in page, "Ana" in page, "/allow" in page) == (True, False, False)
    assert "ana@" not in admin.get("/customers").text


def test_unpublished_changes_of_the_files_are_named(site: Site) -> None:
    with site.database.write() as session:
        session.scalars(select(Publication)).one().digest = "another"
    assert "says something else than what is published" in site.person().get("/campaigns").text


def _bought(site: Site, wanted: world.Bought | None = None) -> int:
    with site.database.write() as session:
        return world.bought(session, wanted).customer_id


def _system(site: Site) -> SystemState:
    with site.database.read() as session:
        return session.scalars(select(System.state)).one()


def _campaign(site: Site) -> Campaign:
    with site.database.read() as session:
        row = session.scalars(select(Campaign).where(Campaign.name == "ride")).one()
        session.expunge(row)
        return row
