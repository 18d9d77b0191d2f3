"""`drip`: every command, and how each of them fails: one clear line and exit code 1, or 2 for wrong usage."""

import sys

import click

from drip import errors
from drip.cli import (
    campaigns,
    check,
    clock,
    erase,
    explain,
    imports,
    keys,
    processes,
    replies,
    status,
    switches,
    users,
)


class Commands(click.Group):
    """A group whose errors of ours are one line without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except errors.DripError as trouble:
            click.echo(str(trouble), err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Check-ins after the sale: few, personal, well timed, answered by a human."""


for command in (
    processes.up,
    processes.web,
    processes.scheduler,
    processes.worker,
    check.check,
    imports.command,
    campaigns.group,
    status.status,
    status.unknowns,
    explain.command,
    switches.pause,
    switches.resume,
    switches.hold,
    erase.command,
    clock.fast_forward,
    keys.group,
    users.group,
    replies.group,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
