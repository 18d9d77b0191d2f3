"""What becomes of an answer, kind by kind, and that a person's word is never ignored."""

from datetime import UTC, date, datetime

import pytest

from drip import config, db
from drip.campaigns.replies import Act, Replies, Treatment
from drip.engine.replies import policy
from drip.engine.replies.classify import Meaning
from drip.models.enrollment import EnrollmentState
from drip.models.handoff import Priority
from drip.models.message import Message
from drip.models.reasons import Reason
from drip.models.reply import MACHINES, ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import kind
from tests.world import sending

PEOPLE = [each for each in ReplyKind if each not in MACHINES]
TABLE = {
    ReplyKind.problem: Treatment(Act.hand_off, Priority.high),
    ReplyKind.question: Treatment(Act.hand_off, Priority.medium),
    ReplyKind.praise: Treatment(Act.go_on),
    ReplyKind.courtesy: Treatment(Act.go_on),
    ReplyKind.buying: Treatment(Act.hand_off, Priority.high),
    ReplyKind.referral: Treatment(Act.hand_off, Priority.medium),
    ReplyKind.leaving: Treatment(Act.hand_off, Priority.high),
    ReplyKind.opt_out: Treatment(Act.stop),
    ReplyKind.not_now: Treatment(Act.wait),
    ReplyKind.wrong_person: Treatment(Act.hand_off, Priority.medium),
    ReplyKind.unclear: Treatment(Act.hand_off, Priority.medium),
    ReplyKind.out_of_office: Treatment(Act.wait),
    ReplyKind.auto_reply: Treatment(Act.ignore),
    ReplyKind.bounce: Treatment(Act.stop),
    ReplyKind.complaint: Treatment(Act.stop),
    ReplyKind.list: Treatment(Act.ignore),
    ReplyKind.own_copy: Treatment(Act.ignore),
}


@pytest.fixture
def hello(published_world: db.Database, settings: config.Settings) -> Message:
    """The check-in that Ana got."""
    return answering.asked(published_world, settings)


def days_until(database: db.Database, reason: Reason) -> int:
    """How many whole days a hold will last, from START."""
    until = answering.holds(database)[reason]
    assert until is not None
    return (until - world.START).days


@pytest.mark.parametrize("said", ReplyKind)
def test_every_kind_has_its_treatment(said: ReplyKind) -> None:
    assert policy.treatment(Replies(), said) == TABLE[said]


@pytest.mark.parametrize("said", ReplyKind)
def test_every_kind_has_a_sentence_for_the_rep(said: ReplyKind) -> None:
    assert policy.WHY[said].endswith(".")


@pytest.mark.parametrize(
    ("usual", "raised"), [("low", "medium"), ("medium", "high"), ("high", "urgent"), ("urgent", "urgent")]
)
def test_what_is_urgent_goes_one_level_higher(usual: str, raised: str) -> None:
    replies = Replies(question=f"handoff {usual}")
    assert policy.treatment(replies, ReplyKind.question, urgent=True).priority == Priority(raised)


@pytest.mark.parametrize("said", [each for each, treated in TABLE.items() if treated.act is Act.hand_off])
def test_what_needs_a_person_opens_a_handoff(published_world: db.Database, hello: Message, said: ReplyKind) -> None:
    answering.meant(published_world, hello, kind(said))
    (handoff,) = answering.handoffs(published_world)
    assert (handoff.priority, handoff.why) == (TABLE[said].priority, policy.WHY[said])
    assert answering.holds(published_world) == {Reason.handoff_open: None}


@pytest.mark.parametrize("said", [ReplyKind.courtesy, ReplyKind.praise])
def test_a_kind_word_tells_the_rep_and_rests_for_the_cool_off(
    published_world: db.Database, hello: Message, said: ReplyKind
) -> None:
    answering.meant(published_world, hello, kind(said))
    assert answering.handoffs(published_world) == []
    assert list(answering.holds(published_world)) == [Reason.cool_off]
    assert days_until(published_world, Reason.cool_off) == 3
    assert answering.notices(published_world) == 1


@pytest.mark.parametrize("said", PEOPLE)
def test_a_conversation_that_is_open_gets_every_human_answer(
    published_world: db.Database, hello: Message, said: ReplyKind
) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.question))
    answering.meant(published_world, hello, kind(said))
    (handoff,) = answering.handoffs(published_world)
    assert {reply.handoff_id for reply in answering.replies(published_world)} == {handoff.id}
    assert (Reason.unsubscribed in answering.suppressions(published_world)) == (said is ReplyKind.opt_out)
    assert Reason.replied not in answering.holds(published_world)


def test_who_asks_to_be_left_alone_is_left_alone(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.opt_out))
    assert answering.suppressions(published_world) == {Reason.unsubscribed: (True, False)}
    assert sending.enrollment(published_world).state is EnrollmentState.exited
    assert (answering.handoffs(published_world), answering.notices(published_world)) == ([], 1)


@pytest.mark.parametrize(
    ("said", "also"), [(ReplyKind.opt_out, ReplyKind.problem), (ReplyKind.problem, ReplyKind.opt_out)]
)
def test_who_leaves_and_has_a_problem_is_left_alone_and_gets_a_person(
    published_world: db.Database, hello: Message, said: ReplyKind, also: ReplyKind
) -> None:
    answering.meant(published_world, hello, Meaning(said, "", also=(also,)))
    assert answering.suppressions(published_world) == {Reason.unsubscribed: (True, False)}
    assert len(answering.handoffs(published_world)) == 1


@pytest.mark.parametrize(("named", "days"), [(None, 30), (date(2026, 10, 1), 29), (date(2026, 9, 2), 3),
                                             (date(2020, 1, 1), 3), (date(9999, 12, 31), 366)])  # fmt: skip
def test_who_says_not_now_hears_nothing_until_the_day_that_they_name(
    published_world: db.Database, hello: Message, named: date | None, days: int
) -> None:
    answering.meant(published_world, hello, Meaning(ReplyKind.not_now, "later", until=named))
    assert abs(days_until(published_world, Reason.not_now) - days) <= 1
    assert (answering.handoffs(published_world), answering.notices(published_world)) == ([], 1)


@pytest.mark.parametrize(("named", "until"), [(date(2026, 9, 14), datetime(2026, 9, 15, 4, tzinfo=UTC))])
def test_who_is_away_hears_nothing_until_the_day_after_their_return(
    published_world: db.Database, hello: Message, named: date, until: datetime
) -> None:
    answering.meant(published_world, hello, Meaning(ReplyKind.out_of_office, "away", until=named))
    assert answering.holds(published_world) == {Reason.out_of_office: until}
    assert (answering.handoffs(published_world), answering.notices(published_world)) == ([], 0)


def test_who_is_away_without_a_date_is_left_in_peace_for_two_weeks(
    published_world: db.Database, hello: Message
) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.out_of_office))
    assert days_until(published_world, Reason.out_of_office) == 14


def test_who_should_be_back_already_is_not_held(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, Meaning(ReplyKind.out_of_office, "away", until=date(2026, 8, 20)))
    assert answering.holds(published_world) == {}


def test_the_newest_word_on_an_absence_counts(published_world: db.Database, hello: Message) -> None:
    for day in (30, 10):
        answering.meant(published_world, hello, Meaning(ReplyKind.out_of_office, "", until=date(2026, 9, day)))
    assert answering.holds(published_world) == {Reason.out_of_office: datetime(2026, 9, 11, 4, tzinfo=UTC)}


@pytest.mark.parametrize("said", [ReplyKind.auto_reply, ReplyKind.list, ReplyKind.own_copy])
def test_a_machines_word_changes_nothing(published_world: db.Database, hello: Message, said: ReplyKind) -> None:
    answering.meant(published_world, hello, kind(said))
    assert answering.holds(published_world) == {}
    assert (answering.handoffs(published_world), answering.notices(published_world)) == ([], 0)


@pytest.mark.parametrize(("permanent", "expected"), [(True, {Reason.bounced: (False, True)}), (False, {})])
def test_an_address_that_is_bad_for_good_is_never_written_to_again(
    published_world: db.Database, hello: Message, permanent: bool, expected: dict[Reason, tuple[bool, bool]]
) -> None:
    answering.meant(published_world, hello, Meaning(ReplyKind.bounce, "", permanent=permanent))
    assert answering.suppressions(published_world) == expected


def test_a_complaint_stops_person_and_address(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.complaint))
    assert answering.suppressions(published_world) == {Reason.complained: (True, True)}


def test_the_house_may_choose_otherwise(published_world: db.Database) -> None:
    chosen = Replies(praise="handoff low", auto_reply="handoff low", question="go on")
    assert policy.treatment(chosen, ReplyKind.praise) == Treatment(Act.hand_off, Priority.low)
    assert policy.treatment(chosen, ReplyKind.question, urgent=True) == Treatment(Act.go_on)
