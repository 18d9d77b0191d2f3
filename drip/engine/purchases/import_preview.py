"""PREVIEW: what an import would do, and on which days its check-ins would leave. Writes nothing, locks nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from drip import db
from drip.campaigns import calendar, published
from drip.engine.purchases import enroll, import_forecast, import_orders, imports, intake, intake_people
from drip.engine.purchases.compare import Status
from drip.engine.purchases.import_forecast import Buyer, Scene
from drip.engine.purchases.import_orders import Order
from drip.engine.purchases.intake_people import Person
from drip.engine.purchases.purchase_in import CustomerIn, PurchaseIn
from drip.models import customer, purchase, system
from drip.providers.sheets import lines

KNOWN = "known"  # beside compare.Status: here already, perhaps with news


@dataclass(frozen=True, slots=True)
class Preview:
    """`summary.purchases` counts created, known, conflict and rejected; `summary.enrolled` the new walks by campaign;
    `days` the check-ins that this file alone would bring, by the customers' own dates."""

    summary: imports.Summary
    today: date
    days: Counter[date] = field(default_factory=Counter)


def preview(database: db.Database, source: imports.Source, *, key: bytes, progress: Callable[[int], None]) -> Preview:
    """Rehearse an import against what is known now. Raises SheetError and NothingPublishedError."""
    sheet = lines.opened(source.path, source.name, source.date_format)
    summary = imports.Summary(note=sheet.table.note, unused=sheet.layout.unused)
    buyers: dict[str, Buyer] = {}
    with database.read() as session, imports.unhurried_collector():
        rules, now = published.rules(session), system.business_now(session)
        scene = Scene(rules, tuple(enroll.newest_versions(session)), now, summary)
        for batch in imports.batches(sheet, imports.ALONE.orders):
            imports.count(summary, batch)
            _meet(session, scene, batch.orders, buyers)
            progress(batch.position)
        days = import_forecast.days(session, scene, list(buyers.values()), key)
    progress(sheet.table.size)
    return Preview(summary, calendar.local_date(now, rules.zone(None, None)), days)


def _meet(session: Session, scene: Scene, orders: Sequence[Order], buyers: dict[str, Buyer]) -> None:
    """Sort out what is refused and what is known; keep what would be new with its buyer."""
    came = [order.purchase for order in orders]
    _remember(session, [each.customer for each in came if each.customer.email not in buyers], buyers)
    known = purchase.owners(session, {each.key for each in came}).keys()
    for order, refused in zip(orders, intake.refusals(session, came, scene.now), strict=True):
        if refused:
            scene.summary.purchases[refused.status] += 1
            imports.refuse(scene.summary, None, import_orders.Bad(order.row, refused.detail))
        else:
            is_known = order.purchase.key in known
            scene.summary.purchases[KNOWN if is_known else Status.created] += 1
            _hear(buyers[order.purchase.customer.email], order.purchase, is_known=is_known)


def _remember(session: Session, customers: Sequence[CustomerIn], buyers: dict[str, Buyer]) -> None:
    rows = customer.by_email(session, {each.email for each in customers})
    known = {row["email"]: Person(**row) for row in rows}
    newest = purchase.newest_at(session, [person.id for person in known.values()])
    for each in customers:
        person = known.get(each.email) or Person(import_forecast.NOBODY, each.email, "", "", None, None, None)
        buyers.setdefault(each.email, Buyer(person, newest.get(person.id), {}))


def _hear(buyer: Buyer, came: PurchaseIn, *, is_known: bool) -> None:
    """As intake learns: what is blank is filled in, what is known changes with the newest purchase."""
    at: datetime = came.purchased_at if came.purchased_at.tzinfo else came.purchased_at.replace(tzinfo=UTC)
    is_newest = buyer.newest is None or at >= buyer.newest
    buyer.person = intake_people.learn(buyer.person, came.customer, is_newest=is_newest)
    buyer.newest = at if is_newest else buyer.newest
    if not is_known:
        buyer.bought.setdefault(came.key, came)
