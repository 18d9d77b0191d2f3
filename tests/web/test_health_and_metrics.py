"""What machines that watch are told."""

from datetime import timedelta

import pytest

from drip import clock, queues
from drip.models import system
from tests import world
from tests.web.conftest import Site


@pytest.fixture(autouse=True)
def _redis_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis has its own tests; here it is up."""
    monkeypatch.setattr(queues, "ping", lambda settings: True)


def test_it_is_well_when_database_redis_and_scheduler_are(site: Site) -> None:
    _beat(site, timedelta(seconds=3))
    answer = site.stranger().get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_watch_that_asks_for_the_head_alone_is_told_as_well(site: Site) -> None:
    assert site.stranger().head("/healthz").status_code == 503
    _beat(site, timedelta(seconds=3))
    answer = site.stranger().head("/healthz")
    assert (answer.status_code, answer.text) == (200, "")


def test_it_is_unwell_when_the_scheduler_is_silent(site: Site) -> None:
    assert site.stranger().get("/healthz").status_code == 503
    _beat(site, timedelta(minutes=2))
    answer = site.stranger().get("/healthz")
    assert answer.status_code == 503
    assert "no sign of a scheduler" in answer.json()["scheduler"]


def test_it_is_unwell_when_redis_is_gone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "ping", lambda settings: False)
    _beat(site, timedelta())
    assert site.stranger().get("/healthz").json()["redis"] == "Redis does not answer"


def test_metrics_tell_how_late_the_oldest_due_work_is(site: Site) -> None:
    with site.database.write() as session:
        world.bought(session)
    world.set_clock(site.database, world.START + timedelta(hours=1))
    told = _metrics(site)
    assert told["drip_oldest_due_seconds"] == pytest.approx(3600, abs=60)
    assert told['drip_breaker{state="closed"}'] == 1
    assert told["drip_unknowns"] == 0
    assert told['drip_messages{state="ambiguous"}'] == 0


def test_metrics_are_not_for_what_comes_through_a_proxy(site: Site) -> None:
    assert site.stranger().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403


def _metrics(site: Site) -> dict[str, float]:
    lines = site.stranger().get("/metrics").text.splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def _beat(site: Site, ago: timedelta) -> None:
    at = clock.now() - ago
    with site.database.write() as session:
        system.beat(session, system.Heartbeat(host="here", pid=1, role="scheduler", started_at=at, beat_at=at))
