"""FOLLOWING: what each campaign that a customer walks sends next, and what it leaves out before that."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy.orm import Session

from drip.engine.handoffs import upcoming
from drip.engine.telling import clauses, explain, life, sentences
from drip.models.enrollment import EnrollmentState
from drip.models.reasons import Reason

WALKING = (EnrollmentState.active, EnrollmentState.paused)


def of(session: Session, lived: life.Life) -> Iterator[explain.Told]:
    """In the order of steps: those that would be left out as things stand, told so, and the one that would leave. It
    is the one that `resolve.effects` names: its condition, too, is judged before what holds it back."""
    for walk in lived.walks:
        if walk.enrollment.state in WALKING:
            yield from _of_walk(session, walk)


def _of_walk(session: Session, walk: life.Walk) -> Iterator[explain.Told]:
    facts = upcoming.known(session, walk.enrollment)
    names = [told.step for told in walk.steps]
    first = names.index(walk.enrollment.next_step) if walk.enrollment.next_step in names else len(names)
    for step, told in list(zip(walk.campaign.steps, walk.steps, strict=True))[first:]:
        unmet = clauses.unmet(step.when, facts) if step.when else ""
        if not unmet:
            yield told
            return
        yield replace(told, reason=Reason.condition_false, sentence=sentences.left_out(unmet))
