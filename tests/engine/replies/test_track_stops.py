"""Which events stop us writing, and to whom."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from drip import config, db
from drip.engine.people import suppress
from drip.engine.replies import track_stops
from drip.models.customer import Customer
from drip.models.enrollment import EnrollmentState
from drip.models.message import Delivery, Message, MessageState
from drip.models.reasons import Reason
from tests import world
from tests.engine.replies import telling
from tests.engine.replies.telling import ANA, BLOCKED, GONE, event, tell
from tests.world import sending

ADDRESS, PERSON, BOTH = (False, True), (True, False), (True, True)


@pytest.fixture
def sent(published_world: db.Database, settings: config.Settings) -> str:
    """Ana has had her `hello`; its id."""
    sending.buy(published_world)
    return sending.sent(published_world, settings)[0].message_id


def more_mails(database: db.Database, number: int) -> list[str]:
    """Further mails that Ana has had, as copies of the first."""
    first = sending.message(database)
    fields = {column.key: getattr(first, column.key) for column in Message.__table__.columns}
    ids = [f"{index:026d}" for index in range(number)]
    with database.write() as session:
        for each in ids:
            session.add(Message(**fields | {"id": each, "dedupe_key": each, "reply_token": None, "step": None}))
    return ids


@pytest.mark.parametrize(
    ("name", "fields", "reason", "whom"),
    [
        ("bounce", GONE, Reason.bounced, ADDRESS),
        ("bounce", {**BLOCKED, "bounce_classification": "Invalid Address"}, Reason.bounced, ADDRESS),
        ("spamreport", {}, Reason.complained, BOTH),
        ("unsubscribe", {}, Reason.unsubscribed, PERSON),
        ("group_unsubscribe", {}, Reason.unsubscribed, PERSON),
        ("dropped", {"reason": "Bounced Address"}, Reason.bounced, ADDRESS),
        ("dropped", {"reason": "Invalid"}, Reason.bounced, ADDRESS),
        ("dropped", {"reason": "Spam Reporting Address"}, Reason.complained, BOTH),
        ("dropped", {"reason": "Unsubscribed Address"}, Reason.unsubscribed, PERSON),
    ],
)
def test_an_event_stops_whom_it_is_about(
    published_world: db.Database, sent: str, name: str, fields: dict[str, object], reason: Reason, whom: object
) -> None:
    for _ in range(2):
        tell(published_world, event(name, sent, **fields))
    assert telling.stops(published_world) == [(reason, *whom)]  # type: ignore[misc]
    walk = sending.enrollment(published_world)
    assert (walk.state, walk.reason) == (EnrollmentState.exited, reason)


@pytest.mark.parametrize(
    ("name", "fields"),
    [("dropped", {"reason": "Spam Content"}), ("bounce", BLOCKED), ("open", {}), ("deferred", {}), ("unheard-of", {})],
)
def test_other_events_stop_nobody(
    published_world: db.Database, sent: str, name: str, fields: dict[str, object]
) -> None:
    tell(published_world, *(event(name, sent, **fields) for _ in range(5)))
    assert telling.stops(published_world) == []
    assert sending.enrollment(published_world).state is EnrollmentState.active


def test_three_mails_that_come_back_within_a_month_stop_the_address(published_world: db.Database, sent: str) -> None:
    second, third = more_mails(published_world, 2)
    tell(published_world, event("bounce", sent, **BLOCKED), event("bounce", sent, **BLOCKED))
    tell(published_world, event("bounce", second, at=sending.day(20), **BLOCKED))
    assert telling.stops(published_world) == []
    tell(published_world, event("bounce", third, at=sending.day(30), **BLOCKED))
    assert telling.stops(published_world) == [(Reason.bounced, *ADDRESS)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [([], False), ([0, 0], False), ([0, 30, 15], True), ([0, 31, 15], False), ([0, 40, 60, 65], True)],
)
def test_a_month_is_thirty_days_wherever_it_begins(days: list[int], expected: bool) -> None:
    instants: list[datetime] = [world.START + timedelta(days=day) for day in days]
    assert track_stops.too_many(instants) is expected


def test_a_stop_cancels_what_was_put_back(published_world: db.Database, sent: str) -> None:
    sending.change(published_world, Message, state=MessageState.queued, attempt=0)
    tell(published_world, event("spamreport"))
    assert sending.message(published_world).state is MessageState.cancelled


@pytest.mark.parametrize(("name", "whom"), [("bounce", ADDRESS), ("spamreport", BOTH), ("unsubscribe", PERSON)])
def test_a_customer_is_known_by_the_address_when_the_mail_is_not_ours(
    published_world: db.Database, sent: str, name: str, whom: tuple[bool, bool]
) -> None:
    tell(published_world, event(name, email=ANA.upper()), event(name, "0" * 26, email=ANA))
    assert [(person, address) for _, person, address in telling.stops(published_world)] == [whom]


def test_nobody_is_stopped_for_a_mail_and_an_address_that_are_not_ours(published_world: db.Database, sent: str) -> None:
    for name in ("bounce", "spamreport", "unsubscribe", "dropped"):
        tell(published_world, event(name, email="who@else.example", reason="Bounced Address"))
        tell(published_world, event(name, email=""), {"event": name}, {"event": name, "email": ["a", {}]})
    assert telling.stops(published_world) == []


def test_a_bounce_is_of_the_address_that_the_mail_went_to(published_world: db.Database, sent: str) -> None:
    sending.change(published_world, Customer, email="ana.new@buyers.example")
    tell(published_world, event("bounce", sent, **GONE))
    assert telling.stops(published_world) == [(Reason.bounced, *ADDRESS)]
    assert sending.enrollment(published_world).state is EnrollmentState.active


def test_a_complaint_about_a_mail_to_an_old_address_stops_person_and_address(
    published_world: db.Database, sent: str
) -> None:
    sending.change(published_world, Customer, email="ana.new@buyers.example")
    tell(published_world, event("spamreport", sent))
    assert telling.stops(published_world) == [(Reason.complained, *PERSON), (Reason.complained, *ADDRESS)]
    assert sending.enrollment(published_world).state is EnrollmentState.exited


def test_an_old_event_that_comes_again_does_not_undo_what_a_person_has_lifted(
    published_world: db.Database, sent: str
) -> None:
    tell(published_world, event("bounce", sent, **GONE))
    with published_world.write() as session:
        who = session.scalars(select(Customer.id)).one()
        assert suppress.lift(session, who, telling.KEY, "rita") == 1
    tell(published_world, event("bounce", sent, **GONE))
    assert telling.stops(published_world) == []
    tell(published_world, event("bounce", sent, at=sending.day(2), **GONE))
    assert telling.stops(published_world) == [(Reason.bounced, *ADDRESS)]


def test_the_provider_is_named_as_the_one_who_said_so(published_world: db.Database, sent: str) -> None:
    tell(published_world, event("bounce", sent, **GONE))
    with published_world.read() as session:
        (row,) = suppress.in_force(session, session.scalars(select(Customer)).one(), telling.KEY)
    assert row.detail == "550 no such mailbox"
    assert sending.message(published_world).delivery is Delivery.bounced
