"""`drip check`: every mistake in config.toml, campaigns and letters at once; without one, what is seldom meant."""

import json
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from drip import config
from drip.campaigns import definition
from drip.engine.telling.sentences import counted


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print mistakes as a JSON list; warnings go to standard error.")
def check(as_json: bool) -> None:
    """Look for mistakes in config.toml, campaigns/*.toml and templates/emails."""
    path = config.load().config_path
    try:
        house = definition.load(path)
    except definition.ConfigError as found:
        _show(found, as_json)
        sys.exit(1)
    if as_json:
        click.echo("[]")
        warn(house)
        return
    steps = sum(len(campaign.steps) for campaign in house.campaigns)
    counts = {"campaign": len(house.campaigns), "check-in": steps, "rep": len(house.reps)}
    click.echo(f"{path.name} is sound: {', '.join(counted(number, what) for what, number in counts.items())}.")
    warn(house)


def warn(house: definition.House) -> None:
    """What is allowed, but seldom meant, on standard error."""
    if house.warnings:
        _list(
            house.warnings,
            f"{counted(len(house.warnings), 'warning')}; the letters can be published as they are.",
        )


def _show(found: definition.ConfigError, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([
            {"file": each.file, "line": each.line, "message": each.message, "suggestion": each.suggestion}
            for each in found.problems
        ]))  # fmt: skip
        return
    _list(found.problems, f"{counted(len(found.problems), 'mistake')} to mend; nothing was changed.")


def _list(found: Sequence[definition.Problem], last: str) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for each in found:
        said = Text.assemble((f"{each.file}:{each.line}", "bold"), f"  {each.message}")
        console.print(said)
        if each.suggestion:
            console.print(Text(f"    {each.suggestion}", style="dim"))
    console.print(last)
