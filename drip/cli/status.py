"""`drip status` and `drip unknowns`: how things stand."""

import json
from collections import defaultdict

import click
from rich.console import Console
from rich.table import Table

from drip import errors
from drip.cli import house as houses
from drip.engine.sending import reconcile, said
from drip.engine.telling import overview
from drip.models.system import BreakerState

PROVIDER = {
    BreakerState.closed: "the mail provider answers",
    BreakerState.open: "the mail provider does not answer: nothing leaves until it does",
    BreakerState.probing: "one mail is on its way to see whether the mail provider answers again",
}
LEAST_COLUMNS = 100  # a narrower terminal breaks the lines itself, which loses nothing


@click.command()
@click.option("--json", "as_json", is_flag=True)
def status(as_json: bool) -> None:
    """Processes, counts by state, and how late the oldest due work is."""
    with houses.opened() as (settings, database), database.read() as session:
        seen = overview.look(session, settings.mode)
    if as_json:
        click.echo(json.dumps(seen.as_dict()))
        return
    console = Console(highlight=False)
    console.print(f"{seen.mode}, {seen.state}{f': {seen.reason}' if seen.reason else ''}")
    console.print(f"business time {seen.business_at:%A %Y-%m-%d %H:%M} UTC, {PROVIDER[BreakerState(seen.breaker)]}")
    table = Table("messages", "number", show_header=True)
    for name, number in seen.messages.items():
        table.add_row(name, str(number))
    console.print(table)
    console.print(f"due now: {seen.due}, oldest {seen.lag_seconds:.0f} s late")
    waiting = ", ".join(f"{number} {state}" for state, number in seen.inbound.items() if state != "stored" and number)
    console.print(f"mail that waits for a person: {f'{waiting} (see /unmatched)' if waiting else 'none'}")
    by_role: dict[str, list[int]] = defaultdict(list)
    for role, pid in seen.processes:
        by_role[role].append(pid)
    for role, pids in by_role.items():
        console.print(f"{role}: {', '.join(map(str, pids))}")
    if not by_role:
        console.print("No process is running. Start them with: drip up")


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--arrived", metavar="ID", help="This one did arrive: take it off the list.")
@click.option("--lost", metavar="ID", help="This one did not: take it off the list. It is not sent again by itself.")
def unknowns(as_json: bool, arrived: str | None, lost: str | None) -> None:
    """Mails of which nobody knows whether they arrived."""
    if arrived or lost:
        _say({said.Became.arrived: arrived, said.Became.lost: lost})
        return
    with houses.opened() as (_, database), database.read() as session:
        rows = reconcile.unknowns(session)
    if as_json:
        click.echo(json.dumps([
            {"id": row.id, "to": row.to_address, "step": row.step, "detail": row.detail,
             "handed_at": row.handed_at.isoformat() if row.handed_at else None}
            for row in rows
        ]))  # fmt: skip
        return
    if not rows:
        click.echo("None: of every mail that was handed over we know what became of it.")
        return
    table = Table("message", "to", "step", "handed over or planned (UTC)", "what happened")
    table.columns[0].no_wrap = True  # ids are there to be copied; the other cells fold, and nothing is cut
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(row.id, row.to_address, row.step, f"{row.handed_at or row.planned_at:%Y-%m-%d %H:%M}", row.detail)
    console = Console()
    console.print(table, width=max(console.width, LEAST_COLUMNS))
    click.echo("None of these is sent again by itself. An event of the provider or a reply will settle each.")


def _say(told: dict[said.Became, str | None]) -> None:
    with houses.opened() as (_, database), database.write() as session:
        for became, message_id in told.items():
            if message_id and not said.say(session, message_id, became, "command line"):
                raise errors.DripError(f"{message_id} is none of the unknown mails. See: drip unknowns")
    click.echo("Written down.")
