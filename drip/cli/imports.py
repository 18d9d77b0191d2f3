"""`drip import FILE`: a shop's sheet comes in, or only says what it would bring."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from drip.cli import house, import_plot
from drip.engine.purchases import import_preview, imports

SHOWN = "created", "updated", "unchanged", import_preview.KNOWN


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source",
    default=imports.DEFAULT_SOURCE,
    show_default=True,
    help="Name of the shop; an order id is unique within it.",
)
@click.option("--date-format", help="dmy, mdy or ymd, or a pattern such as %d/%m/%Y, where dates are not ISO.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show whom it would enroll and what would go out when.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def command(file: Path, source: str, date_format: str | None, dry_run: bool, as_json: bool) -> None:
    """Import purchases from a CSV file: ours, Shopify's or WooCommerce's export.

    Good rows are kept; rows that can't be taken go to FILE.errors.csv with their reason. Import a file as often as you
    like: what is known already is not written twice.
    """
    wanted = imports.Source(file, source, date_format)
    summary = _preview(wanted, as_json) if dry_run else _import(wanted, as_json)
    sys.exit(1 if summary.bad and not _any_taken(summary) else 0)


def _import(wanted: imports.Source, as_json: bool) -> imports.Summary:
    report = wanted.path.with_name(f"{wanted.path.name}.errors.csv")
    with house.opened() as (settings, database), _progress("Importing", wanted.path) as heard:
        summary = imports.run(database, wanted, report, key=settings.secret_key(), progress=heard)
    if as_json:
        click.echo(json.dumps(_plain(summary) | {"errors_file": str(report) if summary.bad else None}))
        return summary
    _say(summary, "Imported")
    if summary.bad:
        what = "The row not taken is" if summary.bad == 1 else f"The {summary.bad:,} rows not taken are"
        click.echo(f"{what} in {report}, with the reason beside it.")
    return summary


def _preview(wanted: imports.Source, as_json: bool) -> imports.Summary:
    with house.opened() as (settings, database), _progress("Rehearsing", wanted.path) as heard:
        found = import_preview.preview(database, wanted, key=settings.secret_key(), progress=heard)
    if as_json:
        days = {day.isoformat(): count for day, count in sorted(found.days.items())}
        click.echo(json.dumps(_plain(found.summary) | {"days": days}))
        return found.summary
    _say(found.summary, "Would be imported")
    for line in import_plot.plot(found.days, found.today):
        click.echo(line)
    click.echo("Nothing was written.")
    return found.summary


@contextmanager
def _progress(doing: str, path: Path) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, by bytes read."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=path.stat().st_size if path.is_file() else None)
        yield lambda position: bar.update(task, completed=position)


def _say(summary: imports.Summary, title: str) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    lines = [(status, summary.purchases[status]) for status in SHOWN]
    below = "further row of an order above" if summary.further == 1 else "further rows of orders above"
    lines += [(below, summary.further)]
    lines += [("row not taken" if summary.bad == 1 else "rows not taken", summary.bad)]
    lines += [(f"passed over: {reason}", count) for reason, count in summary.skipped.items()]
    lines += [(f"enrolled in {campaign}", count) for campaign, count in summary.enrolled.items()]
    for what, count in lines:
        if count:
            table.add_row(f"{count:,}", what)
    click.echo(f"{title}:" if table.row_count else f"There was nothing to import: {imports.ONLY_HEADER}.")
    if table.row_count:
        Console().print(table)
    for note, count in summary.notes.most_common(5):
        click.echo(f"{count:,} x {note}")
    if summary.note:
        click.echo(summary.note)
    for number, error in sorted(summary.first_errors):
        click.echo(f"row {number}: {error}")


def _plain(summary: imports.Summary) -> dict[str, object]:
    return {
        "purchases": dict(summary.purchases),
        "bad": summary.bad,
        "further": summary.further,
        "skipped": dict(summary.skipped),
        "enrolled": dict(summary.enrolled),
        "notes": dict(summary.notes),
        "errors": [{"row": number, "error": error} for number, error in sorted(summary.first_errors)],
        "note": summary.note,
        "unused_columns": list(summary.unused),
    }


def _any_taken(summary: imports.Summary) -> bool:
    return any(summary.purchases[status] for status in SHOWN)
