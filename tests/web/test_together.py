"""Posts of events that come at once: one commit for all of them, and each answer is true of its own post."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, event, exc

from drip import db
from drip.providers.sendgrid import events
from drip.providers.sendgrid.events import ProviderEvent
from drip.web import together
from tests.engine.replies import telling


def came(*keys: str) -> list[ProviderEvent]:
    return events.read(json.dumps([telling.event("open", "0" * 26, sg_event_id=key) for key in keys]).encode())


def commits(database: db.Database) -> list[object]:
    """Grows with every transaction that is committed and was not only a look."""
    seen: list[object] = []
    event.listen(database.engine, "commit", lambda one: seen.append(one) if writes(one) else None)
    return seen


def writes(connection: Connection) -> bool:
    return not connection.get_execution_options().get("postgresql_readonly")


def at_once(database: db.Database, door: together.Together, posts: Sequence[Sequence[ProviderEvent]]) -> list[object]:
    """How each of these posts ended, all of them having come while another one was being written."""
    held, may_go = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        if writes(connection) and not held.is_set():
            held.set()
            may_go.wait(10)

    event.listen(database.engine, "commit", hold)
    with ThreadPoolExecutor(len(posts) + 1) as crew:
        first = crew.submit(door.keep, came("first"))
        assert held.wait(10)
        others = [crew.submit(_outcome, door.keep, post) for post in posts]
        while len(door.waiting) < len(posts):
            threading.Event().wait(0.005)
        may_go.set()
        assert first.result() is True
        return [other.result() for other in others]


def _outcome(keep: Callable[[Sequence[ProviderEvent]], bool], post: Sequence[ProviderEvent]) -> object:
    try:
        return keep(post)
    except exc.SQLAlchemyError as trouble:
        return type(trouble)


def test_those_who_wait_for_a_commit_share_the_next_one_and_one_of_them_rings(published_world: db.Database) -> None:
    seen = commits(published_world)
    posts = [came(f"e{number}", "the same") for number in range(5)]
    assert sum(map(bool, at_once(published_world, together.Together(published_world), posts))) == 1
    assert len(seen) == 2
    assert len(telling.kept(published_world)) == 7


def test_a_transaction_takes_no_more_than_others_can_wait_for(
    published_world: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST", 4)
    seen = commits(published_world)
    posts = [came(*(f"e{number}-{index}" for index in range(3))) for number in range(3)]
    at_once(published_world, together.Together(published_world), posts)
    assert len(seen) == 4
    assert len(telling.kept(published_world)) == 10


def test_a_post_that_the_database_refuses_is_refused_alone(published_world: db.Database) -> None:
    (bad,) = came("bad")
    object.__setattr__(bad, "name", None)
    outcomes = at_once(published_world, together.Together(published_world), [came("good"), [bad], came("fine")])
    assert [each if each is exc.IntegrityError else "stored" for each in outcomes] == [
        "stored",
        exc.IntegrityError,
        "stored",
    ]
    assert [row.event_key for row in telling.kept(published_world)] == ["fine", "first", "good"]


def test_when_nothing_can_be_stored_everybody_learns_of_it(published_world: db.Database) -> None:
    door = together.Together(published_world)
    with published_world.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE delivery_events RENAME TO away")
    for _ in range(2):
        with pytest.raises(exc.SQLAlchemyError):
            door.keep(came("e"))
    with published_world.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO delivery_events")
    assert door.keep(came("e")) is True


def test_a_post_that_tells_nothing_new_writes_nothing(published_world: db.Database) -> None:
    door = together.Together(published_world)
    door.keep(came("e1", "e2"))
    seen = commits(published_world)
    door.keep(came("e2", "e1", "e2"))
    assert (seen, len(telling.kept(published_world))) == ([], 2)
