"""Whose conversation it is."""

from drip import db
from drip.engine.handoffs import responsible
from drip.models.customer import Customer
from drip.models.purchase import Purchase
from drip.models.rep import Rep
from tests.engine.purchases.arriving import came, days_ago, record
from tests.world import sending


def test_a_rep_who_joins_later_has_what_the_shop_said_is_theirs(published_world: db.Database) -> None:
    [done] = record(published_world, came(rep_email="new@quay.example"))
    assert done.detail == "new@quay.example is not one of our reps; the first one stands in."
    assert sold_by(published_world, done.customer_id) == "Rita Moss"
    with published_world.write() as session:
        session.add(Rep(email="new@quay.example", name="Nils Ny", timezone="UTC", position=9))
    assert sold_by(published_world, done.customer_id) == "Nils Ny"


def sold_by(database: db.Database, customer_id: int | None, message_id: str | None = None) -> str:
    with database.read() as session:
        return responsible.of(session, session.get_one(Customer, customer_id), message_id).name


def test_where_we_do_not_have_whom_a_purchase_names_it_is_whoever_sold_the_newest(published_world: db.Database) -> None:
    sending.buy(published_world)
    sending.claim(published_world)
    sending.change(published_world, Purchase, rep_email="gone@quay.example")
    [newer] = record(published_world, came("A2", purchased_at=days_ago(0.1), rep_email="otto@quay.example"))
    answered = sending.message(published_world).id
    assert sold_by(published_world, newer.customer_id, answered) == "Otto Lind"
