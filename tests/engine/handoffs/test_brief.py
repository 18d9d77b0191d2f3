"""What a person has before them when they answer."""

import pytest

from drip import config, db
from drip.engine.handoffs import brief
from drip.engine.people import suppress
from drip.models.enrollment import Enrollment
from drip.models.handoff import Resolution
from drip.models.reasons import Reason
from tests import world
from tests.world import sending, talking

DESK = brief.Desk("http://127.0.0.1:8000", b"a secret of the tests")


@pytest.fixture
def ana(published_world: db.Database) -> int:
    sending.buy(published_world, world.Bought(promises=("a bell",)))
    return sending.customer_id(published_world)


def told(database: db.Database, handoff_id: int) -> brief.Brief:
    with database.read() as session:
        found = brief.of(session, handoff_id, DESK)
    assert found is not None
    return found


def test_it_tells_who_what_they_bought_how_long_ago_and_what_was_promised(
    published_world: db.Database, ana: int
) -> None:
    found = told(published_world, talking.wrote(published_world, ana))
    (bought,) = found.bought
    assert (found.customer.first_name, bought.purchase.product_name, bought.days) == ("Ana", "Quay 3", 1)
    assert [promise.text for promise in bought.promises] == ["a bell"]


def test_every_word_that_went_to_and_fro_stands_there_the_newest_first(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    sending.sent(published_world, settings)
    world.set_clock(published_world, sending.day(1, 10))
    handoff_id = talking.wrote(published_world, ana)
    world.set_clock(published_world, sending.day(1, 11))
    talking.answered(published_world, handoff_id)
    texts = [each.text for each in told(published_world, handoff_id).words]
    assert [text.splitlines()[0] for text in texts] == ["I will oil it tomorrow.", "The bell squeaks.", "Hello Ana,"]


def test_a_check_in_that_crossed_in_the_post_is_marked(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    sending.sent(published_world, settings)
    crossed = (sending.message(published_world).id,)
    handoff_id = talking.wrote(published_world, ana, talking.Said(crossed=crossed))
    assert [each.crossed for each in told(published_world, handoff_id).words if each.message] == [True]


def test_it_says_what_goes_out_next_and_when(published_world: db.Database, ana: int) -> None:
    (following,) = told(published_world, talking.wrote(published_world, ana)).following
    assert (following.step, following.reason) == ("hello", Reason.handoff_open)
    assert following.planned_at == world.START


def test_what_is_left_out_is_told_so_and_what_leaves_in_its_place_is_the_one_that_every_choice_names(
    published_world: db.Database,
) -> None:
    sending.buy(published_world)
    sending.change(published_world, Enrollment, next_step="promise", planned_at=sending.day(7))
    found = told(published_world, talking.wrote(published_world, sending.customer_id(published_world)))
    assert [(each.step, each.reason) for each in found.following] == [
        ("promise", Reason.condition_false), ("year", Reason.handoff_open),
    ]  # fmt: skip
    assert found.following[0].sentence.endswith("left out, because it goes out only if a promise is still open.")
    assert "“year”" in found.effects[Resolution.resume]


def test_the_next_check_in_is_a_draft_written_for_this_customer(published_world: db.Database, ana: int) -> None:
    draft = told(published_world, talking.wrote(published_world, ana)).draft
    assert draft is not None
    assert (draft.step, draft.trouble) == ("hello", "")
    assert draft.text.startswith("Hello Ana,")


def test_a_draft_says_when_the_campaign_itself_would_leave_it_out(published_world: db.Database) -> None:
    sending.buy(published_world)
    sending.change(published_world, Enrollment, next_step="promise", planned_at=sending.day(7))
    draft = told(published_world, talking.wrote(published_world, sending.customer_id(published_world))).draft
    assert draft is not None
    assert (draft.step, draft.unmet, draft.text) == ("promise", "a promise is still open", "")


def test_a_persons_mail_has_no_way_out_below_its_signature() -> None:
    assert brief.personal("Hello,\n\n-- me\nRita\n\n--\nTo stop them: http://x\n") == "Hello,\n\n-- me\nRita"
    assert brief.personal("Hello") == "Hello"


@pytest.mark.parametrize(
    ("reason", "confirmation", "unreachable"),
    [(Reason.unsubscribed, True, False), (Reason.manual, True, False), (Reason.bounced, False, True)],
)
def test_who_asked_us_to_stop_may_be_answered_and_a_dead_address_may_not(
    published_world: db.Database, ana: int, reason: Reason, confirmation: bool, unreachable: bool
) -> None:
    handoff_id = talking.wrote(published_world, ana)
    with published_world.write() as session:
        suppress.suppress(session, ana, suppress.Stop(reason), DESK.key)
    found = told(published_world, handoff_id)
    assert (found.needs_confirmation, found.is_unreachable) == (confirmation, unreachable)


def test_there_is_no_brief_of_nothing(published_world: db.Database) -> None:
    with published_world.read() as session:
        assert brief.of(session, 99, DESK) is None
