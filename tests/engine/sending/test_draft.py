"""Claimed messages become letters, rendered from SQL alone; one that cannot be written holds no other up."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from drip import config, db
from drip.campaigns import definition, publish
from drip.engine.sending import draft as drafting
from drip.mail import addresses
from drip.models.enrollment import Enrollment
from drip.models.message import MessageState
from drip.models.purchase import Promise, PromiseState, Purchase
from drip.models.reasons import Reason
from drip.models.rep import Rep
from tests import world
from tests.world import sending


def written(draft: drafting.Draft) -> drafting.Written:
    assert isinstance(draft.letter, drafting.Written)
    return draft.letter


def objection(draft: drafting.Draft) -> tuple[Reason, str]:
    assert isinstance(draft.letter, drafting.Objection)
    return draft.letter.reason, draft.letter.detail


def at_promise(database: db.Database, *wanted: world.Bought) -> None:
    """Their enrollments stand before `promise`, which is due."""
    sending.buy(database, *wanted)
    sending.change(database, Enrollment, next_step="promise")


def test_a_letter_is_about_this_customer_and_purchase(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world, world.Bought(product="Quay 7"))
    (draft,) = sending.drafted(published_world, settings)
    mail = written(draft).mail
    assert (mail.subject, mail.to_address, mail.to_name) == ("How is your Quay 7?", "ana@buyers.example", "Ana")
    assert "you have had your Quay 7 for 1 days" in mail.text
    assert json.loads(written(draft).content)["custom_args"] == {"message_id": draft.message_id}


def test_the_way_out_in_the_letter_is_that_of_this_customer(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    (draft,) = sending.drafted(published_world, settings)
    url = addresses.unsubscribe_url(settings.public_url, settings.secret_key(), draft.customer_id)
    mail = written(draft).mail
    assert url in mail.text
    assert f"<{url}>" in mail.headers["List-Unsubscribe"]


def test_a_purchase_that_names_no_rep_is_signed_by_the_first(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    with published_world.write() as session:
        otto = session.query(Rep).filter_by(name="Otto Lind").one()
        session.execute(update(Purchase).where(Purchase.id == 2).values(rep_email=otto.email))
    signed = {written(draft).mail.from_name for draft in sending.drafted(published_world, settings)}
    assert signed == {"Rita Moss", "Otto Lind"}


def test_every_letter_has_a_way_back_of_its_own(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    drafts = sending.drafted(published_world, settings)
    assert len({draft.reply_token for draft in drafts}) == 2
    for draft in drafts:
        assert written(draft).mail.reply_to == f"reply+{draft.reply_token}@mail.quay.example"


def test_drafting_twice_changes_nothing(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    lease = sending.claim(published_world)
    assert lease is not None
    desk = drafting.Desk(settings, settings.secret_key())
    with sending.writes(published_world) as writes, published_world.read() as session:
        first, second = (drafting.drafts(session, desk, lease.token) for _ in range(2))
    assert [draft.message_id for draft in first] == [draft.message_id for draft in second]
    assert writes == []


def test_a_lease_that_nobody_holds_has_no_letters(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    sending.claim(published_world)
    with published_world.read() as session:
        assert drafting.drafts(session, drafting.Desk(settings, b"key"), "nobody") == []


@pytest.mark.parametrize("state", [PromiseState.kept, PromiseState.broken])
def test_a_promise_that_is_no_longer_open_is_not_asked_after(
    published_world: db.Database, settings: config.Settings, state: PromiseState
) -> None:
    at_promise(published_world, world.Bought(promises=("a bell",)))
    sending.change(published_world, Promise, state=state)
    (draft,) = sending.drafted(published_world, settings)
    assert objection(draft) == (Reason.condition_false, "")


def test_promises_of_another_purchase_do_not_count(published_world: db.Database, settings: config.Settings) -> None:
    at_promise(published_world, world.Bought(), world.Bought(email="ben@buyers.example", promises=("a bell",)))
    drafts = {written_to(draft): draft for draft in sending.drafted(published_world, settings)}
    assert objection(drafts["not written"]) == (Reason.condition_false, "")
    assert "I promised you a bell" in written(drafts["ben@buyers.example"]).mail.text


def written_to(draft: drafting.Draft) -> str:
    return draft.letter.mail.to_address if isinstance(draft.letter, drafting.Written) else "not written"


def test_a_letter_that_cannot_be_written_for_one_customer_holds_no_other_up(
    database: db.Database, settings: config.Settings, tmp_path: Path
) -> None:
    """A subject that consists of a name only is empty for somebody without one."""
    shutil.copytree(world.HERE, tmp_path / "house", ignore=shutil.ignore_patterns("__pycache__"))
    subject = tmp_path / "house" / "templates" / "emails" / "hello" / "subject.txt"
    subject.write_text('{{ customer.first_name | default("") }}')
    with database.write() as session:
        publish.publish(session, definition.load(tmp_path / "house" / "config.toml"), by="mia")
    world.set_clock(database, world.START)
    sending.buy(database, world.Bought(first_name=""), world.Bought(email="ben@buyers.example", first_name="Ben"))
    assert len(sending.gated(database, settings)) == 1
    states = {row.state: (row.reason, row.detail) for row in sending.messages(database)}
    assert set(states) == {MessageState.skipped, MessageState.handed}
    reason, detail = states[MessageState.skipped]
    assert (reason, "subject of this letter is empty" in detail) == (Reason.missing_data, True)


def test_a_name_is_never_a_template_nor_markup_nor_a_header(
    published_world: db.Database, settings: config.Settings
) -> None:
    names = ["{{ 7 * 7 }}", "{% for x in y %}", "<script>alert(1)</script>", "Ana\r\nBcc: e@e.example"]
    for index, name in enumerate(names):
        sending.buy(published_world, world.Bought(email=f"b{index}@b.example", first_name=name, product=name))
    mails = [written(draft).mail for draft in sending.drafted(published_world, settings)]
    assert len(mails) == len(names)
    for mail in mails:
        assert "49" not in mail.text.split("\n")[0]
        assert "<script>" not in (mail.html or "")
        assert not {"\r", "\n"} & set(mail.subject + mail.to_name)
