"""From a lease to the provider and back, over real HTTP: sent once, whatever the provider does."""

from dataclasses import replace
from pathlib import Path

import pytest

from drip import config, db
from drip.engine.sending import send
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.models.system import Breaker, BreakerState, SystemState
from drip.providers.sendgrid import send as sendgrid
from tests import sandbox_process, world
from tests.world import sending

pytestmark = pytest.mark.usefixtures("published_world")


@pytest.fixture
def settings(tmp_path: Path, database_url: str, sandbox: sandbox_process.Sandbox) -> config.Settings:
    return world.settings(tmp_path, database_url, DRIP_SANDBOX_PORT=str(sandbox.port))


def deliver(database: db.Database, settings: config.Settings) -> None:
    """Claim all that is due and let a worker of its own send and settle it."""
    sender = send.Sender(settings, database)
    while lease := sending.claim(database):
        sender.send(lease.token)
    sender.close()


def states(database: db.Database) -> list[tuple[MessageState, Reason | None]]:
    return [(row.state, row.reason) for row in sending.messages(database)]


def fleet(database: db.Database, number: int) -> None:
    sending.buy(database, *(world.Bought(email=f"buyer{index}@buyers.example") for index in range(number)))


def test_a_due_check_in_is_sent_once_and_accepted(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(database)
    deliver(database, settings)
    found = sending.message(database)
    (mail,) = sandbox.mails()
    assert (found.state, found.provider_id) == (MessageState.accepted, mail["id"])
    assert mail["custom_args"] == {"message_id": found.id}
    assert mail["reply_to"] == f"reply+{found.reply_token}@mail.quay.example"
    assert str(mail["business_time"]).startswith("2026-09-01T13:00")


def test_a_whole_batch_leaves_and_every_mail_once(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    fleet(database, 70)
    deliver(database, settings)
    assert {state for state, _ in states(database)} == {MessageState.accepted}
    assert sandbox.message_ids() == sorted(row.id for row in sending.messages(database))


@pytest.mark.parametrize("mode", ["accept_then_hang", "accept_then_reset", "accept_then_500"])
def test_an_answer_that_is_lost_leaves_a_doubt_and_never_a_second_mail(
    database: db.Database,
    settings: config.Settings,
    sandbox: sandbox_process.Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    monkeypatch.setattr(sendgrid, "CONNECT_SECONDS", 0.4)
    sending.buy(database)
    sandbox.misbehave(mode, count=1)
    deliver(database, replace(settings, answer_seconds=0))
    sending.lapse(database)
    deliver(database, settings)
    assert states(database) == [(MessageState.ambiguous, Reason.no_answer)]
    assert len(sandbox.message_ids()) == 1
    assert sending.enrollment(database).next_step == "promise"


def test_after_a_doubt_the_campaign_goes_on_with_its_next_step(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(database, world.Bought(promises=("a bell",)))
    sandbox.misbehave("accept_then_reset", count=1)
    deliver(database, settings)
    world.set_clock(database, sending.day(7))
    deliver(database, settings)
    assert [row.state for row in sending.messages(database)] == [MessageState.ambiguous, MessageState.accepted]
    assert len(set(sandbox.message_ids())) == 2


def test_a_provider_that_asks_to_slow_down_gets_the_mail_later(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(database)
    sandbox.misbehave("429", count=1)
    deliver(database, settings)
    assert states(database) == [(MessageState.queued, Reason.provider_busy)]
    sending.change(database, Breaker, busy_until=None)
    sending.change(database, Message, due_at=world.START)
    deliver(database, settings)
    assert states(database) == [(MessageState.accepted, None)]
    assert len(sandbox.message_ids()) == 1


def test_a_refused_key_stops_everything_and_loses_nothing(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    fleet(database, 3)
    sandbox.misbehave("401")
    deliver(database, settings)
    assert {state for state, _ in states(database)} == {MessageState.queued}
    assert sending.the_system(database).state is SystemState.paused
    assert sandbox.mails() == []


def test_a_provider_that_cannot_be_reached_gets_the_mail_later(
    database: db.Database, tmp_path: Path, database_url: str
) -> None:
    port = str(sandbox_process.free_port())
    sending.buy(database)
    deliver(database, world.settings(tmp_path, database_url, DRIP_SANDBOX_PORT=port))
    assert states(database) == [(MessageState.queued, Reason.provider_down)]
    assert sending.breaker(database).state is BreakerState.open
    assert sending.enrollment(database).next_step == "hello"


def test_an_outage_costs_no_more_than_what_is_in_flight(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    fleet(database, 10)
    sandbox.misbehave("500")
    deliver(database, settings)
    world.set_clock(database, sending.day(1, 10))
    sending.buy(database)
    deliver(database, settings)
    assert sending.breaker(database).state is BreakerState.open
    assert [row.state for row in sending.messages(database)] == [MessageState.ambiguous] * 10


def test_a_look_that_has_grown_old_is_not_sent_by(
    database: db.Database,
    settings: config.Settings,
    sandbox: sandbox_process.Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sending.buy(database)
    monkeypatch.setattr(sendgrid, "STALE_SECONDS", -1.0)
    sender = send.Sender(settings, database)
    lease = sending.claim(database)
    assert lease is not None
    sender.send(lease.token)
    sender.close()
    assert states(database) == [(MessageState.queued, Reason.changed)]
    assert sending.contact_days(database) == {}
    assert sandbox.mails() == []
    monkeypatch.undo()
    deliver(database, settings)
    assert states(database) == [(MessageState.accepted, None)]


def test_a_batch_that_is_sent_twice_is_sent_once(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    fleet(database, 5)
    lease = sending.claim(database)
    assert lease is not None
    senders = [send.Sender(settings, database), send.Sender(settings, database)]
    for sender in senders * 2:
        sender.send(lease.token)
    for sender in senders:
        sender.close()
    assert len(sandbox.message_ids()) == len(set(sandbox.message_ids())) == 5


def test_a_lease_that_nobody_knows_sends_nothing(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(database)
    sending.claim(database)
    sender = send.Sender(settings, database)
    for token in ("", "nobody", "'; DROP TABLE messages; --"):
        sender.send(token)
    sender.close()
    assert states(database) == [(MessageState.claimed, None)]
    assert sandbox.mails() == []


def test_a_worker_whose_lease_has_lapsed_sends_nothing(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(database)
    lease = sending.claim(database)
    assert lease is not None
    sending.lapse(database)
    sender = send.Sender(settings, database)
    sender.send(lease.token)
    sender.close()
    assert states(database) == [(MessageState.claimed, None)]
    assert sandbox.mails() == []


def test_a_batch_that_has_waited_long_for_its_worker_is_kept_until_it_has_left(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(database)
    lease = sending.claim(database, lease_seconds=settings.lease_seconds // 2)
    assert lease is not None
    sender = send.Sender(settings, database)
    with sending.statements(database) as asked:
        sender.send(lease.token)
    sender.close()
    assert [said for said in asked if said.startswith("UPDATE messages SET lease_until")]
    assert len(sandbox.mails()) == 1


@pytest.mark.parametrize("name", ["Ana\r\nBcc: eve@evil.example", "Moss; Ana, <eve@evil.example>", "a" * 200, '"\\'])
def test_a_hostile_name_reaches_the_provider_as_a_name_and_nothing_else(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox, name: str
) -> None:
    sending.buy(database, world.Bought(first_name=name, product=f"Quay {name}"))
    deliver(database, settings)
    (mail,) = sandbox.mails()
    assert (mail["to"], mail["from"]) == ("ana@buyers.example", "rita@mail.quay.example")
    assert "Bcc" not in dict(mail["headers"])  # type: ignore[call-overload]
    assert "\n" not in str(mail["subject"])
