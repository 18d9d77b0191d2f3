"""Section 5 of the replies: mails of ours that come back: the provider tells of it, or a mail does, or both."""

from drip import db
from drip.models.customer import Customer
from drip.models.enrollment import EnrollmentState
from drip.models.inbound import InboundState
from drip.models.message import Delivery, Message
from drip.models.reasons import Reason
from tests import world
from tests.engine.replies import answering, telling
from tests.engine.replies.answering import Written
from tests.flows.replies import scene as stage
from tests.flows.replies.scene import Post, Scene
from tests.world import sending

FULL, GONE = "4.2.2", "5.1.1"


def comes_back(scene: Scene, message: Message, status: str, number: str = "1", action: str = "failed") -> None:
    """A mail system sends our mail back, to the address that stood in it."""
    original = f"<{message.id}@quay.example>"
    raw = stage.report(answering.ANA, status=status, original=original, said=number, action=action)
    written = Written(sender="MAILER-DAEMON@elsewhere.example", to=(answering.to(message),))
    scene.comes(Post(written, raw=raw, envelope_from=""))


def event(message: Message, told: dict[str, str]) -> dict[str, object]:
    return telling.event("bounce", message.id, **told)


def delivery(database: db.Database, message: Message) -> Delivery | None:
    return next(row.delivery for row in sending.messages(database) if row.id == message.id)


def test_an_address_that_is_bad_for_good_is_suppressed_whether_a_mail_says_so_or_an_event_or_both(
    scene: Scene,
) -> None:
    scene.goes_out(sending.day(1))
    hello = scene.mail("hello")
    comes_back(scene, hello, GONE)
    assert answering.suppressions(scene.database) == {Reason.bounced: (False, True)}
    assert delivery(scene.database, hello) is Delivery.bounced
    assert {walk.state for walk in scene.enrollments()} == {EnrollmentState.exited}
    assert "For good: the address is bad." in scene.page("/replies/1")
    scene.told(event(hello, telling.GONE))
    assert len(telling.stops(scene.database)) == 1
    assert [scene.goes_out(sending.day(day)) for day in (2, 7)] == [[], []]
    assert (answering.handoffs(scene.database), scene.notices()) == ([], [])


def test_the_same_by_the_providers_event_alone(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    scene.told(event(scene.mail("hello"), telling.GONE))
    assert answering.suppressions(scene.database) == {Reason.bounced: (False, True)}
    assert scene.goes_out(sending.day(2)) == []


def test_a_mail_that_came_back_for_now_counts_once_however_often_and_by_whatever_way_it_is_told(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    hello = scene.mail("hello")
    for number in "123":
        comes_back(scene, hello, FULL, number)
        scene.told(event(hello, telling.BLOCKED))
    assert answering.suppressions(scene.database) == {}
    assert delivery(scene.database, hello) is Delivery.bounced
    assert scene.goes_out(sending.day(2)) == ["fit"]


def test_the_third_mail_in_a_month_that_came_back_for_now_stops_the_address(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    comes_back(scene, scene.mail("hello"), FULL)
    scene.goes_out(sending.day(2))
    scene.told(event(scene.mail("fit"), telling.BLOCKED))
    scene.goes_out(sending.day(7))
    assert answering.suppressions(scene.database) == {}
    assert "the third such mail in a month" in scene.page("/replies/1")
    comes_back(scene, scene.mail("promise"), FULL)
    assert answering.suppressions(scene.database) == {Reason.bounced: (False, True)}


def test_a_report_that_names_no_mail_of_ours_counts_for_the_address_that_it_is_about(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    raw = stage.report(answering.ANA, status=GONE)
    scene.comes(Post(Written(sender="MAILER-DAEMON@elsewhere.example"), raw=raw, envelope_from=""))
    assert answering.suppressions(scene.database) == {Reason.bounced: (False, True)}
    assert delivery(scene.database, scene.mail("hello")) is Delivery.bounced


def test_the_address_that_a_mail_went_to_is_stopped_and_not_the_one_that_the_customer_has_now(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    sending.change(scene.database, Customer, email="ana@new.example")
    comes_back(scene, scene.mail("hello"), GONE)
    assert answering.suppressions(scene.database) == {Reason.bounced: (False, True)}
    assert scene.goes_out(sending.day(2)) == ["fit"]


def test_a_report_about_a_stranger_waits_for_people(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    raw = stage.report("nobody@elsewhere.example", status=GONE)
    scene.comes(Post(Written(sender="MAILER-DAEMON@elsewhere.example"), raw=raw, envelope_from=""))
    assert [mail.state for mail in answering.mails(scene.database)] == [InboundState.unmatched]
    assert "reads like a mail that came back" in scene.page("/unmatched")
    assert answering.suppressions(scene.database) == {}


def test_a_complaint_stops_person_and_address_whether_a_mail_brings_it_or_an_event(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    hello = scene.mail("hello")
    raw = stage.complaint(answering.ANA, f"<{hello.id}@quay.example>")
    scene.comes(Post(Written(sender="feedback@elsewhere.example"), raw=raw))
    assert answering.suppressions(scene.database) == {Reason.complained: (True, True)}
    scene.told(telling.event("spamreport", hello.id))
    assert len(telling.stops(scene.database)) == 1
    assert scene.goes_out(sending.day(2)) == []


def test_a_bounce_long_ago_and_two_of_today_are_no_dead_address(scene: Scene) -> None:
    scene.goes_out(sending.day(1))
    comes_back(scene, scene.mail("hello"), FULL)
    scene.goes_out(sending.day(2))
    scene.goes_out(sending.day(7))
    world.set_clock(scene.database, sending.day(7).replace(month=11))
    for step in ("fit", "promise"):
        comes_back(scene, scene.mail(step), FULL)
    assert answering.suppressions(scene.database) == {}


def test_mails_that_are_only_late_count_for_nothing(scene: Scene) -> None:
    for day, step in ((1, "hello"), (2, "fit"), (7, "promise")):
        scene.goes_out(sending.day(day))
        comes_back(scene, scene.mail(step), "4.4.7", action="delayed")
    assert answering.suppressions(scene.database) == {}
    assert {row.delivery for row in sending.messages(scene.database)} == {Delivery.deferred}
    assert "It is tried again" in scene.page("/replies/1")
