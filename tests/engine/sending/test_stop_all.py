"""The kill switch, and the HOLD of a database that was restored."""

import pytest

from drip import config, db
from drip.engine.sending import stop_all
from drip.models.audit import AuditEntry
from drip.models.message import MessageState
from drip.models.system import System, SystemState
from tests.world import sending


def pause(database: db.Database, reason: str = "fire") -> None:
    with database.write() as session:
        stop_all.pause(session, "rita", reason)


def resume(database: db.Database) -> None:
    with database.write() as session:
        stop_all.resume(session, "rita")


def test_nothing_leaves_until_somebody_resumes(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    pause(published_world)
    assert sending.gated(published_world, settings, drafts) == []
    assert sending.message(published_world).detail == "fire"
    resume(published_world)
    assert len(sending.gated(published_world, settings)) == 1


def test_what_is_handed_already_is_settled_all_the_same(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    handed = sending.gated(published_world, settings)
    pause(published_world)
    sending.settled(published_world, handed)
    assert sending.message(published_world).state is MessageState.accepted


def test_who_and_why_are_written_down(published_world: db.Database) -> None:
    pause(published_world)
    resume(published_world)
    with published_world.read() as session:
        notes = [(note.actor, note.act, note.detail) for note in session.query(AuditEntry).filter_by(subject="system")]
    assert notes == [("rita", "pause", "fire"), ("rita", "resume", "")]


def test_a_hold_stays_until_somebody_says_what_happened(published_world: db.Database) -> None:
    sending.change(published_world, System, state=SystemState.hold, reason="restored")
    pause(published_world)
    assert sending.the_system(published_world).reason == "restored"
    with pytest.raises(stop_all.OnHoldError):
        resume(published_world)


def test_a_long_reason_is_cut_and_not_refused(published_world: db.Database) -> None:
    pause(published_world, "x" * 10_000)
    assert len(sending.the_system(published_world).reason) == 300
