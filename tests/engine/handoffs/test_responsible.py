"""Whose conversation it is."""

from drip import db
from drip.engine.handoffs import responsible
from drip.models.customer import Customer
from drip.models.rep import Rep
from tests.engine.purchases.arriving import came, record


def test_a_rep_who_joins_later_has_what_the_shop_said_is_theirs(published_world: db.Database) -> None:
    [done] = record(published_world, came(rep_email="new@quay.example"))
    assert done.detail == "new@quay.example is not one of our reps; the first one stands in."
    assert sold_by(published_world, done.customer_id) == "Rita Moss"
    with published_world.write() as session:
        session.add(Rep(email="new@quay.example", name="Nils Ny", timezone="UTC", position=9))
    assert sold_by(published_world, done.customer_id) == "Nils Ny"


def sold_by(database: db.Database, customer_id: int | None) -> str:
    with database.read() as session:
        return responsible.of(session, session.get_one(Customer, customer_id), None).name
