"""A person knows what became of a mail: it leaves the unknowns, and proof still wins."""

import pytest

from drip import config, db
from drip.engine.sending import reconcile, said
from drip.models.message import MessageState
from drip.providers.sendgrid.send import Outcome, Result
from tests.world import sending


@pytest.fixture
def unknown(published_world: db.Database, settings: config.Settings) -> db.Database:
    sending.buy(published_world)
    sending.sent(published_world, settings, Outcome(Result.ambiguous))
    return published_world


def say(database: db.Database, became: said.Became) -> bool:
    with database.write() as session:
        return said.say(session, sending.message(database).id, became, "rita")


@pytest.mark.parametrize(
    ("became", "state"),
    [(said.Became.arrived, MessageState.accepted), (said.Became.lost, MessageState.presumed_lost)],
)
def test_it_leaves_the_list_and_is_not_sent_again(
    unknown: db.Database, settings: config.Settings, became: said.Became, state: MessageState
) -> None:
    assert say(unknown, became)
    assert sending.message(unknown).state is state
    with unknown.read() as session:
        assert reconcile.unknowns(session) == []
    assert sending.sent(unknown, settings) == []


def test_it_is_said_once(unknown: db.Database) -> None:
    assert say(unknown, said.Became.lost)
    assert not say(unknown, said.Became.arrived)
    assert sending.message(unknown).state is MessageState.presumed_lost


def test_the_day_still_counts_for_the_cap(unknown: db.Database) -> None:
    say(unknown, said.Became.lost)
    assert sending.contact_days(unknown) == {"2026-09-01": 1}
