"""The kill switch: `drip pause`, `drip resume`, `drip hold release`."""

import click

from drip.cli import house as houses
from drip.engine.sending import stop_all

BY = "command line"


@click.command()
@click.option("--reason", default="paused by hand", help="What people will read on every page.")
def pause(reason: str) -> None:
    """Stop all mail, at once."""
    with houses.opened() as (_, database), database.write() as session:
        stop_all.pause(session, BY, reason)
    click.echo("Nothing leaves any more. Go on with: drip resume")


@click.command()
def resume() -> None:
    """Let mail leave again."""
    with houses.opened() as (_, database), database.write() as session:
        stop_all.resume(session, BY)
    click.echo("Mail may leave again. What expired meanwhile stays unsent.")


@click.group()
def hold() -> None:
    """HOLD: what a restored or copied database starts in."""


@hold.command("release")
@click.option("--reason", prompt="What happened to the database", help="Kept in the audit log.")
def release(reason: str) -> None:
    """Say what happened; the system stays paused until `drip resume`."""
    with houses.opened() as (_, database), database.write() as session:
        released = stop_all.release_hold(session, BY, reason)
    said = "Released. Look at `drip status`, then go on with: drip resume"
    click.echo(said if released else "The system was not in HOLD; nothing was changed. See: drip status")
