"""What must hold in the model after every step, and the search through all of it: `python -m tests.faults.model`."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import click

from tests.faults import model_arrows, model_table
from tests.faults.model_arrows import Arrow
from tests.faults.model_table import State, Step

Breach = Callable[[State, Step], str]
MISTAKES = ("mark handed after the request", "retry on timeout", "rescue of handed rows", "resend after silence",
            "stop checked at claim only", "cap outside the gate")  # fmt: skip


def twice(_before: State, step: Step) -> str:
    """Never twice: what all the rest is there for."""
    many = any(mail.accepted > 1 for mail in step.after.mails)
    return "The provider has accepted two requests with one id." if many else ""


def crossed(before: State, step: Step) -> str:
    """A stop that committed before the gate stops the mail."""
    late = before.stop != "none" and any(
        new.state == "handed" != old.state and old.kind == "check_in"
        for old, new in zip(before.mails, step.after.mails, strict=True)
    )
    return f"A check-in was handed while the customer was {before.stop}." if late else ""


def too_many(_before: State, step: Step) -> str:
    """One check-in a day; what is in doubt counts."""
    out = sum(mail.kind == "check_in" and mail.state in model_table.OUT for mail in step.after.mails)
    return "Two check-ins are out on one day." if out > 1 else ""


def strange(before: State, step: Step) -> str:
    """Only the arrows of the table, and put back only with proof that nothing left."""
    for at, (old, new) in enumerate(zip(before.mails, step.after.mails, strict=True)):
        if old.state != new.state and Arrow(old.state, new.state, step.why) not in model_table.ALLOWED:
            return f"No arrow leads from {old.state} to {new.state} by “{step.why}”."
        on_its_way = new.accepted or any(mail == at for mail, _ in step.after.network)
        if old.state == "handed" and new.state in ("queued", "cancelled", "failed") and on_its_way:
            return "A message was put back or given up while a request for it was on its way or accepted."
        if new.state == "accepted" and not new.accepted:
            return "The message counts as accepted and nobody has it."
    return ""


def any_breach(before: State, step: Step) -> str:
    """All of them."""
    return twice(before, step) or crossed(before, step) or too_many(before, step) or strange(before, step)


def is_settled(now: State) -> bool:
    """Where a path may end."""
    return all(mail.state in model_table.TERMINAL or mail.state == "ambiguous" for mail in now.mails)


@dataclass(frozen=True)
class Found:
    """How much was looked at, which arrows were taken, and the shortest story of a breach, empty if there is none."""

    states: int
    steps: int
    depth: int
    taken: frozenset[Arrow]
    story: tuple[str, ...]


def explore(begin: State, breach: Breach = any_breach, broken: frozenset[str] = model_table.NOTHING) -> Found:
    """Every state that can be reached, breadth first; each must have a way on to a settled one."""
    came: dict[State, tuple[State, str] | None] = {begin: None}
    back: dict[State, list[State]] = defaultdict(list)
    taken: set[Arrow] = set()
    level, depth, walked = [begin], 0, 0
    while level:
        onward: list[State] = []
        for now in level:
            for step in model_table.steps(now, broken):
                walked += 1
                back[step.after].append(now)
                if step.why in _WHYS:
                    taken.add(Arrow(now.mails[step.mail].state, step.after.mails[step.mail].state, step.why))
                if wrong := breach(now, step):
                    story = (*_story(came, now), _line(step.said, step.after), f"BREACH: {wrong}")
                    return Found(len(came), walked, depth, frozenset(taken), story)
                if step.after not in came:
                    came[step.after] = (now, step.said)
                    onward.append(step.after)
        level, depth = onward, depth + 1
    return Found(len(came), walked, depth, frozenset(taken), _stuck(came, back) if breach is any_breach else ())


_WHYS = frozenset(arrow.why for arrow in model_arrows.ARROWS)


def _stuck(came: dict[State, tuple[State, str] | None], back: dict[State, list[State]]) -> tuple[str, ...]:
    able = _able(came, back)
    stuck = next((state for state in came if state not in able), None)
    return () if stuck is None else (*_story(came, stuck), "BREACH: from here nothing can ever be settled.")


def _able(states: Iterable[State], back: dict[State, list[State]]) -> set[State]:
    """States from which a settled one can be reached."""
    able = {state for state in states if is_settled(state)}
    todo = list(able)
    while todo:
        for before in back[todo.pop()]:
            if before not in able:
                able.add(before)
                todo.append(before)
    return able


def _story(came: dict[State, tuple[State, str] | None], end: State) -> tuple[str, ...]:
    told: list[str] = []
    origin = came[end]
    while origin is not None:
        told.append(_line(origin[1], end))
        end, origin = origin[0], came[origin[0]]
    return tuple(reversed(told))


def _line(said: str, after: State) -> str:
    return f"{said:<56} {', '.join(mail.state for mail in after.mails)}"


@click.command()
@click.option("--senders", default=2, show_default=True)
@click.option("--mails", default=1, show_default=True, help="Check-ins that one customer is due today.")
@click.option("--broken", type=click.Choice(MISTAKES), multiple=True, help="Build a known mistake in.")
@click.option("--json", "for_machines", is_flag=True, help="Figures for machines.")
def main(senders: int, mails: int, broken: tuple[str, ...], for_machines: bool) -> None:
    """Explore every order of everything; exit 1 with the shortest list of steps to a breach."""
    began = time.monotonic()
    found = explore(model_table.begin(senders, mails), broken=frozenset(broken))
    seconds = time.monotonic() - began
    if for_machines:
        figures = {"senders": senders, "mails": mails, "states": found.states, "steps": found.steps}
        click.echo(
            json.dumps(figures | {"depth": found.depth, "breaches": ["; ".join(found.story)][: len(found.story)]})
        )
    click.echo(f"{found.states:,} states, {found.steps:,} steps, {found.depth} deep, {seconds:.1f} s")
    for line in found.story:
        click.echo(line)
    raise SystemExit(1 if found.story else 0)


if __name__ == "__main__":
    main()
