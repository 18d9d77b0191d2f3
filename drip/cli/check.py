"""`drip check`: every mistake in config.toml, campaigns and letters at once."""

import json
import sys

import click
from rich.console import Console
from rich.text import Text

from drip import config
from drip.campaigns import definition


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print problems as a JSON list.")
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
        return
    steps = sum(len(campaign.steps) for campaign in house.campaigns)
    click.echo(f"{path.name} is sound: {len(house.campaigns)} campaigns, {steps} check-ins, {len(house.reps)} reps.")


def _show(found: definition.ConfigError, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([
            {"file": each.file, "line": each.line, "message": each.message, "suggestion": each.suggestion}
            for each in found.problems
        ]))  # fmt: skip
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for each in found.problems:
        said = Text.assemble((f"{each.file}:{each.line}", "bold"), f"  {each.message}")
        console.print(said)
        if each.suggestion:
            console.print(Text(f"    {each.suggestion}", style="dim"))
    number = len(found.problems)
    console.print(f"{number} mistake{'s' if number != 1 else ''} to mend; nothing was changed.")
