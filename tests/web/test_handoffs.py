"""A conversation's page: read, claim, answer, leave out, put off, decide."""

import re

import pytest

from drip.engine.people import suppress
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.handoff import HandoffState, Resolution
from drip.models.message import MessageKind
from drip.models.reasons import Reason
from drip.models.user import Role
from tests import world
from tests.web.conftest import Person, Site
from tests.web.test_queue import rita, signed_in
from tests.world import sending, talking


@pytest.fixture
def ana(site: Site) -> int:
    sending.buy(site.database, world.Bought(promises=("a bell",)))
    return sending.customer_id(site.database)


@pytest.fixture
def handoff_id(site: Site, ana: int) -> int:
    return talking.wrote(site.database, ana)


def fields(page: str, form: int = 0) -> dict[str, str]:
    """What one of the answer forms carries: the first is the answer's, the second the check-in's."""
    found = re.findall(r'<form class="reply".*?</form>', page, re.DOTALL)[form]
    return dict(re.findall(r'name="(version|draft_id|newest|for_step|step_key)" value="([^"]*)"', found))


def answer(person: Person, handoff_id: int, page: str, form: int = 0, **more: str) -> int:
    said = {**fields(page, form), "text": "I will oil it.", **more}
    return person.post(f"/handoffs/{handoff_id}/answer", **said).status_code


def decided(person: Person, handoff_id: int, **form: str) -> int:
    """The form of what happens next, as the page shows it now."""
    shown = fields(person.get(f"/handoffs/{handoff_id}").text)
    return person.post(f"/handoffs/{handoff_id}/resolve", version=shown["version"], **form).status_code


def answers(site: Site) -> list[str]:
    return [str((row.letter or {})["text"]) for row in talking.sent(site.database, MessageKind.answer)]


def test_it_tells_who_what_why_their_words_and_what_comes_next(site: Site, handoff_id: int) -> None:
    page = rita(site).get(f"/handoffs/{handoff_id}").text
    for said in ("Ana", "Quay 3, since yesterday", "a bell", "The bell squeaks.", "Something is wrong.",
                 "Reads like a problem.", "Planned for Tue 1 Sep 2026", "Let the check-ins go on"):  # fmt: skip
        assert said in page


def test_every_choice_says_what_it_does_before_it_is_made(site: Site, handoff_id: int) -> None:
    page = rita(site).get(f"/handoffs/{handoff_id}").text
    assert "Quiet until Fri 4 Sep 2026" in page
    assert all(f'value="{how}"' in page for how in Resolution)


def test_a_rep_takes_it_and_another_sees_whose_it_is(site: Site, handoff_id: int) -> None:
    person, other = rita(site), signed_in(site, talking.OTTO, Role.rep)
    assert person.post(f"/handoffs/{handoff_id}/claim").status_code == 303
    late = other.post(f"/handoffs/{handoff_id}/claim")
    assert late.status_code == 409
    assert "rita@quay.example has this conversation already" in late.text
    assert "<textarea" not in other.get(f"/handoffs/{handoff_id}").text


def test_an_answer_is_sent_once_however_often_the_button_is_pressed(site: Site, handoff_id: int) -> None:
    person = rita(site)
    page = person.get(f"/handoffs/{handoff_id}").text
    assert [answer(person, handoff_id, page) for _ in range(3)] == [303, 303, 303]
    assert answers(site) == ["I will oil it.\n"]


def test_two_renderings_of_the_page_are_two_forms(site: Site, handoff_id: int) -> None:
    person = rita(site)
    pages = [person.get(f"/handoffs/{handoff_id}").text for _ in range(2)]
    assert fields(pages[0])["draft_id"] != fields(pages[1])["draft_id"]


def test_an_answer_to_a_changed_thread_comes_back_with_its_words_and_the_new_marked(
    site: Site, ana: int, handoff_id: int
) -> None:
    person = rita(site)
    page = person.get(f"/handoffs/{handoff_id}").text
    talking.wrote(site.database, ana, talking.Said("It fell off now."))
    back = person.post(f"/handoffs/{handoff_id}/answer", **fields(page), text="I will oil it.")
    assert back.status_code == 409
    assert ">I will oil it.</textarea>" in back.text
    assert back.text.count(">new</span>") == 1
    assert re.search(r'class="theirs fresh".*?It fell off now\.', back.text, re.DOTALL)
    assert answers(site) == []
    assert answer(person, handoff_id, back.text) == 303


@pytest.mark.parametrize("bad", [{"text": "  "}, {"version": "x"}, {"version": "9" * 30}])
def test_a_broken_answer_is_not_sent_and_keeps_its_page(site: Site, handoff_id: int, bad: dict[str, str]) -> None:
    person = rita(site)
    page = person.get(f"/handoffs/{handoff_id}").text
    assert answer(person, handoff_id, page, **bad) in (409, 422)
    assert answers(site) == []


def test_control_characters_do_not_come_through(site: Site, handoff_id: int) -> None:
    person = rita(site)
    page = person.get(f"/handoffs/{handoff_id}").text
    assert answer(person, handoff_id, page, text="One\r\ntwo\0\x1b[31m \U0001f6b2", draft_id="\0'--") == 303
    assert answers(site) == ["One\ntwo[31m \U0001f6b2\n"]


def test_the_next_check_in_goes_out_as_the_reps_own_mail(site: Site, handoff_id: int) -> None:
    person = rita(site)
    page = person.get(f"/handoffs/{handoff_id}").text
    assert "Hello Ana," in page
    assert answer(person, handoff_id, page, form=1, text="Hello Ana, how is it?", subject="How is it?") == 303
    (row,) = talking.sent(site.database, MessageKind.answer)
    assert (row.step, (row.letter or {})["subject"]) == ("hello", "How is it?")
    assert sending.enrollment(site.database).next_step == "promise"


def test_the_next_check_in_is_left_out_and_only_the_one_that_was_shown(site: Site, handoff_id: int) -> None:
    person = rita(site)
    step_key = fields(person.get(f"/handoffs/{handoff_id}").text, form=1)["step_key"]
    assert person.post(f"/handoffs/{handoff_id}/skip").status_code == 409
    assert person.post(f"/handoffs/{handoff_id}/skip", step_key=step_key).status_code == 303
    assert sending.enrollment(site.database).next_step == "promise"
    assert person.post(f"/handoffs/{handoff_id}/skip", step_key=step_key).status_code == 409
    assert "the next check-in, <strong>promise</strong>" in person.get(f"/handoffs/{handoff_id}").text


def test_when_no_check_in_comes_the_page_says_so(site: Site, handoff_id: int) -> None:
    sending.change(site.database, Enrollment, state=EnrollmentState.completed, next_step=None, next_due_at=None)
    page = rita(site).get(f"/handoffs/{handoff_id}").text
    assert "No check-in comes after this" in page
    assert "Use as my mail" not in page


def test_what_was_promised_stands_above_their_words(site: Site, handoff_id: int) -> None:
    page = rita(site).get(f"/handoffs/{handoff_id}").text
    assert page.index("a bell") < page.index("The bell squeaks.")


def test_another_takes_over_with_one_button(site: Site, handoff_id: int) -> None:
    first, second = rita(site), signed_in(site, talking.OTTO, Role.rep)
    first.post(f"/handoffs/{handoff_id}/claim")
    page = second.get(f"/handoffs/{handoff_id}").text
    assert "Take over from Rita" in page
    assert 'data-ask="Take over from Rita Moss?' in page
    assert "Take over" not in first.get(f"/handoffs/{handoff_id}").text
    assert "Take over" not in site.person(Role.marketing).get(f"/handoffs/{handoff_id}").text
    assert second.post(f"/handoffs/{handoff_id}/take-over", owner=talking.RITA).status_code == 303
    assert "You have this conversation" in second.get(f"/handoffs/{handoff_id}").text
    late = first.post(f"/handoffs/{handoff_id}/take-over", owner=talking.RITA)
    assert (late.status_code, "otto@quay.example has this conversation already" in late.text) == (409, True)


def test_who_asked_us_to_stop_is_answered_only_with_a_tick(site: Site, ana: int, handoff_id: int) -> None:
    with site.database.write() as session:
        suppress.suppress(session, ana, suppress.Stop(Reason.unsubscribed), site.settings.secret_key())
    person = rita(site)
    page = person.get(f"/handoffs/{handoff_id}").text
    assert "I answer all the same" in page
    assert answer(person, handoff_id, page) == 422
    assert answer(person, handoff_id, page, confirmed="1") == 303
    (row,) = talking.sent(site.database, MessageKind.answer)
    assert (row.letter or {})["confirmed"] is True


def test_a_dead_address_is_not_offered_an_answer(site: Site, ana: int, handoff_id: int) -> None:
    with site.database.write() as session:
        suppress.suppress(session, ana, suppress.Stop(Reason.bounced, address=True), site.settings.secret_key())
    page = rita(site).get(f"/handoffs/{handoff_id}").text
    assert "An answer would not arrive" in page
    assert "<textarea" not in page


@pytest.mark.parametrize(
    ("form", "on"), [({"until": "1"}, 2), ({"until": "3"}, 4), ({"day": "2026-09-09"}, 9)]
)  # fmt: skip
def test_it_is_put_off_until_the_morning_of_a_day(site: Site, handoff_id: int, form: dict[str, str], on: int) -> None:
    assert rita(site).post(f"/handoffs/{handoff_id}/snooze", **form).status_code == 303
    row = talking.handoff(site.database, handoff_id)
    assert (row.state, row.snoozed_until) == (HandoffState.snoozed, sending.day(on))


@pytest.mark.parametrize("day", ["", "2026-09-01", "2031-01-01", "9999-12-31", "x"])
def test_it_is_not_put_off_to_a_day_gone_by_or_far_away(site: Site, handoff_id: int, day: str) -> None:
    assert rita(site).post(f"/handoffs/{handoff_id}/snooze", day=day).status_code == 422


def test_a_decision_closes_it_and_the_page_says_what_was_decided(site: Site, handoff_id: int) -> None:
    person = rita(site)
    assert decided(person, handoff_id, resolution="take_over") == 303
    assert sending.enrollment(site.database).state is EnrollmentState.exited
    page = person.get(f"/handoffs/{handoff_id}").text
    assert "a person writes from here on" in page
    assert "<textarea" not in page


def test_a_decision_over_words_that_came_since_shows_them_first(site: Site, ana: int, handoff_id: int) -> None:
    person = rita(site)
    shown = fields(person.get(f"/handoffs/{handoff_id}").text)
    talking.wrote(site.database, ana, talking.Said("It fell off now."))
    back = person.post(f"/handoffs/{handoff_id}/resolve", resolution="stop",
                       version=shown["version"], newest=shown["newest"])  # fmt: skip
    assert back.status_code == 409
    assert re.search(r'class="theirs fresh".*?It fell off now\.', back.text, re.DOTALL)
    assert talking.handoff(site.database, handoff_id).state is HandoffState.open


@pytest.mark.parametrize("form", [{}, {"resolution": "x"}, {"resolution": "resume_on"},
                                  {"resolution": "resume_on", "on": "2020-01-01"}])  # fmt: skip
def test_a_decision_that_is_none_changes_nothing(site: Site, handoff_id: int, form: dict[str, str]) -> None:
    assert decided(rita(site), handoff_id, **form) == 422
    assert talking.handoff(site.database, handoff_id).state is HandoffState.open


def test_marketing_reads_and_does_not_answer(site: Site, handoff_id: int) -> None:
    person = site.person(Role.marketing)
    page = person.get(f"/handoffs/{handoff_id}").text
    assert "The bell squeaks." in page
    assert "<textarea" not in page
    assert person.post(f"/handoffs/{handoff_id}/answer", text="Hi").status_code == 403


def test_a_rep_who_phoned_opens_a_conversation_from_the_customers_page(site: Site, ana: int) -> None:
    person = rita(site)
    assert "I have the word" in person.get(f"/customers/{ana}").text
    answer = person.post(f"/customers/{ana}/hold", why="I phoned her.")
    assert answer.headers["location"] == "/handoffs/1"
    row = talking.handoff(site.database, 1)
    assert (row.why, row.claimed_by, row.state) == ("I phoned her.", talking.RITA, HandoffState.pending)
    assert sending.claim(site.database) is None
    assert "The conversation" in person.get(f"/customers/{ana}").text


@pytest.mark.parametrize("path", ["/handoffs/99", f"/handoffs/{10**30}", "/handoffs/x", "/replies/99", "/unmatched/9"])
def test_what_is_not_there_has_no_page(site: Site, path: str) -> None:
    assert rita(site).get(path).status_code == 404
