"""Events are posted signed, in batches, as the vendor posts them, and again until they are taken."""

import json

import pytest


def test_an_accepted_mail_is_reported_processed_and_delivered(sandbox, receiver, body):
    sandbox.send(body(categories=["first-year"]), X_Drip_Business_Time="2026-09-01T13:00:00Z")
    sandbox.flush()
    processed, delivered = receiver.events()
    (message,) = sandbox.messages()
    assert (processed["event"], delivered["event"]) == ("processed", "delivered")
    assert delivered["email"] == "ana@pereira.example"
    assert delivered["message_id"] == "m1"
    assert delivered["smtp-id"] == "<m1@harbourcars.example>"
    assert delivered["category"] == ["first-year"]
    assert delivered["sg_message_id"].split(".")[0] == message["id"]
    assert (processed["timestamp"], delivered["timestamp"]) == (1788267600, 1788267601)
    assert processed["sg_event_id"] != delivered["sg_event_id"]


def test_event_posts_are_signed_with_the_key_that_is_shown(sandbox, receiver, body, verify):
    sandbox.send(body())
    sandbox.flush()
    (post,) = receiver.taken("/webhooks/sendgrid/events")
    assert post.headers["Content-Type"] == "application/json"
    verify(post, sandbox.http.get("/api/keys").json()["events"])
    verify(post, (sandbox.data_dir / "event-key.pub").read_text())


def test_custom_args_do_not_displace_the_vendors_own_fields(sandbox, receiver, body):
    sandbox.send(body(custom_args={"message_id": "m1", "event": "mine", "email": "mine"}))
    sandbox.flush()
    assert receiver.events()[0]["event"] == "processed"
    assert receiver.events()[0]["email"] == "ana@pereira.example"


def test_events_leave_by_themselves_after_a_moment(sandbox, receiver, body, eventually):
    sandbox.send(body())
    eventually(lambda: len(receiver.events()) == 2)
    eventually(lambda: sandbox.http.get("/api/pending").json()["events"] == 0)


def test_many_events_are_split_into_batches(starter, receiver, body):
    sandbox = starter("--batch-events", "4")
    for number in range(5):
        sandbox.send(body(custom_args={"message_id": str(number)}))
    sandbox.flush()
    assert len(receiver.events()) == 10
    assert max(len(json.loads(post.body)) for post in receiver.posts) <= 4


@pytest.mark.parametrize("name", ["bounce", "spamreport", "open", "click", "dropped", "deferred", "unsubscribe"])
def test_any_event_can_be_asked_for(sandbox, receiver, body, name):
    sandbox.send(body())
    sandbox.flush()
    receiver.posts.clear()
    answer = sandbox.post(f"/api/messages/{sandbox.messages()[0]['id']}/event", {"event": name, "reason": "told to"})
    sandbox.flush()
    (event,) = receiver.events()
    assert event == answer.json()
    assert (event["event"], event["reason"], event["message_id"]) == (name, "told to", "m1")


def test_a_field_can_be_taken_out_of_an_event(sandbox, receiver, body):
    sandbox.send(body())
    made = sandbox.post(
        f"/api/messages/{sandbox.messages()[0]['id']}/event", {"event": "bounce", "sg_message_id": None}
    )
    assert "sg_message_id" not in made.json()


def test_an_unknown_event_is_refused(sandbox, body):
    sandbox.send(body())
    answer = sandbox.post(f"/api/messages/{sandbox.messages()[0]['id']}/event", {"event": "bounced"})
    assert answer.status_code == 400
    assert "bounce" in answer.json()["error"]


def test_after_a_bounce_the_vendor_drops_what_follows(sandbox, receiver, body):
    sandbox.send(body())
    sandbox.post(f"/api/messages/{sandbox.messages()[0]['id']}/event", {"event": "bounce"})
    sandbox.flush()
    receiver.posts.clear()
    sandbox.send(body(custom_args={"message_id": "m2"}))
    sandbox.flush()
    (event,) = receiver.events()
    assert (event["event"], event["reason"], event["message_id"]) == ("dropped", "Bounced Address", "m2")


def test_a_refused_post_comes_again_with_the_same_event_ids(sandbox, receiver, body, eventually):
    receiver.status = 500
    sandbox.send(body())
    pending = sandbox.flush()
    assert (pending["events"], pending["events_repeating"]) == (0, 1)
    receiver.status = 200
    eventually(lambda: len(receiver.events()) == 2)
    eventually(lambda: sandbox.http.get("/api/pending").json()["events_repeating"] == 0)


def test_duplicates_repeat_events_under_the_same_id(sandbox, receiver, body):
    sandbox.post("/api/misbehave", {"mode": "events", "duplicates": 3})
    sandbox.send(body())
    sandbox.flush()
    assert len(receiver.events()) == 8
    assert len({event["sg_event_id"] for event in receiver.events()}) == 2


def test_shuffled_events_come_in_another_order(sandbox, receiver, body):
    sandbox.post("/api/misbehave", {"mode": "events", "shuffle": True})
    for number in range(20):
        sandbox.send(body(custom_args={"message_id": str(number)}))
    sandbox.flush()
    names = [(event["message_id"], event["event"]) for event in receiver.events()]
    assert names != sorted(names, key=lambda name: int(name[0]))
    assert len(set(names)) == 40


def test_lost_events_never_arrive(sandbox, receiver, body):
    sandbox.post("/api/misbehave", {"mode": "events", "lose": 1.0})
    sandbox.send(body())
    assert sandbox.flush()["events"] == 0
    assert receiver.events() == []


def test_delayed_events_count_as_pending_until_they_are_posted(sandbox, receiver, body):
    sandbox.post("/api/misbehave", {"mode": "events", "delay_ms": 300})
    sandbox.send(body())
    sandbox.flush()
    assert len(receiver.events()) == 2


def test_posts_follow_one_another_unless_disorder_is_asked_for(starter, receiver, body):
    sandbox = starter("--batch-events", "2")
    for number in range(10):
        sandbox.send(body(custom_args={"message_id": f"{number}"}))
    sandbox.flush()
    assert [event["message_id"] for event in receiver.events()] == [f"{number // 2}" for number in range(20)]


def test_old_posts_follow_as_soon_as_a_new_one_is_taken(sandbox, receiver, body, eventually):
    receiver.status = 500
    for number in range(3):
        sandbox.send(body(custom_args={"message_id": str(number)}))
        sandbox.flush()
    assert sandbox.http.get("/api/pending").json()["events_repeating"] == 3
    receiver.status = 200
    sandbox.send(body(custom_args={"message_id": "new"}))
    eventually(lambda: len(receiver.events()) == 8)
    assert {event["message_id"] for event in receiver.events()} == {"0", "1", "2", "new"}
