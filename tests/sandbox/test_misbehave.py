"""The sandbox fails in the ways in which a vendor fails, when told to."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("mode", "kept"), [("accept_then_500", 1), ("500", 0), ("503", 0), ("429", 0), ("401", 0), ("403", 0)]
)
def test_a_mode_answers_as_it_is_called_and_keeps_what_it_says(sandbox, body, mode, kept):
    sandbox.post("/api/misbehave", {"mode": mode})
    answer = sandbox.send(body())
    assert answer.status_code == int(mode.rpartition("_")[2])
    assert answer.json()["errors"][0]["message"]
    assert len(sandbox.messages()) == kept


def test_429_says_that_nothing_remains_and_until_when(sandbox, body):
    sandbox.post("/api/misbehave", {"mode": "429"})
    answer = sandbox.send(body())
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert int(answer.headers["X-RateLimit-Reset"]) > 1_700_000_000


@pytest.mark.parametrize(("mode", "kept"), [("accept_then_reset", 1), ("reset", 0)])
def test_a_reset_breaks_the_connection(sandbox, body, mode, kept):
    sandbox.post("/api/misbehave", {"mode": mode})
    with pytest.raises(httpx.NetworkError):
        sandbox.send(body())
    assert len(sandbox.messages()) == kept


def test_a_hang_keeps_the_mail_and_never_answers(sandbox, body):
    sandbox.post("/api/misbehave", {"mode": "accept_then_hang"})
    with httpx.Client(trust_env=False, timeout=0.3) as http, pytest.raises(httpx.ReadTimeout):
        http.post(f"{sandbox.url}/v3/mail/send", json=body(), headers={"Authorization": "Bearer any"})
    assert len(sandbox.messages()) == 1


def test_slow_takes_its_time_and_then_accepts(sandbox, body):
    sandbox.post("/api/misbehave", {"mode": "slow", "delay_ms": 50})
    assert sandbox.send(body()).status_code == 202


def test_count_ends_it(sandbox, body):
    sandbox.post("/api/misbehave", {"mode": "500", "count": 2})
    assert [sandbox.send(body()).status_code for _ in range(3)] == [500, 500, 202]


def test_match_strikes_some_recipients_only(sandbox, body):
    sandbox.post("/api/misbehave", {"mode": "500", "match": "@PEREIRA."})
    others = [{"to": [{"email": "bo@lindqvist.example"}]}]
    assert sandbox.send(body()).status_code == 500
    assert sandbox.send(body(personalizations=others)).status_code == 202


def test_share_strikes_some_requests(sandbox, body):
    sandbox.post("/api/misbehave", {"mode": "500", "share": 0.5})
    assert {sandbox.send(body()).status_code for _ in range(60)} == {500, 202}


def test_what_is_refused_anyway_is_refused_first(sandbox, body):
    sandbox.post("/api/misbehave", {"mode": "accept_then_500"})
    assert sandbox.send(body(subject="")).status_code == 400
    assert sandbox.messages() == []


def test_what_is_set_is_shown_and_null_clears_it(sandbox):
    sandbox.post("/api/misbehave", {"mode": "500", "count": 2, "match": "ana"})
    sandbox.post("/api/misbehave", {"mode": "events", "duplicates": 3})
    shown = sandbox.http.get("/api/misbehave").json()
    assert (shown["send"]["mode"], shown["send"]["count"], shown["events"]["duplicates"]) == ("500", 2, 3)
    cleared = sandbox.post("/api/misbehave", {"mode": None}).json()
    assert (cleared["send"], cleared["events"]["duplicates"]) == (None, 0)


@pytest.mark.parametrize(
    "wish",
    [
        {"mode": "explode"},
        {"mode": "500", "share": 2},
        {"mode": "500", "count": -1},
        {"mode": "500", "often": 1},
        {"mode": "events", "lose": "all"},
    ],
    ids=["mode", "share", "count", "unknown", "lose"],
)
def test_a_wish_that_is_not_understood_is_refused(sandbox, wish):
    assert sandbox.post("/api/misbehave", wish).status_code == 400
