"""One call's purchases, folded one on top of the other in memory and then written at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.purchases import compare, intake_effects, intake_people, intake_rows
from drip.engine.purchases.compare import Bought, Outcome, Status
from drip.engine.purchases.intake_people import Met, Person
from drip.engine.purchases.intake_rows import Call
from drip.engine.purchases.purchase_in import PurchaseIn
from drip.models import purchase
from drip.models.purchase import SourceKey


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was known before, and (these change while rows are folded) what is known now."""

    rules: published.Rules
    now: datetime
    met: dict[str, Person]
    before: dict[SourceKey, Bought]
    ids: dict[SourceKey, int]
    newest: dict[int, datetime]
    people: dict[str, Person]
    kept: dict[SourceKey, Bought]
    regulars: frozenset[int]
    reps: frozenset[str]


def opened(session: Session, taken: Sequence[PurchaseIn], met: Met, call: Call) -> Ledger:
    """Read what we know of the purchases of customers who have been met, and so are locked; of strangers there is
    nothing."""
    people = {came.customer.email: met.people[came.customer.email] for came in taken}
    known = {came.key for came in taken if people[came.customer.email].id not in met.strangers}
    before, ids = intake_rows.kept(session, known)
    newest = purchase.newest_at(session, {person.id for person in people.values()} - met.strangers)
    times = Counter(came.customer.email for came in taken)
    regulars = frozenset(newest) | {people[email].id for email, count in times.items() if count > 1}
    return Ledger(call.rules, call.now, people, before, ids, newest, dict(people), dict(before), regulars, call.reps)


def fold(ledger: Ledger, came: PurchaseIn) -> Outcome:
    """One row on top of all before it."""
    known = ledger.people[came.customer.email]
    person = intake_people.learn(known, came.customer, is_newest=_is_newest(ledger, known.id, came))
    bought = intake_rows.bought(came, person.id, person.zone(ledger.rules), ledger.now)
    outcome = _judged(ledger.kept.get(came.key), bought)
    if not outcome.is_heard:
        return outcome
    ledger.people[person.email] = person
    ledger.kept[came.key] = outcome.kept
    at = outcome.kept.purchased_at
    ledger.newest[person.id] = max(at, ledger.newest.get(person.id, at))
    is_news = outcome.status is Status.unchanged and person != known
    return outcome._replace(status=Status.updated) if is_news else outcome


def write(session: Session, ledger: Ledger, beside: Mapping[SourceKey, Bought]) -> None:
    """Write customers and purchases, and new ones `beside` them, so that all that are new are written in one order.
    Those that somebody wrote for another customer a moment before us have no id afterwards."""
    intake_people.write(session, [ledger.people[email] for email in _learned(ledger)])
    new = {**{key: bought for key, bought in ledger.kept.items() if key not in ledger.before}, **beside}
    ledger.ids.update(intake_rows.create(session, new, ledger.now))
    for key in new.keys() - ledger.ids.keys():
        ledger.kept.pop(key, None)
    for is_news in (True, False):
        rows = {ledger.ids[key]: ledger.kept[key] for key in _changed(ledger, is_news=is_news)}
        intake_rows.change(session, rows, ledger.now, is_news=is_news)
    first = {ledger.ids[key]: each.promises for key, each in new.items() if each.promises and key in ledger.ids}
    intake_rows.promise_first(session, first, ledger.now)
    intake_rows.promise(session, _promises(ledger), ledger.now)


def changes(ledger: Ledger) -> intake_effects.Changes:
    """Everything that is not as it was."""
    people = {person.id: person for person in ledger.people.values()}
    purchases = tuple(
        intake_effects.Change(ledger.ids[key], ledger.before.get(key), bought, people[bought.customer_id])
        for key, bought in ledger.kept.items()
        if ledger.before.get(key) != bought
    )
    learned = tuple((ledger.met[email], ledger.people[email]) for email in _learned(ledger))
    return intake_effects.Changes(ledger.rules, ledger.now, purchases, learned, ledger.regulars, ledger.reps)


def _judged(kept: Bought | None, came: Bought) -> Outcome:
    if kept is None:
        return Outcome(Status.created, came)
    return compare.compare(kept, came)


def _is_newest(ledger: Ledger, customer_id: int, came: PurchaseIn) -> bool:
    newest, at = ledger.newest.get(customer_id), came.purchased_at
    if newest is None:
        return True
    return at >= newest if at.tzinfo else at.replace(tzinfo=UTC) >= newest or compare.shows(newest, at)


def _learned(ledger: Ledger) -> list[str]:
    return [email for email, person in ledger.met.items() if ledger.people[email] != person]


def _changed(ledger: Ledger, *, is_news: bool) -> list[SourceKey]:
    """Known purchases that differ; without news, in nothing but the source's own stamp."""
    found = []
    for key, before in ledger.before.items():
        kept = ledger.kept[key]
        if kept != before:
            stamped = before._replace(source_updated_at=kept.source_updated_at)
            found += [key] if (stamped != kept) is is_news else []
    return found


def _promises(ledger: Ledger) -> dict[int, dict[str, date | None]]:
    """Of purchases that we knew: promises that are new, or whose date is."""
    told = {}
    for key, before in ledger.before.items():
        known, promises = before.promises, ledger.kept[key].promises
        if promises != known:
            told[ledger.ids[key]] = {text: due for text, due in promises.items() if (text, due) not in known.items()}
    return told
