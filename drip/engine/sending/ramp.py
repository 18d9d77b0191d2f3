"""RAMP: a young domain sends little on its first days; what is over waits for the customer's next open day."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from drip.campaigns import calendar, published
from drip.engine.sending import verdict
from drip.engine.sending.gate_writes import Judged
from drip.models import sending_day
from drip.models.reasons import Reason


def limited(session: Session, judged: Sequence[Judged], around: verdict.Surroundings) -> list[Judged]:
    """The same verdicts, with no more passes than the day has room for; its row stays locked until the gate commits,
    so that two gates never use the same room. Costs nothing where no ramp is configured."""
    rules = published.rules(session)
    passes = sum(isinstance(each.verdict, verdict.Pass) for each in judged)
    if not rules.sending.ramp or not passes:
        return list(judged)
    day = calendar.local_date(around.now, rules.zone(None, None))
    room = sending_day.room(session, day, rules.sending.ramp)
    if room is None:
        return list(judged)
    sending_day.count(session, day, min(room, passes))
    return list(_cut(judged, room, around))


def _cut(judged: Sequence[Judged], room: int, around: verdict.Surroundings) -> Iterator[Judged]:
    for each in judged:
        if not isinstance(each.verdict, verdict.Pass):
            yield each
        elif room > 0:
            room -= 1
            yield each
        else:
            tomorrow = calendar.next_day(around.now, around.hours, each.draft.zone, 1)
            yield replace(each, verdict=verdict.PutOff(Reason.ramp, tomorrow))
