"""How things stand, at one look."""

import json
import os
import socket
import subprocess
import sys
from datetime import timedelta

from drip import config, db
from drip.engine.handoffs import hold
from drip.engine.sending import catch_up, pause, stop_all
from drip.engine.telling import overview
from drip.models import system
from drip.models.reasons import Reason
from tests import world
from tests.world import sending


def look(database: db.Database) -> overview.Overview:
    with database.read() as session:
        return overview.look(session, config.Mode.sandbox)


def test_an_idle_system_is_not_late(published_world: db.Database) -> None:
    found = look(published_world)
    assert (found.state, found.mode, found.breaker) == ("running", "sandbox", "closed")
    assert (found.messages, found.due, found.oldest_due_at, found.lag_seconds) == ({}, 0, None, 0.0)


def test_it_counts_what_is_due_and_says_how_late_it_is(published_world: db.Database) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    world.set_clock(published_world, sending.day(1, 10))
    found = look(published_world)
    assert (found.due, found.oldest_due_at) == (2, world.START)
    assert 3600 <= found.lag_seconds < 3700


def test_it_counts_messages_by_state(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    handed = sending.gated(published_world, settings)
    sending.settled(published_world, handed[:1])
    assert look(published_world).messages == {"accepted": 1, "handed": 1}


def test_what_is_held_or_paused_is_not_late(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    drafts = sending.drafted(published_world, settings)
    with published_world.write() as session:
        pause.pause_campaign(session, "ride", by="rita")
    sending.gated(published_world, settings, drafts)
    assert (look(published_world).due, look(published_world).lag_seconds) == (0, 0.0)
    with published_world.write() as session:
        pause.resume_campaign(session, "ride", catch_up.Missed.skip, by="rita")
        hold.hold(session, drafts[0].customer_id, hold.Cause(Reason.replied))
    assert look(published_world).due == 1


def test_a_stop_shows_with_its_reason(published_world: db.Database) -> None:
    with published_world.write() as session:
        stop_all.pause(session, "rita", "fire")
    assert (look(published_world).state, look(published_world).reason) == ("paused", "fire")


def test_processes_that_live_are_listed_and_silent_ones_are_not(published_world: db.Database) -> None:
    now = sending.real_now(published_world)
    with published_world.write() as session:
        for pid, ago in ((1, 0), (2, 5), (3, 60)):
            beat_at = now - timedelta(seconds=ago)
            system.beat(session, system.Heartbeat(host="h", pid=pid, role="web", started_at=now, beat_at=beat_at))
    assert sorted(look(published_world).processes) == [("web", 1), ("web", 2)]
    assert look(published_world).as_dict()["pids"] == {"web": [1, 2]}


def test_a_process_that_was_killed_on_this_machine_is_not_listed(published_world: db.Database) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    now, here = sending.real_now(published_world), socket.gethostname()[:120]
    with published_world.write() as session:
        for host, pid in ((here, os.getpid()), (here, child.pid), ("elsewhere", child.pid)):
            system.beat(session, system.Heartbeat(host=host, pid=pid, role="send", started_at=now, beat_at=now))
    assert sorted(look(published_world).processes) == sorted([("send", os.getpid()), ("send", child.pid)])


def test_all_of_it_fits_into_json(published_world: db.Database) -> None:
    sending.buy(published_world)
    told = json.loads(json.dumps(look(published_world).as_dict()))
    assert told["oldest_due_at"] == "2026-09-01T13:00:00+00:00"
    assert set(told) >= {"mode", "state", "reason", "business_at", "breaker", "messages", "due", "lag_seconds", "pids"}
