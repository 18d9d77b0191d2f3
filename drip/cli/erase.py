"""`drip erase`: forget who somebody was."""

import click

from drip.cli import house as houses
from drip.engine.people import erase

BY = "command line"


@click.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(email: str, yes: bool) -> None:
    """Forget everything about EMAIL, and never write to it again. This cannot be undone.

    Names, addresses, the text of all mails and answers go. Dates, states, order numbers and a hash of the address stay.
    """
    if not yes:
        click.confirm(f"Forget everything about {email}? This cannot be undone", abort=True)
    with houses.opened() as (settings, database):
        key = settings.secret_key()
        gone = database.carry_through(lambda session: erase.erase(session, email, key, BY))
    if not gone.is_something:
        click.echo(f"There is nothing about {email} here, or not any more.")
        return
    mails = "1 mail" if gone.mails == 1 else f"{gone.mails} mails"
    click.echo(f"Forgotten: {mails} to them, {gone.letters} of theirs. They are never written to again.")
    click.echo("Backups, files that you imported and the mail provider still know them: see docs/erasure.md.")
