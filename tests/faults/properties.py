"""F4: whatever people do in whatever order, one enrollment never gets one step twice, nor one customer two on a day.

`python -m tests.faults.properties --examples 2000` is the long form of tests/faults/test_properties.py.
"""

import json
import logging
import shutil
import tempfile
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import click
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from drip import db, schema
from drip.campaigns import definition, publish
from drip.engine.purchases import intake, purchase_in
from drip.engine.sending import catch_up, gate, pause, stop_all
from drip.models import system
from drip.models.message import Message, MessageKind
from drip.models.system import Breaker, BreakerState
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.faults import simulation_house
from tests.world import sending

KEY = b"a secret of the tests"
OUT = {Result.accepted, Result.ambiguous}
BUYERS = 3
EACH = 20  # stories of one seed
buyers = st.integers(0, BUYERS - 1)
orders = st.sampled_from(("bike1", "bike2", "helmet1", "helmet2"))
moves = st.sampled_from((-20, -6, -1, 0, 1, 3, 12))
outcomes = st.sampled_from((Result.accepted,) * 3 + tuple(Result))


class Months(RuleBasedStateMachine):
    """A shop, marketing and a provider, over some months; sends are real gates with made-up answers."""

    taken: ClassVar[int] = 0  # steps, in all stories

    def __init__(self) -> None:
        super().__init__()
        logging.getLogger("drip").setLevel(logging.CRITICAL)
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        shutil.copy(_template(), self.folder / "drip.db")
        self.database = db.Database(f"sqlite:///{self.folder / 'drip.db'}")
        self.settings = world.settings(self.folder, str(self.database.url))
        self.sent: Counter[tuple[int | None, str | None]] = Counter()
        self.days: Counter[tuple[int | None, date | None]] = Counter()
        self.bought_at: dict[tuple[int, str], str] = {}

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @rule(who=buyers, order=orders, moved=moves, status=st.sampled_from(("paid", "paid", "paid", "refunded")))
    def the_shop_tells_of_an_order(self, who: int, order: str, moved: int, status: str) -> None:
        """New, known, corrected, refunded or revived, with a handover on another day than it was."""
        with self.database.write() as session:
            now = system.business_now(session)
            bought_at = self.bought_at.setdefault((who, order), now.isoformat())
            delivered_at = (now + timedelta(days=moved)).isoformat() if moved else None
            told = simulation_house.bought(who, f"{order}of{who}", now, status=status, delivered_at=delivered_at,
                                           purchased_at=bought_at)  # fmt: skip
            intake.record(session, [told], key=KEY)

    @rule(who=buyers, zone=st.sampled_from(("Asia/Tokyo", "Europe/London", "America/Los_Angeles")))
    def a_customer_moves(self, who: int, zone: str) -> None:
        known = next((key for key in self.bought_at if key[0] == who), None)
        if known is not None:
            told = {
                "source": "shop",
                "external_id": f"{known[1]}of{who}",
                "purchased_at": self.bought_at[known],
                "product": {"name": "Quay 3"},
                "customer": {"email": simulation_house.email(who), "timezone": zone},
            }
            with self.database.write() as session:
                intake.record(session, [purchase_in.parse(told)], key=KEY)

    @rule(campaign=st.sampled_from(("ride", "care")))
    def marketing_pauses(self, campaign: str) -> None:
        with self.database.write() as session:
            pause.pause_campaign(session, campaign, by="tests")

    @rule(campaign=st.sampled_from(("ride", "care")), missed=st.sampled_from(tuple(catch_up.Missed)))
    def marketing_resumes(self, campaign: str, missed: catch_up.Missed) -> None:
        with self.database.write() as session:
            pause.resume_campaign(session, campaign, missed, by="tests")

    @rule(campaign=st.sampled_from(("ride", "care")), hours=st.sampled_from((1, 30, 80)), outcome=outcomes,
          missed=st.sampled_from(tuple(catch_up.Missed)))  # fmt: skip
    def marketing_takes_a_break(self, campaign: str, hours: int, outcome: Result, missed: catch_up.Missed) -> None:
        """Right after something was sent or came back."""
        self._send(Outcome(outcome))
        self.marketing_pauses(campaign)
        with self.database.write() as session:
            system.move_clock(session, timedelta(hours=hours))
        self.marketing_resumes(campaign, missed)
        self._send(Outcome(Result.accepted))

    @rule(edition=st.integers(0, 5))
    def marketing_edits(self, edition: int) -> None:
        with self.database.write() as session:
            publish.publish(session, _edition(edition), by="tests")

    @rule(hours=st.sampled_from((1, 7, 24, 30, 72, 200)), outcome=outcomes)
    def time_passes_and_what_is_due_is_sent(self, hours: int, outcome: Result) -> None:
        with self.database.write() as session:
            system.move_clock(session, timedelta(hours=hours))
        self._send(Outcome(outcome))

    @rule(outcome=outcomes, outcome_of_old=outcomes)
    def two_workers_have_the_same_letters(self, outcome: Result, outcome_of_old: Result) -> None:
        """The lease of the first lapses, the second claims, and the first wakes up again."""
        old = sending.drafted(self.database, self.settings)
        sending.lapse(self.database)
        self._send(Outcome(outcome))
        self._settle(sending.gated(self.database, self.settings, old), Outcome(outcome_of_old))

    def _send(self, outcome: Outcome) -> None:
        self._settle(sending.gated(self.database, self.settings), outcome)

    def _settle(self, handed: list[gate.Handed], outcome: Outcome) -> None:
        if outcome.result in OUT:
            ids = [each.message_id for each in handed]
            with self.database.read() as session:
                columns = (Message.enrollment_id, Message.step, Message.customer_id, Message.contact_day)
                for row in session.execute(select(*columns).where(Message.id.in_(ids))):
                    self.sent[row.enrollment_id, row.step] += 1
                    self.days[row.customer_id, row.contact_day] += 1
        sending.settled(self.database, handed, outcome)
        self._wait_for_the_provider()

    def _wait_for_the_provider(self) -> None:
        """What the breaker and a refused key hold back for minutes of real time is another story."""
        calm = {"state": BreakerState.closed, "streak": 0, "retry_at": None, "busy_until": None}
        sending.change(self.database, Breaker, **calm, window_results=0, window_ambiguous=0)
        with self.database.write() as session:
            stop_all.resume(session, by="tests")

    @invariant()
    def no_step_is_sent_twice(self) -> None:
        Months.taken += 1
        twice = [step for step, count in self.sent.items() if count > 1]
        assert not twice, f"sent twice: {twice}"

    @invariant()
    def nobody_gets_two_on_a_day(self) -> None:
        twice = [day for day, count in self.days.items() if count > 1]
        assert not twice, f"two on a day: {twice}"

    @invariant()
    def a_step_has_one_row(self) -> None:
        with self.database.read() as session:
            rows = select(Message.enrollment_id, Message.step, func.count()).where(Message.kind == MessageKind.check_in)
            many = rows.group_by(Message.enrollment_id, Message.step).having(func.count() > 1)
            twice = [tuple(row) for row in session.execute(many)]
        assert not twice, f"a step has several rows: {twice}"


_templates: list[tempfile.TemporaryDirectory[str]] = []
_editions: dict[int, definition.House] = {}


def _template() -> Path:
    """A migrated and published file, made once a process."""
    if not _templates:
        _templates.append(tempfile.TemporaryDirectory())
        database = db.Database(f"sqlite:///{_templates[0].name}/drip.db")
        schema.upgrade(database)
        with database.write() as session:
            publish.publish(session, _edition(0), by="tests")
        world.set_clock(database, world.START)
        database.close()
    return Path(_templates[0].name) / "drip.db"


def _edition(number: int) -> definition.House:
    if number not in _editions:
        with tempfile.TemporaryDirectory() as folder:
            _editions[number] = simulation_house.published(Path(folder), number)
    return _editions[number]


def play(examples: int, steps: int, *, seeded: int | None = None) -> None:
    """So many stories of so many steps; raises with the shortest one that breaks a promise, or where they are seeded,
    and so always the same, with the first."""
    phases = tuple(Phase) if seeded is None else (Phase.generate,)
    if seeded is not None:
        seed(seeded)(Months)
    run_state_machine_as_test(
        Months,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None, phases=phases,
                          database=None, suppress_health_check=list(HealthCheck)),
    )  # fmt: skip


@click.command()
@click.option("--examples", default=500, show_default=True)
@click.option("--steps", default=40, show_default=True)
@click.option("--minutes", type=float, help="Instead of a number of stories: for so long, seed after seed.")
@click.option("--seed", "first", default=1, show_default=True)
@click.option("--json", "for_machines", is_flag=True, help="Figures for machines.")
def main(examples: int, steps: int, minutes: float | None, first: int, for_machines: bool) -> None:
    """Play; a story that breaks a promise is printed as a program."""
    if minutes is None:
        play(examples, steps)
        click.echo(f"{examples} stories of up to {steps} steps: no step twice, no day twice.")
        return
    figures = _for(minutes, steps, first)
    click.echo(json.dumps(figures) if for_machines else str(figures))
    raise SystemExit(1 if figures["breaches"] else 0)


def _for(minutes: float, steps: int, first: int) -> dict[str, Any]:
    """Stories of one seed after the other until the time is up."""
    end, number, broken = time.monotonic() + 60 * minutes, first, list[str]()
    Months.taken = 0
    while time.monotonic() < end and not broken:
        try:
            play(EACH, steps, seeded=number)
        except AssertionError as trouble:
            broken.append(f"stories of seed {number}: {str(trouble).splitlines()[0]}")
        number += 1
    return {"stories": (number - first) * EACH, "steps": Months.taken, "longest": steps, "last_seed": number - 1,
            "breaches": broken}  # fmt: skip


if __name__ == "__main__":
    main()
