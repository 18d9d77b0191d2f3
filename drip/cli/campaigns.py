"""`drip campaigns`: list, publish, pause, resume."""

import json

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from drip.campaigns import definition, publish
from drip.cli import check, choices
from drip.cli import house as houses
from drip.engine.sending import catch_up, pause
from drip.models.campaign import Campaign, CampaignVersion
from drip.models.enrollment import Enrollment, EnrollmentState

BY = "command line"


@click.group("campaigns")
def group() -> None:
    """The plans: which there are, and what they say."""


@group.command("list")
@click.option("--json", "as_json", is_flag=True)
def show(as_json: bool) -> None:
    """Campaigns with their state, version and how many customers walk them."""
    with houses.opened() as (_, database), database.read() as session:
        newest = select(func.max(CampaignVersion.number)).where(CampaignVersion.campaign_id == Campaign.id)
        walking = select(func.count()).where(
            Enrollment.campaign_id == Campaign.id, Enrollment.state == EnrollmentState.active
        )
        columns = (Campaign.name, Campaign.state, newest.scalar_subquery(), walking.scalar_subquery())
        rows = [tuple(row) for row in session.execute(select(*columns).order_by(Campaign.name))]
    if as_json:
        keys = ("name", "state", "version", "walking")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows]))
        return
    table = Table("campaign", "state", "version", "walking it now")
    for row in rows:
        table.add_row(*map(str, row))
    Console().print(table)


@group.command("publish")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--new-domain", is_flag=True, help="The house moves to another sending domain.")
def publish_command(dry_run: bool, new_domain: bool) -> None:
    """Make config.toml and the letters what new purchases follow."""
    with houses.opened() as (settings, database):
        house = definition.load(settings.config_path)
        with database.write() as session:
            if new_domain and not dry_run:
                publish.forget_domain(session)
            elif dry_run and not new_domain:  # publishing looks itself
                publish.check_domain(session, house)
            told = publish.look(session, house) if dry_run else publish.publish(session, house, by=BY)
    for sentence in told.sentences:
        click.echo(sentence)
    check.warn(house)
    if dry_run:
        click.echo("Nothing was published.")


@group.command("pause")
@click.argument("name")
def pause_command(name: str) -> None:
    """Let no check-in of this campaign leave."""
    with houses.opened() as (_, database), database.write() as session:
        was_active = pause.pause_campaign(session, name, by=BY)
    already = "" if was_active else " already"
    click.echo(f"{name} is paused{already}. Resume it with: drip campaigns resume {name} --missed skip|latest|shift")


@group.command("resume")
@click.argument("name")
@choices.missed
def resume_command(name: str, missed: str) -> None:
    """Let a paused campaign go on."""
    with houses.opened() as (_, database), database.write() as session:
        resumed = pause.resume_campaign(session, name, catch_up.Missed(missed), by=BY)
    click.echo(resumed.sentence)
