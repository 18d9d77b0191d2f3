"""What the pages of a campaign say when people walk different versions of it."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drip.campaigns import definition, publish
from drip.models import enrollment
from drip.models.reasons import Reason
from drip.web.reading import plans, standings
from tests import world
from tests.web.conftest import Site
from tests.world import sending

BEN = world.Bought(email="ben@buyers.example", first_name="Ben")
NO_PROMISE = '[[campaigns.ride.steps]]\nid = "promise"\nday = 5\ntemplate = "promise"\nwhen = { promises = "open" }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "house"
    shutil.copytree(world.HERE, copied, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return copied


def publish_without(site: Site, folder: Path, old: str, new: str = "") -> None:
    """The small world's next version, in which `old` has become `new`."""
    config = folder / "config.toml"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new, 1))
    with site.database.write() as session:
        publish.publish(session, definition.load(config), by="tests")


def rows(site: Site) -> list[tuple[str, int, int, int, tuple[int, ...]]]:
    """Step, day, how many wait there and got it, and the versions if only older ones have it."""
    with site.database.read() as session:
        plan = plans.plan(session, "ride")
        assert plan is not None
        line = plans.line(standings.of(session, plan.row.id))
        assert sum(dot.counts.waiting for dot in line.dots) == plan.walking
    return [(dot.step.id, dot.step.day, dot.counts.waiting, dot.counts.sent, dot.only_in) for dot in line.dots]


def test_a_step_that_only_an_older_version_has_stays_on_the_page_while_people_walk_it(site: Site, folder: Path) -> None:
    sending.buy(site.database)
    publish_without(site, folder, 'id = "hello"\nday = 1', 'id = "welcome"\nday = 1')
    sending.buy(site.database, BEN)
    assert rows(site) == [
        ("welcome", 1, 1, 0, ()),
        ("hello", 1, 1, 0, (1,)),
        ("promise", 5, 0, 0, ()),
        ("year", 365, 0, 0, ()),
    ]
    page = site.person().get("/campaigns/ride").text
    assert "only in version 1" in page
    assert "/campaigns/ride/letters/hello?version=1" in page


def test_a_step_that_moved_counts_what_was_sent_on_the_day_on_which_it_was(site: Site, folder: Path) -> None:
    sending.buy(site.database)
    world.set_clock(site.database, sending.TOMORROW)
    sending.sent(site.database, site.settings)
    publish_without(site, folder, "day = 1\n", "day = 2\n")
    assert rows(site)[:2] == [("hello", 1, 0, 1, (1,)), ("hello", 2, 0, 0, ())]


def test_a_version_that_nobody_ever_walked_leaves_nothing_on_the_page(site: Site, folder: Path) -> None:
    publish_without(site, folder, NO_PROMISE)
    assert [row[0] for row in rows(site)] == ["hello", "year"]
    assert "only in version" not in site.person().get("/campaigns/ride").text


def test_a_letter_is_read_in_the_version_that_the_customer_walks(site: Site, folder: Path) -> None:
    ana = sending.buy(site.database)[0].customer_id
    publish_without(site, folder, 'id = "hello"\nday = 1', 'id = "welcome"\nday = 2')
    person = site.person()
    for chosen in (f"?customer={ana}", "?version=1", ""):
        page = person.get(f"/campaigns/ride/letters/hello{chosen}").text
        assert "This is how version 1 has it." in page
        assert "Ana started with that one. Newcomers get version 2, which has no hello." in page
        assert person.get(f"/campaigns/ride/letters/hello/html?customer={ana}&version=1").status_code == 200


def test_a_letter_that_only_another_version_has_is_never_theirs(site: Site, folder: Path) -> None:
    ana = sending.buy(site.database)[0].customer_id
    publish_without(site, folder, 'id = "hello"\nday = 1', 'id = "welcome"\nday = 2')
    person = site.person()
    page = person.get(f"/campaigns/ride/letters/welcome?customer={ana}").text
    assert "This is how version 2 has it." in page
    assert "Ana started with version 1." in page
    assert "Never: the version that they started with has no such check-in." in page
    assert person.get(f"/campaigns/ride/letters/welcome?customer={ana}&version=1").status_code == 404


def test_a_letter_of_the_only_version_says_nothing_of_versions(site: Site) -> None:
    ana = sending.buy(site.database)[0].customer_id
    assert "This is how version" not in site.person().get(f"/campaigns/ride/letters/hello?customer={ana}").text


def test_who_joined_after_a_step_and_who_ended_before_it_are_counted_as_their_pages_tell_it(site: Site) -> None:
    ana = sending.buy(site.database)[0]
    sending.buy(site.database, replace(BEN, anchor_at=world.START - timedelta(days=100)))
    with site.database.write() as session:
        enrollment.exit_all(session, [ana.id], Reason.refunded, world.START)
    with site.database.read() as session:
        (stand,) = standings.of(session, ana.campaign_id)
    assert stand.counts == {
        "hello": standings.Counts(skipped=1, late=1),
        "promise": standings.Counts(skipped=1, late=1),
        "year": standings.Counts(waiting=1, skipped=1),
    }
    assert "1 joined after it" in site.person().get("/campaigns/ride").text


def test_who_got_a_step_or_waits_for_it_is_counted_once(site: Site) -> None:
    walk = sending.buy(site.database)[0]
    world.set_clock(site.database, sending.TOMORROW)
    sending.sent(site.database, site.settings)
    with site.database.read() as session:
        (stand,) = standings.of(session, walk.campaign_id)
    assert stand.counts["hello"] == standings.Counts(sent=1)
    assert stand.counts["promise"] == standings.Counts(waiting=1)
    assert stand.counts["year"] == standings.Counts()
