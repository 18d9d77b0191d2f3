"""PREVIEW: what an import would do, and on which days its check-ins would leave. Writes nothing, locks nothing."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from drip import db
from drip.campaigns import calendar, published
from drip.engine.purchases import (
    enroll,
    import_forecast,
    import_orders,
    import_reach,
    imports,
    intake,
    intake_effects,
    intake_people,
    intake_rows,
)
from drip.engine.purchases.compare import Status
from drip.engine.purchases.import_forecast import Buyer, Scene
from drip.engine.purchases.import_orders import Order
from drip.engine.purchases.intake_people import Person
from drip.engine.purchases.purchase_in import PurchaseIn
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
    days = Counter[date]()
    with database.read() as session, imports.unhurried_collector():
        rules, now = published.rules(session), system.business_now(session)
        scene = Scene(rules, tuple(enroll.newest_versions(session)), now, summary)
        present = Present(import_reach.last_rows(sheet, lambda: progress(0)))
        for batch in imports.batches(sheet, imports.ALONE.orders):
            imports.count(summary, batch)
            _meet(session, scene, batch.orders, present)
            days += import_forecast.days(session, scene, present.gone_by(batch.orders), key)
            progress(batch.position)
        days += import_forecast.days(session, scene, list(present.buyers.values()), key)
    progress(sheet.table.size)
    return Preview(summary, calendar.local_date(now, rules.zone(None, None)), days)


@dataclass(slots=True)
class Present:
    """Buyers of whom more may come; `leaving` are the rows in which they come last, as a heap."""

    last_rows: Sequence[int]
    buyers: dict[str, Buyer] = field(default_factory=dict)
    leaving: list[tuple[int, str]] = field(default_factory=list)

    def meet(self, email: str, buyer: Buyer, row: int) -> None:
        self.buyers[email] = buyer
        last = self.last_rows[row] if row < len(self.last_rows) else row  # the file has grown since
        heapq.heappush(self.leaving, (last, email))

    def gone_by(self, orders: Sequence[Order]) -> list[Buyer]:
        """Those of whom nothing more can come, once these orders have: orders come by their first rows."""
        row, gone = orders[-1].row.number if orders else 0, []
        while self.leaving and self.leaving[0][0] <= row:
            gone.append(self.buyers.pop(heapq.heappop(self.leaving)[1]))
        return gone


def _meet(session: Session, scene: Scene, orders: Sequence[Order], present: Present) -> None:
    """Sort out what is refused and what is known; keep what would be new with its buyer."""
    came = [order.purchase for order in orders]
    _remember(session, orders, present)
    known = purchase.owners(session, {each.key for each in came}).keys()
    ours = intake_rows.our_reps(session, {each.rep_email for each in came})
    for order, refused in zip(orders, intake.refusals(session, came, scene.now), strict=True):
        if refused:
            scene.summary.purchases[refused.status] += 1
            imports.refuse(scene.summary, None, import_orders.Bad(order.row, refused.detail))
        else:
            is_known = order.purchase.key in known
            scene.summary.purchases[KNOWN if is_known else Status.created] += 1
            scene.summary.notes.update(() if is_known else _signed_by_another(order, ours))
            _hear(present.buyers[order.purchase.customer.email], order.purchase, is_known=is_known)


def _signed_by_another(order: Order, ours: frozenset[str]) -> Iterator[str]:
    rep = order.purchase.rep_email
    if order.note:
        yield order.note
    if rep and rep not in ours:
        yield intake_effects.not_our_rep(rep)


def _remember(session: Session, orders: Sequence[Order], present: Present) -> None:
    """Meet the buyers who are new here, with what is known of them."""
    first = {order.purchase.customer.email: order.row.number for order in reversed(orders)}
    new = {email: row for email, row in first.items() if email not in present.buyers}
    known = {row["email"]: Person(**row) for row in customer.by_email(session, new)}
    newest = purchase.newest_at(session, [person.id for person in known.values()])
    for email, row in new.items():
        person = known.get(email) or Person(import_forecast.NOBODY, email, "", "", None, None, None)
        present.meet(email, Buyer(person, newest.get(person.id), {}), row)


def _hear(buyer: Buyer, came: PurchaseIn, *, is_known: bool) -> None:
    """As intake learns: what is blank is filled in, what is known changes with the newest purchase."""
    at: datetime = came.purchased_at if came.purchased_at.tzinfo else came.purchased_at.replace(tzinfo=UTC)
    is_newest = buyer.newest is None or at >= buyer.newest
    buyer.person = intake_people.learn(buyer.person, came.customer, is_newest=is_newest)
    buyer.newest = at if is_newest else buyer.newest
    if not is_known:
        buyer.bought.setdefault(came.key, came)
