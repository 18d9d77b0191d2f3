"""Mails of which nobody knows: who knows says so; what crossed with a stop is shown."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from drip.engine.people import suppress
from drip.models import system
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.models.user import Role
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.web.conftest import Site
from tests.world import sending


def test_marketing_says_what_became_of_an_unknown_mail(site: Site) -> None:
    _bought(site)
    sending.sent(site.database, site.settings, Outcome(Result.ambiguous, detail="the connection broke off"))
    row = sending.message(site.database)
    rep, person = site.person(Role.rep), site.person(Role.marketing)
    assert "the connection broke off" in rep.get("/unknowns").text
    assert rep.post(f"/unknowns/{row.id}", became="lost").status_code == 403
    assert person.post(f"/unknowns/{row.id}", became="eaten").status_code == 400
    assert person.post(f"/unknowns/{row.id}", became="arrived").status_code == 303
    assert sending.message(site.database).state is MessageState.accepted
    assert "None." in person.get("/unknowns").text


@pytest.mark.parametrize(("settled", "crossed"), [(None, True), (-1, False), (1, True)])
def test_a_check_in_that_was_on_its_way_when_they_stopped_us_is_shown_as_crossed(
    site: Site, settled: int | None, crossed: bool
) -> None:
    customer_id = _bought(site)
    sending.gated(site.database, site.settings)
    with site.database.write() as session:
        suppress.suppress(session, customer_id, suppress.Stop(Reason.unsubscribed), site.settings.secret_key())
        now = system.business_now(session)
        row = session.scalars(select(Message)).one()
        row.handed_at = now - timedelta(minutes=5)
        row.settled_at = now + timedelta(minutes=settled) if settled else None
    assert ("crossed with it in the post" in site.person().get(f"/customers/{customer_id}").text) is crossed


def _bought(site: Site) -> int:
    with site.database.write() as session:
        return world.bought(session).customer_id
