"""What a letter's page says of the customer for whom it is read."""

from datetime import timedelta

from drip.models.purchase import Promise, PromiseState
from tests import world
from tests.web.conftest import Site
from tests.world import sending


def test_a_letter_whose_day_had_gone_by_is_never_theirs(site: Site) -> None:
    joined_late = world.Bought(anchor_at=world.START - timedelta(days=100))
    page = read(site, "hello", sending.buy(site.database, joined_late)[0].customer_id)
    assert "Never sent: its day, Mon 25 May 2026, had gone by" in page
    assert "Would get it" not in page


def test_a_letter_that_left_is_said_to_be_sent_though_its_condition_holds_no_more(site: Site) -> None:
    walk = sending.buy(site.database, world.Bought(promises=("a bell",)))[0]
    for at in (world.START, sending.day(7)):
        world.set_clock(site.database, at)
        sending.sent(site.database, site.settings)
    sending.change(site.database, Promise, state=PromiseState.kept)
    page = read(site, "promise", walk.customer_id)
    assert "Sent on Mon 7 Sep 2026, 09:00 EDT" in page
    assert "would not get this one" not in page


def test_a_letter_of_a_campaign_that_is_not_theirs_says_why(site: Site) -> None:
    page = read(site, "fit", sending.buy(site.database)[0].customer_id, campaign="care")
    assert "Not enrolled: “Care for what you wear” is for purchases where the category is helmet" in page


def read(site: Site, step: str, customer_id: int, campaign: str = "ride") -> str:
    return site.person().get(f"/campaigns/{campaign}/letters/{step}?customer={customer_id}").text
