"""Options that more than one command has."""

import click

from drip.engine.sending import catch_up

missed = click.option(
    "--missed",
    type=click.Choice([*catch_up.Missed]),
    default=catch_up.Missed.skip.value,
    show_default=True,
    help="Check-ins whose day went by: leave them out, send only the latest, or shift all by the pause.",
)
