"""Who is speaking and what they mean, from the mail alone."""

from datetime import date

import pytest

from drip.engine.replies import classify
from drip.mail import incoming
from drip.models.reply import MACHINES, ReplyKind
from tests.engine.replies import answering
from tests.engine.replies.answering import Written

OWN = frozenset({"quay.example", "mail.quay.example"})


def meaning(written: Written, *, way_out: bool = False) -> classify.Meaning:
    return classify.classify(incoming.parse(answering.raw(written)), OWN, way_out=way_out)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("When is the first service due?", ReplyKind.question),
        ("Thank you, all is well!", ReplyKind.courtesy),
        ("STOP", ReplyKind.opt_out),
        ("Please unsubscribe me.", ReplyKind.opt_out),
    ],
)
def test_a_person_is_understood(text: str, said: ReplyKind) -> None:
    assert meaning(Written(text)).kind is said


def test_what_was_quoted_is_not_what_was_said() -> None:
    said = meaning(
        Written("Yes, it does.\n\nOn Tue, Rita Moss wrote:\n> Is anything broken?\n> Reply STOP to leave.\n")
    )
    assert said.new_text.strip() == "Yes, it does."
    assert said.kind not in (ReplyKind.opt_out, ReplyKind.problem)


def test_a_very_long_letter_is_for_a_person_and_says_why() -> None:
    said = meaning(Written("We love it, what a lovely bicycle, thank you so much.\n" * 200))
    assert (said.kind, said.evidence) == (ReplyKind.unclear, classify.VERY_LONG)


def test_a_machine_that_is_away_says_until_when() -> None:
    away = Written(
        "I am out of office until 14 September 2026.", subject="Automatic reply: Your new bicycle",
        headers={"Auto-Submitted": "auto-replied"},
    )  # fmt: skip
    said = meaning(away)
    assert said.kind is ReplyKind.out_of_office
    assert said.until in (date(2026, 9, 14), date(2026, 9, 15))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (Written("Got it.", headers={"Auto-Submitted": "auto-generated"}), ReplyKind.auto_reply),
        (Written("Fwd.", sender="rita@quay.example"), ReplyKind.own_copy),
        (Written("News", headers={"List-Id": "<a.example>", "List-Post": "<mailto:a@a.example>"}), ReplyKind.list),
    ],
)
def test_machines_are_told_from_people(written: Written, said: ReplyKind) -> None:
    assert meaning(written).kind is said


def test_whoever_writes_to_the_way_out_leaves_whatever_they_say() -> None:
    for written in (Written("What is this?"), Written("", headers={"Auto-Submitted": "auto-generated"})):
        assert meaning(written, way_out=True).kind is ReplyKind.opt_out


def test_every_machine_has_a_kind_of_reply() -> None:
    assert set(classify.KIND_OF_MACHINE) == set(classify.machines.Sender) - {classify.machines.Sender.human}


def test_every_kind_of_machine_is_known_as_one() -> None:
    assert frozenset(classify.KIND_OF_MACHINE.values()) == MACHINES
