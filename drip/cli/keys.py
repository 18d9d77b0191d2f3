"""`drip keys`: programs that call the API."""

import json

import click

from drip import clock, errors
from drip.cli import house as houses
from drip.engine.people import sign_in


class NoSuchKeyError(errors.DripError):
    """No key in use begins like that; `drip keys list` shows them."""


@click.group("keys")
def group() -> None:
    """Keys of programs that call the API."""


@group.command()
@click.option("--json", "as_json", is_flag=True)
def create(as_json: bool) -> None:
    """Make a key. It is shown this once; only its hash is kept."""
    with houses.opened() as (_, database), database.write() as session:
        key = sign_in.create_key(session, clock.now())
    click.echo(json.dumps({"key": key}) if as_json else key)


@group.command("list")
def show_all() -> None:
    """The beginning of each key, and since when it is."""
    with houses.opened() as (_, database), database.read() as session:
        rows = [(row.hint, row.created_at, row.revoked_at) for row in sign_in.keys(session)]
    for hint, created_at, revoked_at in rows:
        click.echo(f"{hint}...  since {created_at:%Y-%m-%d}{'  revoked' if revoked_at else ''}")
    if not rows:
        click.echo("None yet. Make one: drip keys create")


@group.command()
@click.argument("hint")
def revoke(hint: str) -> None:
    """The key that begins with HINT opens nothing from now on."""
    with houses.opened() as (_, database), database.write() as session:
        if not sign_in.revoke_keys(session, hint.rstrip("."), clock.now()):
            raise NoSuchKeyError(str(NoSuchKeyError.__doc__))
    click.echo("Revoked.")
