"""A worker that died between gate and answer leaves a doubt, which people can list; nothing is sent again."""

from datetime import timedelta

import pytest

from drip import config, db
from drip.engine.sending import reconcile
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.providers.sendgrid import send as sendgrid
from tests import world
from tests.world import sending

ANSWER_SECONDS = 30
LONGEST = timedelta(seconds=sendgrid.CONNECT_SECONDS + ANSWER_SECONDS + reconcile.SETTLE_SECONDS)


@pytest.fixture
def killed(published_world: db.Database, settings: config.Settings) -> db.Database:
    """Ana's `hello` has passed the gate, and then the worker was gone."""
    sending.buy(published_world)
    assert len(sending.gated(published_world, settings)) == 1
    return published_world


def handed_ago(database: db.Database, ago: timedelta) -> None:
    sending.change(database, Message, handed_real_at=sending.real_now(database) - ago)


def reconciled(database: db.Database) -> int:
    with database.write() as session:
        return reconcile.reconcile(session, ANSWER_SECONDS).ambiguous


def test_what_may_still_be_answered_is_left_alone(killed: db.Database) -> None:
    handed_ago(killed, LONGEST - timedelta(seconds=10))
    assert reconciled(killed) == 0
    assert sending.message(killed).state is MessageState.handed


def test_what_nobody_can_answer_any_more_is_in_doubt_and_is_never_sent_again(
    killed: db.Database, settings: config.Settings
) -> None:
    handed_ago(killed, LONGEST + timedelta(seconds=1))
    assert (reconciled(killed), reconciled(killed)) == (1, 0)
    found = sending.message(killed)
    assert (found.state, found.reason, found.detail) == (
        MessageState.ambiguous,
        Reason.no_answer,
        "the sending process ended",
    )
    assert sending.gated(killed, settings) == []


def test_the_campaign_goes_on_after_a_doubt(killed: db.Database, settings: config.Settings) -> None:
    handed_ago(killed, LONGEST * 2)
    reconciled(killed)
    sending.change(killed, type(sending.enrollment(killed)), next_step="year")
    world.set_clock(killed, sending.day(7))
    sending.sent(killed, settings)
    assert [row.state for row in sending.messages(killed)] == [MessageState.ambiguous, MessageState.accepted]


def test_doubts_are_listed_the_oldest_first(published_world: db.Database, settings: config.Settings) -> None:
    for hour, email in ((9, "ana@buyers.example"), (10, "ben@buyers.example")):
        world.set_clock(published_world, sending.day(1, hour))
        sending.buy(published_world, world.Bought(email=email))
        sending.gated(published_world, settings)
    handed_ago(published_world, LONGEST * 2)
    reconciled(published_world)
    with published_world.read() as session:
        listed = [row.to_address for row in reconcile.unknowns(session)]
        first = [row.to_address for row in reconcile.unknowns(session, limit=1)]
    assert (listed, first) == (["ana@buyers.example", "ben@buyers.example"], ["ana@buyers.example"])


def test_nothing_in_doubt_lists_nothing(killed: db.Database) -> None:
    sending.settled(killed, [])
    with killed.read() as session:
        assert reconcile.unknowns(session) == []
