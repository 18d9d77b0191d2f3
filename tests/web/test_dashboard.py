"""How the last days went, as plots that the server draws."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drip.engine.handoffs import resolve
from drip.models.handoff import Resolution
from drip.models.reply import ReplyKind
from drip.web.reading import dashboard
from tests import world
from tests.web.conftest import Site
from tests.world import sending, talking

FIRST = date(2026, 9, 1)


def seen(site: Site, days: int = 30) -> dashboard.Dashboard:
    with site.database.read() as session:
        return dashboard.dashboard(session, world.NEW_YORK, days)


def told(plot: dashboard.Plot) -> dict[str, str]:
    """Day -> number, of the days that have one."""
    return {day: number for bar in plot.bars for day, _, number in [bar.title.partition(": ")] if number != "0"}


def test_mails_and_replies_are_counted_on_the_companys_days(site: Site) -> None:
    sending.buy(site.database)
    sending.sent(site.database, site.settings)
    world.set_clock(site.database, sending.day(2, 23))  # the 3rd in UTC
    talking.wrote(site.database, sending.customer_id(site.database))
    found = seen(site)
    assert told(found.mails) == {"Tue 1 Sep 2026": "1"}
    assert told(found.replies) == {"Wed 2 Sep 2026": "1"}
    assert found.replied == 100


def test_machines_and_notices_are_no_replies_and_no_mails(site: Site) -> None:
    sending.buy(site.database)
    talking.wrote(site.database, sending.customer_id(site.database), talking.Said(kind=ReplyKind.out_of_office))
    found = seen(site)
    assert (found.mails.total, found.replies.total, found.replied) == (0, 0, None)


def test_open_conversations_are_counted_at_the_end_of_each_day(site: Site) -> None:
    sending.buy(site.database)
    handoff_id = talking.wrote(site.database, sending.customer_id(site.database))
    world.set_clock(site.database, sending.day(3))
    with site.database.write() as session:
        resolve.resolve(session, handoff_id, Resolution.resume, None, talking.RITA)
    world.set_clock(site.database, sending.day(5))
    assert told(seen(site).open) == {"Tue 1 Sep 2026": "1", "Wed 2 Sep 2026": "1"}
    assert seen(site).open.total == 0


def test_the_page_draws_both_spans_without_script(site: Site) -> None:
    sending.buy(site.database)
    talking.wrote(site.database, sending.customer_id(site.database))
    person = site.person()
    page = person.get("/dashboard").text
    assert page.count("<svg") >= 2
    assert "1 at most" in page
    assert "The last 90 days" in person.get("/dashboard?days=90").text
    assert "The last 30 days" in person.get("/dashboard?days=5000").text


def test_an_empty_house_has_a_dashboard_too(site: Site) -> None:
    assert "None in these days." in site.person().get("/dashboard").text


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=90))
def test_a_plot_stays_in_its_box_and_the_highest_fills_it(numbers: list[int]) -> None:
    drawn = dashboard.plot("Mails", "mail", [(FIRST + timedelta(days=n), each) for n, each in enumerate(numbers)])
    assert len(drawn.bars) == len(numbers)
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 and bar.y >= dashboard.ROOF - 0.01 for bar in drawn.bars)
    if max(numbers):
        assert max(bar.height for bar in drawn.bars) == round(dashboard.FLOOR - dashboard.ROOF, 2)
