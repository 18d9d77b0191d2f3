"""Section 5 of the replies: what becomes of an answer, from the signed post to the check-ins that do or do not leave.

September 2026: `hello` of the bicycle leaves on Tuesday the 1st, `fit` of the helmet on the 2nd (one a day), `promise`
falls due on the 5th, a Saturday, and so on Monday the 7th.
"""

from datetime import datetime

import pytest

from drip.engine.replies import policy
from drip.models.enrollment import EnrollmentState
from drip.models.handoff import Priority
from drip.models.message import MessageKind
from drip.models.reasons import Reason
from drip.models.reply import ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.flows.replies.scene import Scene
from tests.world import sending

HANDED_OFF = [
    ("There is a warning light on since Monday and the brakes are broken.", ReplyKind.problem, Priority.high),
    ("When is the first service due?", ReplyKind.question, Priority.medium),
    ("I would like to buy a second one for my daughter.", ReplyKind.buying, Priority.high),
    ("My brother is looking for a bike, may I give him your number?", ReplyKind.referral, Priority.medium),
    ("I want to return it and get my money back.", ReplyKind.leaving, Priority.high),
    ("You have the wrong person, I never bought a bike.", ReplyKind.wrong_person, Priority.medium),
    ("Blue, as far as the harbour.", ReplyKind.unclear, Priority.medium),
]
AWAY = {"Auto-Submitted": "auto-replied"}
NOBODYS = [
    (AWAY, ReplyKind.auto_reply),
    ({"List-Id": "<boats.lists.example>", "List-Post": "<mailto:boats@lists.example>"}, ReplyKind.list),
]


def october(day: int) -> datetime:
    return sending.day(1).replace(month=10, day=day)


@pytest.mark.parametrize("text", ["Thank you, all is fine here.", "We love it, best bike we have ever had!"])
def test_a_kind_word_tells_the_rep_and_the_year_goes_on_after_the_cool_off(scene: Scene, text: str) -> None:
    assert scene.goes_out(sending.day(1)) == ["hello"]
    assert scene.goes_out(sending.day(2)) == ["fit"]
    world.set_clock(scene.database, sending.day(5, 8))
    scene.says(text, scene.mail("hello"))
    assert answering.handoffs(scene.database) == []
    assert len(scene.notices()) == 1
    assert "Check-ins held back" in scene.page("/replies/1")
    assert [scene.goes_out(sending.day(day)) for day in (7, 8, 9)] == [[], ["promise"], []]
    assert {walk.state for walk in scene.enrollments()} == {EnrollmentState.active}


@pytest.mark.parametrize(("text", "kind", "priority"), HANDED_OFF)
def test_what_needs_a_person_holds_every_campaign_until_a_person_has_decided(
    scene: Scene, text: str, kind: ReplyKind, priority: Priority
) -> None:
    scene.goes_out(sending.day(1))
    scene.says(text, scene.mail("hello"))
    (handoff,) = answering.handoffs(scene.database)
    assert (handoff.priority, handoff.why) == (priority, policy.WHY[kind])
    assert [reply.kind for reply in answering.replies(scene.database)] == [kind]
    assert len(scene.notices()) == 1
    assert [scene.goes_out(sending.day(day)) for day in (2, 3, 7, 14, 28)] == [[], [], [], [], []]
    scene.resolve("resume")
    assert scene.goes_out(sending.day(30)) == []
    assert sorted(scene.goes_out(october(2)) + scene.goes_out(october(5))) == ["fit", "promise"]
    assert len(answering.replies(scene.database)) == 1


def test_what_is_urgent_is_one_level_higher(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.says("The brakes are broken, it is urgent, please call me back today!", scene.mail("hello"))
    (handoff,) = answering.handoffs(scene.database)
    assert handoff.priority is Priority.urgent


def test_who_asks_to_be_left_alone_is_left_alone_at_once_and_the_rep_knows(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.says("Please stop writing to me.", scene.mail("hello"))
    assert answering.suppressions(scene.database) == {Reason.unsubscribed: (True, False)}
    assert {walk.state for walk in scene.enrollments()} == {EnrollmentState.exited}
    assert ["asked us to stop" in notice for notice in scene.notices()] == [True]
    assert "We stopped writing" in scene.page("/replies/1")
    assert [scene.goes_out(sending.day(day)) for day in (2, 7, 30)] == [[], [], []]


def test_mail_to_the_way_out_stops_whatever_it_says(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    hello = scene.mail("hello")
    scene.says("What is this?", hello, to=(answering.to(hello, "stop"),))
    assert answering.suppressions(scene.database) == {Reason.unsubscribed: (True, False)}
    assert "We stopped writing" in scene.page("/replies/1")


def test_who_says_not_now_hears_from_us_on_the_day_that_they_name(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.says("Not now please, write again on October 5th.", scene.mail("hello"))
    assert len(scene.notices()) == 1
    assert answering.handoffs(scene.database) == []
    assert [scene.goes_out(sending.day(day)) for day in (2, 7, 30)] == [[], [], []]
    assert scene.goes_out(october(2)) == []
    assert sorted(scene.goes_out(october(5)) + scene.goes_out(october(6))) == ["fit", "promise"]


def test_who_is_away_is_no_reply_and_hears_from_us_after_their_return(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    said = "I am out of office until 14 September 2026 with no access to my mail."
    scene.says(said, scene.mail("hello"), subject="Automatic reply: Your new bicycle", headers=AWAY)
    assert (answering.handoffs(scene.database), scene.notices()) == ([], [])
    assert [scene.goes_out(sending.day(day)) for day in (2, 7, 11, 14)] == [[], [], [], []]
    assert sorted(scene.goes_out(sending.day(15)) + scene.goes_out(sending.day(16))) == ["fit", "promise"]
    assert "Nobody has answered yet." in scene.page("/replies")
    assert "0 people’s replies to a hundred check-ins" in scene.page("/dashboard")
    assert {walk.state for walk in scene.enrollments()} == {EnrollmentState.active}


def test_who_is_away_without_a_date_hears_nothing_for_two_weeks(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.says("I am out of the office.", scene.mail("hello"), subject="Out of office", headers=AWAY)
    assert [scene.goes_out(sending.day(day)) for day in (2, 7, 14)] == [[], [], []]
    assert len(scene.goes_out(sending.day(15, 12))) == 1


def test_who_says_not_now_and_no_day_hears_from_us_in_a_month(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.says("Not now please.", scene.mail("hello"))
    assert [scene.goes_out(sending.day(day)) for day in (2, 7, 30)] == [[], [], []]
    assert sorted(scene.goes_out(october(2)) + scene.goes_out(october(5))) == ["fit", "promise"]


@pytest.mark.parametrize(("headers", "kind"), NOBODYS)
def test_what_no_person_wrote_and_asks_for_nothing_changes_nothing(
    scene: Scene, headers: dict[str, str], kind: ReplyKind
) -> None:
    scene.goes_out(sending.day(1))
    scene.says("Your ticket 4711 is with our team.", scene.mail("hello"), subject="Ticket 4711", headers=headers)
    assert [reply.kind for reply in answering.replies(scene.database)] == [kind]
    assert (answering.handoffs(scene.database), scene.notices(), answering.holds(scene.database)) == ([], [], {})
    assert "Nobody has answered yet." in scene.page("/replies")
    assert scene.goes_out(sending.day(2)) == ["fit"]


def test_what_a_rep_says_of_a_reply_is_followed_as_if_we_had_known(scene: Scene) -> None:
    """We took it for a question, the rep reads that she wants to be left until October: the year is planned anew."""
    scene.goes_out(sending.day(1))
    scene.says("When is the first service due?", scene.mail("hello"))
    said = {"kind": "not_now", "until": "2026-10-05"}
    assert scene.rep.post("/replies/1/kind", **said).status_code == 303
    assert answering.handoffs(scene.database) == []
    assert "question became not now" in scene.page("/replies/1")
    assert "question became not now" in scene.page("/replies/corrections").replace("→", "became")
    assert [scene.goes_out(sending.day(day)) for day in (2, 7, 30)] == [[], [], []]
    assert sorted(scene.goes_out(october(5)) + scene.goes_out(october(6))) == ["fit", "promise"]


def test_a_check_in_that_left_while_she_wrote_is_told_to_the_rep_and_on_the_page(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.goes_out(sending.day(2))
    scene.says("When is the first service due?", scene.mail("hello"), at=sending.day(1, 12))
    assert policy.CROSSED in scene.notices()[0]
    assert "fit" in scene.page("/replies/1")
    assert "crossed" in scene.page("/replies/1")


def test_a_wrong_person_stops_everything_and_the_rep_is_asked(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.says("You have the wrong person, I never bought a bike.", scene.mail("hello"))
    assert ["may be the wrong person" in notice for notice in scene.notices()] == [True]
    (handoff,) = answering.handoffs(scene.database)
    page = scene.rep.get(f"/handoffs/{handoff.id}").text
    assert page.count('name="resolution"') == 4
    assert " checked" not in page, "nothing is decided beforehand"
    assert scene.rep.post(f"/handoffs/{handoff.id}/resolve", version=str(handoff.version)).status_code == 422
    scene.resolve("stop")
    assert {walk.state for walk in scene.enrollments()} == {EnrollmentState.exited}
    assert scene.goes_out(sending.day(30)) == []


def test_every_human_word_joins_the_conversation_that_is_open(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    hello = scene.mail("hello")
    for text in ("When is the first service due?", "Thank you, all is fine here.", "Not now please."):
        scene.says(text, hello)
    (handoff,) = answering.handoffs(scene.database)
    assert {reply.handoff_id for reply in answering.replies(scene.database)} == {handoff.id}
    assert {row.kind for row in sending.messages(scene.database)} == {MessageKind.check_in, MessageKind.notice}
