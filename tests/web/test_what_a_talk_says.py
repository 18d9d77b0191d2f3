"""What a conversation's page says of what comes next, of promises and of what was just done."""

from drip.models.enrollment import Enrollment
from tests.web.conftest import Site
from tests.web.test_queue import rita
from tests.world import sending, talking


def test_a_check_in_that_would_be_left_out_is_not_called_the_next_one(site: Site) -> None:
    sending.buy(site.database)
    sending.change(site.database, Enrollment, next_step="promise", planned_at=sending.day(7))
    handoff_id = talking.wrote(site.database, sending.customer_id(site.database))
    page = rita(site).get(f"/handoffs/{handoff_id}").text
    assert "write <strong>promise</strong> yourself, which is left out as things stand" in page
    assert "send the next check-in" not in page
    assert page.index("As things stand it is left out") < page.index("letters/year?")
