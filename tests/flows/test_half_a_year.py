"""Half a year of 1,000 purchases in real processes, with people who answer: what nobody must live through."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import RowMapping, create_engine, text

from drip.models.message import MessageKind, MessageState
from tests import world
from tests.flows import aftermath, living, people

ROUNDS, DAYS = 9, 20
COOL_OFF = timedelta(days=3)  # config.toml, as the treatment of each kind
REST = {"courtesy": COOL_OFF, "praise": COOL_OFF, "not_now": timedelta(days=30), "out_of_office": timedelta(days=14)}
FOR_A_PERSON = {"problem", "question", "buying", "referral", "leaving", "wrong_person", "unclear"}

pytestmark = [pytest.mark.story, pytest.mark.long, pytest.mark.xdist_group("story")]

Span = tuple[str, datetime, datetime | None]  # a customer, from when, until when (None: for ever)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def half_year(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> aftermath.Aftermath:
    """Lived once for each kind of database; every test looks at what is left."""
    folder = tmp_path_factory.mktemp(f"half-{request.param}")
    url = f"sqlite:///{folder / 'drip.db'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        url = world.named(server, _database(server))
    with living.up(folder, url) as drip:
        return aftermath.live(drip, rounds=ROUNDS, days=DAYS, seed=180)


def test_half_a_year_sees_every_kind_of_letter_and_decision(half_year: aftermath.Aftermath) -> None:
    assert {letter.kind for letter in half_year.deeds.letters} == set(people.WORDS) | set(people.MACHINES)
    assert {stop.why for stop in half_year.deeds.stops} == {"bounce", "spamreport", "refund"}
    decisions = {row["resolution"] for row in half_year.handoffs}
    assert decisions == {None, "resume", "resume_on", "take_over", "stop"}
    assert len(half_year.check_ins) > 1000
    assert len(half_year.deeds.answers) > 50


def test_no_check_in_follows_a_stop(half_year: aftermath.Aftermath) -> None:
    stops = [*_asked_to_stop(half_year), *_failed(half_year), *_ended_by_a_rep(half_year)]
    assert len(stops) > 20
    assert _broken(half_year, stops) == []


def test_no_check_in_of_a_purchase_follows_its_refund(half_year: aftermath.Aftermath) -> None:
    refunds = [stop for stop in half_year.deeds.stops if stop.why == "refund"]
    late = [each for stop in refunds for each in half_year.sent(stop.customer, stop.at)
            if each.enrollment == stop.enrollment]  # fmt: skip
    assert late == []


def test_no_check_in_talks_over_a_conversation_or_its_cool_off(half_year: aftermath.Aftermath) -> None:
    assert _broken(half_year, list(_conversations(half_year))) == []


def test_no_check_in_comes_before_the_rest_that_a_letter_asks_for(half_year: aftermath.Aftermath) -> None:
    rests = [(half_year.address[row["customer_id"]], row["received_at"], row["received_at"] + REST[row["kind"]])
             for row in half_year.replies if row["kind"] in REST]  # fmt: skip
    assert len(rests) > 20
    assert _broken(half_year, rests) == []


def test_check_ins_go_on_when_a_conversation_is_over(half_year: aftermath.Aftermath) -> None:
    resumed = [row for row in half_year.handoffs if row["resolution"] in ("resume", "resume_on")]
    went_on = [row for row in resumed if half_year.sent(row["customer"], datetime.fromisoformat(row["closed_at"]))]
    assert len(went_on) > 10


def test_every_letter_is_read_once_and_as_it_was_meant(half_year: aftermath.Aftermath) -> None:
    read = {letter: half_year.read(letter) for letter in half_year.deeds.letters}
    wrong = {letter: rows for letter, rows in read.items() if [row["kind"] for row in rows] != [letter.kind]}
    assert wrong == {}
    assert len(half_year.replies) == len(read)
    assert all(half_year.address[row["customer_id"]] == letter.customer for letter, [row] in read.items())


def test_every_human_letter_is_in_one_handoff_or_has_one_outcome(half_year: aftermath.Aftermath) -> None:
    human = [row for row in half_year.replies if row["kind"] in people.WORDS]
    assert [row["id"] for row in human if row["kind"] in FOR_A_PERSON and row["handoff_id"] is None] == []
    outcomes = {row["id"]: _outcomes(half_year, row) for row in human if row["handoff_id"] is None}
    assert {each: found for each, found in outcomes.items() if found != 1} == {}
    assert {row["handoff_id"] for row in human} - {None} == {row["id"] for row in half_year.handoffs}


def test_every_handoff_is_noticed_once_and_every_further_letter_once(half_year: aftermath.Aftermath) -> None:
    letters = Counter(row["handoff_id"] for row in half_year.replies if row["handoff_id"] is not None)
    opened = Counter(handoff for handoff, opening in _noticed(half_year) if opening)
    assert opened == Counter(row["id"] for row in half_year.handoffs)
    assert Counter(handoff for handoff, _ in _noticed(half_year)) == letters


def test_no_mail_is_accepted_twice_and_none_is_in_doubt(half_year: aftermath.Aftermath) -> None:
    ids = Counter(mail["custom_args"]["message_id"] for mail in half_year.mails)
    assert [each for each, times in ids.items() if times > 1] == []
    accepted = {row["id"] for row in half_year.messages if row["state"] is MessageState.accepted}
    assert set(ids) == accepted
    unfinished = (MessageState.claimed, MessageState.handed, MessageState.ambiguous, MessageState.presumed_lost)
    assert [row["id"] for row in half_year.messages if row["state"] in unfinished] == []


def test_nobody_gets_two_check_ins_on_one_day(half_year: aftermath.Aftermath) -> None:
    days = Counter((each.customer, each.local_day) for each in half_year.check_ins)
    assert [day for day, times in days.items() if times > 1] == []


def test_every_answer_arrives_once_and_in_its_thread(half_year: aftermath.Aftermath) -> None:
    came = {mail["custom_args"]["message_id"]: mail for mail in half_year.mails}
    written = {answer.message: answer for answer in half_year.deeds.answers}
    answers = {row["id"] for row in half_year.messages if row["kind"] is MessageKind.answer}
    assert set(written) == answers
    assert answers - set(came) == set()
    threads = {each: half_year.letters_of(answer.handoff) for each, answer in written.items()}
    strays = [each for each in written if came[each]["headers"].get("In-Reply-To") not in threads[each]]
    assert strays == []
    assert all(came[each]["to"] == answer.customer for each, answer in written.items())
    assert all(came[each]["text"].count(f"Conversation {answer.handoff}\n") == 1 for each, answer in written.items())


def _database(server: str) -> str:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE half_a_year"))
    engine.dispose()
    return "half_a_year"


def _broken(half_year: aftermath.Aftermath, spans: list[Span]) -> list[tuple[Span, list[aftermath.CheckIn]]]:
    """Silences that were not kept, and by which check-ins."""
    kept = [(span, half_year.sent(*span)) for span in spans]
    return [(span, heard) for span, heard in kept if heard]


def _asked_to_stop(half_year: aftermath.Aftermath) -> Iterator[Span]:
    for row in half_year.replies:
        if row["kind"] == "opt_out":
            yield half_year.address[row["customer_id"]], row["received_at"], None


def _failed(half_year: aftermath.Aftermath) -> Iterator[Span]:
    """Bounces and complaints."""
    for stop in half_year.deeds.stops:
        if stop.why != "refund":
            yield stop.customer, stop.at, None


def _ended_by_a_rep(half_year: aftermath.Aftermath) -> Iterator[Span]:
    for row in half_year.handoffs:
        if row["resolution"] in ("take_over", "stop"):
            yield row["customer"], datetime.fromisoformat(row["closed_at"]), None


def _conversations(half_year: aftermath.Aftermath) -> Iterator[Span]:
    """From the first letter until the decision and the rest that follows; without a decision, for ever."""
    for row in half_year.handoffs:
        first = min(each["received_at"] for each in half_year.replies if each["handoff_id"] == row["id"])
        yield row["customer"], first, _rested(row) if row["closed_at"] else None


def _rested(row: people.Told) -> datetime:
    """A day that a rep names is the customer's, and begins nowhere earlier than on Kiritimati."""
    rested = datetime.fromisoformat(row["closed_at"]) + COOL_OFF
    if row["resume_on"] is None:
        return rested
    named = datetime.combine(date.fromisoformat(row["resume_on"]), time(), ZoneInfo("Pacific/Kiritimati"))
    return max(rested, named)


def _outcomes(half_year: aftermath.Aftermath, row: RowMapping) -> int:
    """Of a letter that no handoff holds: rests that it brought, or for an opt-out the stop in force."""
    if row["kind"] == "opt_out":
        mine = [each for each in half_year.suppressions if each["customer_id"] == row["customer_id"]]
        return sum(each["reason"] == "unsubscribed" and each["lifted_at"] is None for each in mine)
    return sum(each["detail"] == f"reply {row['id']}" for each in half_year.holds)


def _noticed(half_year: aftermath.Aftermath) -> Iterator[tuple[int, bool]]:
    """The conversation of every notice in the ledger that is about one, and whether it tells of the opening."""
    for mail in half_year.mails:
        row = half_year.by_id[mail["custom_args"]["message_id"]]
        if row["kind"] is MessageKind.notice and row["handoff_id"] is not None:
            assert f"/handoffs/{row['handoff_id']}\n" in mail["text"] + "\n"
            yield row["handoff_id"], ":opened:" in row["dedupe_key"]
