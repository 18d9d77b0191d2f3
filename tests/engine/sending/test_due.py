"""Claiming: what is due goes into one pair of hands, once."""

import threading
from datetime import timedelta

from drip import config, db
from drip.engine.handoffs import hold
from drip.engine.sending import due, pause, stop_all
from drip.models.campaign import Campaign, CampaignState
from drip.models.message import Message, MessageKind, MessageState, step_key
from drip.models.reasons import Reason
from drip.models.system import Breaker, BreakerState
from tests import world
from tests.world import sending

RIDE, HELMET = world.Bought(), world.Bought(campaign="care")
MANY = 40


def many(number: int) -> list[world.Bought]:
    return [world.Bought(email=f"buyer{index}@buyers.example") for index in range(number)]


def claimed_steps(database: db.Database) -> list[str | None]:
    return [row.step for row in sending.messages(database) if row.state is MessageState.claimed]


def test_what_is_due_is_claimed_under_one_lease(published_world: db.Database) -> None:
    sending.buy(published_world, *many(3))
    lease = sending.claim(published_world)
    assert lease is not None
    assert lease.count == 3
    rows = sending.messages(published_world)
    assert {(row.state, row.lease_token, row.fence, row.kind) for row in rows} == {
        (MessageState.claimed, lease.token, 1, MessageKind.check_in)
    }
    assert {walk.next_due_at for walk in sending.enrollments(published_world)} == {None}


def test_a_claimed_message_is_its_enrollments_next_step(published_world: db.Database) -> None:
    (bought,) = sending.buy(published_world)
    lease = sending.claim(published_world)
    row = sending.message(published_world)
    assert lease is not None
    assert (row.customer_id, row.enrollment_id) == (bought.customer_id, bought.id)
    assert (row.campaign_id, row.version_id, row.step) == (bought.campaign_id, bought.version_id, "hello")
    assert row.dedupe_key == step_key(bought.id, "hello")
    assert (row.planned_at, row.due_at) == (bought.planned_at, bought.next_due_at)
    assert timedelta(0) <= row.created_at - world.START < timedelta(minutes=5)
    assert (row.attempt, row.detail, row.reason, len(row.id)) == (0, "", None, 26)


def test_what_is_claimed_is_not_claimed_again(published_world: db.Database) -> None:
    sending.buy(published_world, *many(3))
    sending.claim(published_world)
    assert sending.claim(published_world) is None


def test_what_is_not_due_yet_stays(published_world: db.Database) -> None:
    sending.buy(published_world, world.Bought(anchor_at=world.START))
    assert sending.claim(published_world) is None
    assert sending.messages(published_world) == []


def test_a_claim_takes_no_more_than_asked_and_the_oldest_first(published_world: db.Database) -> None:
    sending.buy(published_world, *many(3))
    world.set_clock(published_world, sending.TOMORROW)
    late = world.Bought(email="late@buyers.example", anchor_at=world.START)
    sending.buy(published_world, late)
    lease = sending.claim(published_world, limit=3)
    assert lease is not None
    assert lease.count == 3
    assert sending.customer_id(published_world, "late@buyers.example") not in {
        row.customer_id for row in sending.messages(published_world)
    }


def test_a_batch_holds_one_message_a_customer_and_the_more_important_campaign_wins(
    published_world: db.Database,
) -> None:
    sending.buy(published_world, HELMET, RIDE)
    sending.claim(published_world)
    assert claimed_steps(published_world) == ["hello"]
    sending.claim(published_world)
    assert claimed_steps(published_world) == ["hello", "fit"]


def test_the_more_important_campaign_wins_also_when_the_other_was_due_earlier(published_world: db.Database) -> None:
    sending.buy(published_world, HELMET)
    world.set_clock(published_world, sending.TOMORROW)
    sending.buy(published_world, world.Bought(anchor_at=world.START))
    sending.claim(published_world)
    assert claimed_steps(published_world) == ["hello"]


def test_only_active_campaigns_are_claimed(published_world: db.Database) -> None:
    sending.buy(published_world)
    for state in (CampaignState.paused, CampaignState.archived, CampaignState.draft):
        sending.change(published_world, Campaign, Campaign.name == "ride", state=state)
        assert sending.claim(published_world) is None
    sending.buy(published_world, world.Bought(campaign="care", email="ben@buyers.example"))
    sending.claim(published_world)
    assert claimed_steps(published_world) == ["fit"]


def test_a_message_put_off_is_not_claimed_while_its_campaign_is_paused(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    with published_world.write() as session:
        pause.pause_campaign(session, "ride", by="rita")
    sending.gated(published_world, settings, drafts)
    assert sending.claim(published_world) is None


def test_customers_on_hold_are_left_alone_and_others_are_not(published_world: db.Database) -> None:
    sending.buy(published_world, RIDE, world.Bought(email="ben@buyers.example"))
    ben = sending.customer_id(published_world, "ben@buyers.example")
    with published_world.write() as session:
        hold.hold(session, sending.customer_id(published_world), hold.Cause(Reason.replied))
    sending.claim(published_world)
    assert [row.customer_id for row in sending.messages(published_world)] == [ben]


def test_nothing_is_claimed_while_everything_is_stopped(published_world: db.Database) -> None:
    sending.buy(published_world)
    with published_world.write() as session:
        stop_all.pause(session, "rita", "fire")
    assert sending.claim(published_world) is None
    with published_world.write() as session:
        stop_all.resume(session, "rita")
    assert sending.claim(published_world) is not None


def test_a_step_that_a_reps_own_mail_stands_for_is_passed_over(published_world: db.Database) -> None:
    (walk,) = sending.buy(published_world)
    with published_world.write() as session:
        session.add(Message(id="answer", kind=MessageKind.answer, dedupe_key=step_key(walk.id, "hello"),
                            state=MessageState.accepted, created_at=world.START, planned_at=world.START,
                            due_at=world.START))  # fmt: skip
    assert sending.claim(published_world) is None
    found = sending.enrollment(published_world)
    assert (found.next_step, found.next_due_at) == ("promise", sending.day(7))
    assert [row.id for row in sending.messages(published_world)] == ["answer"]


def test_a_lapsed_lease_is_claimed_again_with_a_higher_fence(published_world: db.Database) -> None:
    sending.buy(published_world)
    first = sending.claim(published_world)
    sending.lapse(published_world)
    second = sending.claim(published_world)
    found = sending.message(published_world)
    assert first is not None
    assert second is not None
    assert (found.fence, found.lease_token, second.count) == (2, second.token, 1)
    assert second.token != first.token


def test_a_message_put_off_comes_back_at_its_time(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    world.set_clock(published_world, sending.day(1, 18))
    sending.gated(published_world, settings)
    assert sending.claim(published_world) is None
    world.set_clock(published_world, sending.day(2))
    assert sending.claim(published_world) is not None
    assert sending.message(published_world).fence == 2


def test_looking_for_work_agrees_with_claiming_it(published_world: db.Database) -> None:
    def waiting() -> bool:
        with published_world.read() as session:
            return due.is_waiting(session, sending.CHECK_INS)

    assert not waiting()
    sending.buy(published_world)
    assert waiting()
    sending.claim(published_world)
    assert not waiting()


def test_a_small_batch_is_no_probe_while_the_provider_is_well(published_world: db.Database) -> None:
    sending.buy(published_world, *many(2))
    sending.claim(published_world, limit=1)
    assert sending.breaker(published_world).state is BreakerState.closed


def test_an_open_breaker_lets_one_message_be_claimed_when_its_pause_is_over(published_world: db.Database) -> None:
    sending.buy(published_world, *many(3))
    soon = sending.real_now(published_world) + timedelta(minutes=1)
    sending.change(published_world, Breaker, state=BreakerState.open, retry_at=soon)
    assert sending.claim(published_world) is None
    sending.change(published_world, Breaker, retry_at=soon - timedelta(minutes=2))
    lease = sending.claim(published_world)
    assert lease is not None
    assert lease.count == 1
    assert sending.breaker(published_world).probe_id == lease.token
    assert sending.claim(published_world) is None


def test_claimers_at_the_same_moment_never_take_the_same_message(published_world: db.Database) -> None:
    sending.buy(published_world, *many(MANY))
    start = threading.Barrier(4)
    taken: list[int] = []

    def work() -> None:
        start.wait()
        while lease := sending.claim(published_world, limit=7):
            taken.append(lease.count)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while lease := sending.claim(published_world):  # rows that were locked by another at that moment
        taken.append(lease.count)
    assert sum(taken) == MANY
    assert sorted(row.fence for row in sending.messages(published_world)) == [1] * MANY
