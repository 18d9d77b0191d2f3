"""The kill switch: `drip pause`, `drip resume`, `drip hold release`."""

import click

from drip.cli import choices
from drip.cli import house as houses
from drip.engine.sending import catch_up, restored, stop_all
from drip.models import system

BY = "command line"
STANDS = {system.SystemState.paused: "paused", system.SystemState.hold: "in HOLD"}


@click.command()
@click.option("--reason", default="paused by hand", help="What people will read on every page.")
def pause(reason: str) -> None:
    """Stop all mail, at once."""
    with houses.opened() as (_, database), database.write() as session:
        was_running = stop_all.pause(session, BY, reason)
        now = system.now(session).state
    said = "Nothing leaves any more" if was_running else f"The system is {STANDS[now]} already; nothing leaves"
    click.echo(f"{said}. Go on with: {'drip hold release' if now is system.SystemState.hold else 'drip resume'}")


@click.command()
@choices.missed
def resume(missed: str) -> None:
    """Let mail leave again."""
    with houses.opened() as (_, database), database.write() as session:
        resumed = stop_all.resume(session, BY, catch_up.Missed(missed))
    click.echo(f"Mail may leave again. {resumed.sentence}" if resumed.was_paused else resumed.sentence)


@click.group()
def hold() -> None:
    """HOLD: what a restored or copied database starts in."""


@hold.command("release")
@click.option("--moved", is_flag=True, help="Nothing is missing, and no other copy of this database sends.")
@click.option("--reason", default="", help="Kept in the audit log.")
def release(moved: bool, reason: str) -> None:
    """Say what happened to the database: without --moved, that it is older than what was sent. Then what was due until
    now is listed as unknown, and not sent. The system stays paused until `drip resume`. See docs/restore.md."""
    happened = restored.Happened.moved if moved else restored.Happened.restored
    with houses.opened() as (_, database), database.write() as session:
        doubted = restored.release(session, BY, happened, reason)
    if doubted is None:
        click.echo("The system was not in HOLD; nothing was changed. See: drip status")
        return
    what = "1 check-in" if doubted == 1 else f"{doubted} check-ins"
    unknown = f" {what} may have left already, listed by: drip unknowns." if doubted else ""
    click.echo(f"Released.{unknown} Look at `drip status`, then go on with: drip resume")
