"""The reps' queue: what waits, for whom, and fresh without reload."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from drip import clock
from drip.engine.handoffs import hand_off, resolve
from drip.models.handoff import Handoff, Priority, Resolution
from drip.models.user import Role, WebSession
from tests import world
from tests.web.conftest import Person, Site, add_user
from tests.world import sending, talking

HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
FRESH = {"HX-Request": "true"}


def asks(site: Site, name: str, said: talking.Said | None = None, rep: str = talking.RITA) -> int:
    """Somebody of this name writes; the id of the handoff."""
    with site.database.write() as session:
        walk = world.bought(session, world.Bought(email=f"{name.lower()}@buyers.example", first_name=name))
    handoff_id = talking.wrote(site.database, walk.customer_id, said)
    sending.change(site.database, Handoff, Handoff.id == handoff_id, rep_id=talking.rep(site.database, rep).id)
    return handoff_id


def seen_at(site: Site) -> datetime:
    with site.database.read() as session:
        return session.scalars(select(WebSession.seen_at)).one()


def rita(site: Site) -> Person:
    return signed_in(site, talking.RITA, Role.rep)


def signed_in(site: Site, email: str, role: Role) -> Person:
    add_user(site.database, email, role)
    client = site.stranger()
    client.post("/sign-in", data={"email": email, "password": "three lamps on a quay"})
    return Person(client, email)


def test_a_reps_day_begins_at_the_queue(site: Site) -> None:
    add_user(site.database, talking.RITA, Role.rep)
    answer = site.stranger().post("/sign-in", data={"email": talking.RITA, "password": "three lamps on a quay"})
    assert answer.headers["location"] == "/queue"


def test_who_waits_stands_there_with_what_they_bought_and_their_first_words(site: Site) -> None:
    asks(site, "Ana")
    page = rita(site).get("/queue").text
    for said in ("Ana", "Quay 3", "The bell squeaks.", "Something is wrong.", "not claimed"):
        assert said in page


def test_an_empty_queue_says_what_will_appear(site: Site) -> None:
    assert "Nobody is waiting." in rita(site).get("/queue").text


def test_the_most_urgent_comes_first_then_who_has_waited_longest(site: Site) -> None:
    asks(site, "Ana", talking.Said(priority=Priority.medium))
    asks(site, "Ben", talking.Said(priority=Priority.medium))
    asks(site, "Chidi", talking.Said(priority=Priority.urgent))
    page = rita(site).get("/queue").text
    assert re.findall(r"<strong>(\w+)</strong>", page)[:3] == ["Chidi", "Ana", "Ben"]


def test_mine_is_what_i_sold_or_took(site: Site) -> None:
    asks(site, "Ana")
    asks(site, "Ben", rep=talking.OTTO)
    taken = asks(site, "Chidi", rep=talking.OTTO)
    with site.database.write() as session:
        hand_off.claim(session, taken, talking.RITA)
    page = rita(site).get("/queue?whose=mine").text
    assert {name: name in page for name in ("Ana", "Ben", "Chidi")} == {"Ana": True, "Ben": False, "Chidi": True}


def test_each_state_has_its_tab_with_its_number(site: Site) -> None:
    waiting, done = asks(site, "Ana"), asks(site, "Ben")
    with site.database.write() as session:
        hand_off.snooze(session, waiting, sending.day(3), talking.RITA)
        resolve.resolve(session, done, Resolution.resume, None, talking.RITA)
    person = rita(site)
    assert "Ana" in person.get("/queue?state=snoozed").text
    assert "Ben" in person.get("/queue?state=closed").text
    assert "Nobody is waiting." in person.get("/queue").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [("q=an", True), ("q=ana@buyers", True), ("q=squeak", True), ("q=%25", False), ("q=zebra", False),
     ("priority=high", True), ("priority=low", False), ("priority=nonsense", True), ("age=day", False),
     ("age=nonsense", True), ("q=%00", True)],
)  # fmt: skip
def test_it_is_searched_by_name_address_and_words_and_cut_by_priority_and_age(
    site: Site, asked: str, found: bool
) -> None:
    asks(site, "Ana")
    assert ("ana@buyers" in (page := rita(site).get(f"/queue?{asked}").text) or "squeaks" in page) == found


def test_old_ones_are_found_by_age(site: Site) -> None:
    asks(site, "Ana")
    world.set_clock(site.database, sending.day(3))
    assert "squeaks" in rita(site).get("/queue?age=day").text


def test_the_list_comes_anew_only_when_something_has_changed(site: Site) -> None:
    handoff_id = asks(site, "Ana")
    person = rita(site)
    poll = re.findall(r'hx-get="(/queue[^"]+)"', person.get("/queue").text)[0].replace("&amp;", "&")
    world.set_clock(site.database, world.START)  # the minutes since are told anew, so it must be the same one
    poll = re.findall(r'hx-get="(/queue[^"]+seen=[^"]+)"', person.get("/queue", **FRESH).text)[0].replace("&amp;", "&")
    assert person.get(poll, **FRESH).status_code == 204
    with site.database.write() as session:
        hand_off.claim(session, handoff_id, talking.OTTO)
    fresh = person.get(poll, **FRESH)
    assert fresh.status_code == 200
    assert "<html" not in fresh.text
    assert "Otto Lind" in fresh.text


def test_a_page_that_looks_for_news_by_itself_keeps_nobody_signed_in(site: Site) -> None:
    person = rita(site)
    poll = re.findall(r'hx-get="(/queue[^"]+seen=[^"]+)"', person.get("/queue").text)[0].replace("&amp;", "&")
    old = clock.now() - timedelta(minutes=30)
    sending.change(site.database, WebSession, seen_at=old)
    assert person.get(poll, **FRESH).status_code in (200, 204)
    assert seen_at(site) == old
    person.get("/queue?whose=mine", **FRESH)
    assert seen_at(site) > old
    sending.change(site.database, WebSession, seen_at=clock.now() - timedelta(minutes=61))
    ended = person.get(poll, **FRESH)
    assert (ended.status_code, ended.headers["hx-redirect"]) == (401, "/sign-in")


def test_what_customers_write_is_shown_as_plain_text(site: Site) -> None:
    asks(site, "Gus", talking.Said(HOSTILE))
    person = rita(site)
    for path in ("/queue", f"/queue?q={HOSTILE}", "/replies", "/handoffs/1", "/replies/1"):
        page = person.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path


def test_a_long_queue_comes_page_by_page(site: Site) -> None:
    with site.database.write() as session:
        people = [world.bought(session, world.Bought(email=f"b{n}@buyers.example", first_name=f"B{n}")).customer_id
                  for n in range(53)]  # fmt: skip
        for who in people:
            hand_off.open_for(session, who, Priority.low, "Why.", reply=None)
    person = rita(site)
    first, second = person.get("/queue").text, person.get("/queue?page=2").text
    assert (first.count('class="talk'), second.count('class="talk')) == (50, 3)
    assert "page=2" in first
