"""The list of what was accepted, and that it survives."""

import json

import pytest


@pytest.fixture
def three(sandbox, body):
    for number, address in enumerate(["ana@pereira.example", "bo@lindqvist.example", "Ana@Pereira.example"]):
        sandbox.send(body(personalizations=[{"to": [{"email": address}]}], subject=f"Number {number}"))
    return sandbox


def subjects(found):
    return [message["subject"] for message in found]


def test_the_list_is_in_the_order_of_acceptance(three):
    assert subjects(three.messages()) == ["Number 0", "Number 1", "Number 2"]


def test_to_ignores_case(three):
    assert subjects(three.messages(to="ana@pereira.EXAMPLE")) == ["Number 0", "Number 2"]
    assert three.messages(to="nobody@x.example") == []


def test_since_takes_an_instant_or_an_id(three):
    first, second, _ = three.messages()
    assert subjects(three.messages(since=second["accepted_at"])) == ["Number 1", "Number 2"]
    assert subjects(three.messages(since=first["id"])) == ["Number 1", "Number 2"]
    assert subjects(three.messages(since=first["id"], limit="1")) == ["Number 1"]
    assert three.messages(since="2999-01-01T00:00:00+00:00") == []


def test_an_unescaped_plus_in_since_is_understood(three):
    answer = three.http.get("/api/messages?since=2020-01-01T00:00:00+00:00")
    assert len(answer.json()) == 3


@pytest.mark.parametrize("query", ["since=yesterday", "since=2026-01-01T00:00:00", "limit=-1", "limit=many"])
def test_a_query_that_is_not_understood_is_refused(sandbox, query):
    answer = sandbox.http.get(f"/api/messages?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_one_message_is_shown_by_its_id(three):
    last = three.messages()[-1]
    assert three.http.get(f"/api/messages/{last['id']}").json() == last
    assert three.http.get("/api/messages/nothing").status_code == 404


def test_delete_empties_everything(three):
    assert three.http.delete("/api/messages").status_code == 204
    assert three.messages() == []
    assert (three.data_dir / "ledger.jsonl").read_bytes() == b""


@pytest.mark.parametrize("further", [(), ("--fsync",)], ids=["plain", "fsync"])
def test_what_was_accepted_survives_a_killed_process(starter, body, further):
    sandbox = starter(*further)
    sandbox.send(body(), X_Drip_Business_Time="2026-09-01T13:00:00Z")
    before = sandbox.messages()
    sandbox.kill()
    sandbox.start()
    assert sandbox.messages() == before != []


def test_a_line_cut_short_by_a_crash_is_dropped(starter, body):
    sandbox = starter()
    sandbox.send(body())
    sandbox.kill()
    with (sandbox.data_dir / "ledger.jsonl").open("a") as ledger:
        ledger.write('{"id":"half')
    sandbox.start()
    sandbox.send(body(subject="Second"))
    assert subjects(sandbox.messages()) == ["How was the first week?", "Second"]
    lines = (sandbox.data_dir / "ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["body"]["subject"] for line in lines] == subjects(sandbox.messages())


def test_events_not_yet_posted_survive_a_killed_process(starter, receiver, body):
    sandbox = starter("--batch-seconds", "60")
    sandbox.send(body())
    sandbox.kill()
    sandbox.start()
    sandbox.flush()
    assert [event["event"] for event in receiver.events()] == ["processed", "delivered"]


def test_posted_events_are_not_posted_again_after_a_restart(starter, receiver, body):
    sandbox = starter()
    sandbox.send(body())
    sandbox.flush()
    sandbox.kill()
    sandbox.start()
    sandbox.flush()
    assert len(receiver.events()) == 2


def test_refused_posts_survive_a_killed_process(starter, receiver, body):
    sandbox = starter()
    receiver.status = 500
    sandbox.send(body())
    sandbox.post(f"/api/messages/{sandbox.messages()[0]['id']}/reply", {"text": "x"})
    sandbox.flush()
    sandbox.kill()
    receiver.status = 200
    sandbox.start()
    sandbox.flush()
    assert len(receiver.events()) == 2
    assert len(receiver.taken("inbound")) == 1
