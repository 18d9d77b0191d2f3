"""Commands that become a process: `up`, `web`, `scheduler`, `worker`."""

import os
import sys

import click

from drip import queues


@click.command()
@click.option("--empty", is_flag=True, help="Do not load the example into an empty database.")
@click.option("--no-sandbox", is_flag=True, help="Do not start the local SendGrid.")
def up(empty: bool, no_sandbox: bool) -> None:
    """Start everything on this machine under one supervisor."""
    _become("workers.supervisor", *["--empty"] * empty, *["--no-sandbox"] * no_sandbox)


@click.command()
def web() -> None:
    """Serve the pages, the API and the webhooks."""
    _become("workers.web")


@click.command()
def scheduler() -> None:
    """Claim what is due and ring for workers; run as many as you like."""
    _become("workers.scheduler")


@click.command()
@click.option("--queue", type=click.Choice([*queues.JOBS]), required=True, help="The one queue that it serves.")
@click.option("--core", type=int, help="Stay on this core: a busy send worker sends ten to twenty percent more.")
def worker(queue: str, core: int | None) -> None:
    """Run jobs of one queue."""
    _become("workers.worker", "--queue", queue, *([] if core is None else ["--core", str(core)]))


def _become(module: str, *arguments: str) -> None:
    """Replace this process, so that signals reach the one that works."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606
