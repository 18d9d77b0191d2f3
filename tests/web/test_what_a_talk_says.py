"""What a conversation's page says of what comes next, of promises and of what was just done."""

from datetime import date

import pytest

from drip.models.enrollment import Enrollment
from drip.models.purchase import Promise
from drip.models.reply import ReplyKind
from tests import world
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


def test_a_reply_and_its_conversation_ask_whether_an_open_promise_was_kept(site: Site) -> None:
    sending.buy(site.database, world.Bought(promises=("a bell",)))
    sending.change(site.database, Promise, due_on=date(2026, 9, 4))
    ana = sending.customer_id(site.database)
    handoff_id = talking.wrote(site.database, ana)
    person = rita(site)
    for page in ("/replies/1", f"/handoffs/{handoff_id}"):
        assert f'<a href="/customers/{ana}#promise-1">' in person.get(page).text
    assert "A promise is still open: a bell, by Fri 4 Sep 2026. Was it kept?" in person.get("/replies/1").text
    assert 'id="promise-1"' in person.get(f"/customers/{ana}").text
    assert person.post(f"/customers/{ana}/promises/1", state="kept").status_code == 303
    for page in ("/replies/1", f"/handoffs/{handoff_id}"):
        assert "Was it kept?" not in person.get(page).text


def test_what_was_put_off_is_said_in_the_queue_for_as_long_as_it_is(site: Site) -> None:
    sending.buy(site.database)
    handoff_id = talking.wrote(site.database, sending.customer_id(site.database))
    person = rita(site)
    back = person.post(f"/handoffs/{handoff_id}/snooze", until="1").headers["location"]
    page = person.get(back).text
    assert "Put off until Wed 2 Sep 2026:" in page
    assert f'<a href="/handoffs/{handoff_id}">Ana</a>' in page
    assert "Put off until" not in person.get("/queue").text
    talking.wrote(site.database, sending.customer_id(site.database))
    assert "Put off until" not in person.get(back).text


@pytest.mark.parametrize("word", ["99", "0", "-1", "²", "x%22%3E<script>alert(1)</script>", "9" * 30])
def test_a_made_up_word_puts_nothing_on_the_queue(site: Site, word: str) -> None:
    answered = rita(site).get(f"/queue?put_off={word}")
    assert answered.status_code == 200
    assert "Put off" not in answered.text
    assert "alert(1)" not in answered.text


def test_the_newest_reason_stands_first_and_the_older_one_beside_it(site: Site) -> None:
    sending.buy(site.database)
    ana = sending.customer_id(site.database)
    handoff_id = talking.wrote(site.database, ana)
    person = rita(site)
    assert "<strong>Something is wrong.</strong></p>" in person.get(f"/handoffs/{handoff_id}").text
    talking.wrote(site.database, ana, talking.Said("I am not Ana.", ReplyKind.wrong_person))
    page = person.get(f"/handoffs/{handoff_id}").text
    assert "<strong>This may be the wrong person.</strong>" in page
    assert "Before that: Something is wrong." in page
