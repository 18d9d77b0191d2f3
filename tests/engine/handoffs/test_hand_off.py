"""A conversation goes into human hands: one at most for a customer, and to whoever is there."""

import threading
from datetime import date

import pytest
from sqlalchemy import select

from drip import db
from drip.engine.handoffs import hand_off
from drip.models.audit import AuditEntry
from drip.models.customer import Hold
from drip.models.handoff import Absence, Handoff, HandoffState, Priority
from drip.models.message import MessageKind
from drip.models.purchase import Purchase
from drip.models.reasons import Reason
from drip.models.rep import Rep
from tests import world
from tests.world import sending, talking

OTTO, RITA = talking.OTTO, talking.RITA


@pytest.fixture
def ana(published_world: db.Database) -> int:
    """Ana bought from Rita; her id."""
    sending.buy(published_world)
    sending.change(published_world, Purchase, rep_email=talking.rep(published_world).email)
    return sending.customer_id(published_world)


def away(database: db.Database, who: str, deputy: str | None, first: int = 1, last: int = 3) -> None:
    with database.write() as session:
        deputy_id = talking.rep(database, deputy).id if deputy else None
        days = {"from_on": date(2026, 9, first), "until_on": date(2026, 9, last)}
        session.add(Absence(rep_id=talking.rep(database, who).id, deputy_id=deputy_id, **days))


def owner(database: db.Database, ana: int) -> str:
    rep_id = talking.handoff(database, talking.wrote(database, ana)).rep_id
    return next(email for email in (RITA, OTTO) if talking.rep(database, email).id == rep_id)


def by_rep(database: db.Database, ana: int, actor: str = OTTO) -> int:
    with database.write() as session:
        return hand_off.by_rep(session, ana, talking.rep(database, actor).id, "I phoned her.", actor).id


def claim(database: db.Database, handoff_id: int, actor: str) -> None:
    with database.write() as session:
        hand_off.claim(session, handoff_id, actor)


def test_two_replies_are_one_conversation_and_each_is_noticed_once(published_world: db.Database, ana: int) -> None:
    first = talking.wrote(published_world, ana)
    again = talking.wrote(published_world, ana, talking.Said("And the saddle.", priority=Priority.low))
    row = talking.handoff(published_world, first)
    assert (first, row.version, row.priority) == (again, 2, Priority.high)
    assert len(talking.sent(published_world, MessageKind.notice)) == 2


def test_two_replies_at_once_open_one_conversation(published_world: db.Database, ana: int) -> None:
    writers = [threading.Thread(target=talking.wrote, args=(published_world, ana)) for _ in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert [row.version for row in talking.handoffs(published_world)] == [4]


def test_no_check_in_leaves_while_the_conversation_is_open(published_world: db.Database, ana: int) -> None:
    talking.wrote(published_world, ana)
    assert sending.claim(published_world) is None


def test_a_closed_conversation_stays_closed_and_new_words_open_another(published_world: db.Database, ana: int) -> None:
    first = talking.wrote(published_world, ana)

    sending.change(published_world, Handoff, state=HandoffState.closed)
    assert talking.wrote(published_world, ana) != first


def test_of_any_number_who_claim_at_once_one_has_it(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    refused: list[str] = []

    def take(actor: str) -> None:
        try:
            claim(published_world, handoff_id, actor)
        except hand_off.TakenError as error:
            refused.append(str(error))

    takers = [threading.Thread(target=take, args=(f"rep{number}@quay.example",)) for number in range(5)]
    for each in takers:
        each.start()
    for each in takers:
        each.join()
    winner = talking.handoff(published_world, handoff_id).claimed_by
    assert len(refused) == 4
    assert all(winner in said for said in refused if winner)


def test_who_claims_it_signs_it(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    claim(published_world, handoff_id, OTTO)
    assert talking.handoff(published_world, handoff_id).rep_id == talking.rep(published_world, OTTO).id


def test_an_admin_who_claims_it_leaves_the_reps_name_on_it(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    claim(published_world, handoff_id, "admin@quay.example")
    assert talking.handoff(published_world, handoff_id).rep_id == talking.rep(published_world, RITA).id


def take_over(database: db.Database, handoff_id: int, owner: str, actor: str) -> None:
    with database.write() as session:
        hand_off.take_over(session, handoff_id, owner, actor)


def test_another_takes_over_and_signs_it_and_it_is_written_down(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    claim(published_world, handoff_id, RITA)
    take_over(published_world, handoff_id, RITA, OTTO)
    row = talking.handoff(published_world, handoff_id)
    assert (row.claimed_by, row.rep_id) == (OTTO, talking.rep(published_world, OTTO).id)
    with published_world.read() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.act == "take over"))
    assert (entry.actor, entry.subject, entry.detail) == (OTTO, f"handoff:{handoff_id}", f"from {RITA}")


def test_whose_conversation_was_taken_over_answers_it_no_more(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    claim(published_world, handoff_id, RITA)
    take_over(published_world, handoff_id, RITA, OTTO)
    with pytest.raises(hand_off.TakenError, match="otto"):
        talking.answered(published_world, handoff_id, RITA)
    talking.answered(published_world, handoff_id, OTTO)


def test_of_any_number_who_take_over_at_once_one_has_it(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    claim(published_world, handoff_id, RITA)
    refused: list[str] = []

    def take(actor: str) -> None:
        try:
            take_over(published_world, handoff_id, RITA, actor)
        except hand_off.TakenError as error:
            refused.append(str(error))

    takers = [threading.Thread(target=take, args=(f"rep{number}@quay.example",)) for number in range(5)]
    for each in takers:
        each.start()
    for each in takers:
        each.join()
    winner = talking.handoff(published_world, handoff_id).claimed_by
    assert len(refused) == 4
    assert winner != RITA
    assert all(winner in said for said in refused if winner)


def test_what_is_closed_or_belongs_to_somebody_else_by_now_is_not_taken_over(
    published_world: db.Database, ana: int
) -> None:
    handoff_id = talking.wrote(published_world, ana)
    with pytest.raises(hand_off.TakenError):
        take_over(published_world, handoff_id, RITA, OTTO)
    claim(published_world, handoff_id, OTTO)
    with pytest.raises(hand_off.TakenError, match="otto"):
        take_over(published_world, handoff_id, RITA, "admin@quay.example")
    take_over(published_world, handoff_id, RITA, OTTO)  # pressed twice: it is theirs already
    sending.change(published_world, Handoff, state=HandoffState.closed)
    with pytest.raises(hand_off.TakenError, match="closed"):
        take_over(published_world, handoff_id, OTTO, RITA)


def test_a_rep_who_phoned_holds_the_customer_without_a_reply(published_world: db.Database, ana: int) -> None:
    row = talking.handoff(published_world, by_rep(published_world, ana))
    assert (row.state, row.claimed_by, row.why) == (HandoffState.pending, OTTO, "I phoned her.")
    assert sending.claim(published_world) is None


def test_a_rep_who_phoned_does_not_hide_words_that_nobody_has_answered(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    assert by_rep(published_world, ana) == handoff_id
    assert talking.handoff(published_world, handoff_id).state is HandoffState.open


def test_a_rep_who_phoned_takes_no_conversation_from_another(published_world: db.Database, ana: int) -> None:
    claim(published_world, talking.wrote(published_world, ana), RITA)
    with pytest.raises(hand_off.TakenError, match="rita"):
        by_rep(published_world, ana, OTTO)


def test_while_a_rep_is_away_the_deputy_gets_new_conversations(published_world: db.Database, ana: int) -> None:
    away(published_world, RITA, OTTO)
    assert owner(published_world, ana) == OTTO


def test_an_absence_without_a_deputy_or_on_other_days_changes_nothing(published_world: db.Database, ana: int) -> None:
    away(published_world, RITA, None)
    away(published_world, RITA, OTTO, 2, 9)
    assert owner(published_world, ana) == RITA


def test_two_who_stand_in_for_each_other_chase_nobody_in_a_ring(published_world: db.Database, ana: int) -> None:
    away(published_world, RITA, OTTO)
    away(published_world, OTTO, RITA)
    assert owner(published_world, ana) in (RITA, OTTO)


def test_a_deputy_who_has_left_stands_in_for_nobody(published_world: db.Database, ana: int) -> None:
    away(published_world, RITA, OTTO)
    sending.change(published_world, Rep, Rep.email == OTTO, left_at=world.START)
    assert owner(published_world, ana) == RITA


def test_an_absence_counts_by_the_reps_own_calendar(published_world: db.Database, ana: int) -> None:
    away(published_world, RITA, OTTO, 2, 2)
    world.set_clock(published_world, sending.day(1, 22))  # the 2nd has begun in UTC, not for Rita
    assert owner(published_world, ana) == RITA


def test_the_customer_is_on_hold_once_however_much_they_write(published_world: db.Database, ana: int) -> None:
    for _ in range(3):
        talking.wrote(published_world, ana)
    with published_world.read() as session:
        held = session.query(Hold).filter(Hold.reason == Reason.handoff_open).count()
    assert held == 1
