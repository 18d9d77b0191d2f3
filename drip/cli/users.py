"""`drip users`: people who sign in."""

import sys

import click
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from drip import clock, errors
from drip.cli import house as houses
from drip.engine.people import passwords, sign_in
from drip.engine.purchases import purchase_fields
from drip.models.user import Role, User


class UserError(errors.DripError):
    """A person who cannot be added or found as asked."""


@click.group("users")
def group() -> None:
    """People who sign in on the pages."""


@group.command()
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
def add(email: str, role: str, password_stdin: bool) -> None:
    """Let EMAIL sign in."""
    address = _address(email)
    password = _password(address, from_stdin=password_stdin)
    try:
        with houses.opened() as (_, database), database.write() as session:
            sign_in.add_user(session, address, Role(role), sign_in.hashed(password), clock.now())
    except IntegrityError:
        raise UserError(f"{address} may sign in already. To set a password: drip users password {address}") from None
    click.echo(f"{address} may sign in as {role}.")


@group.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
def password(email: str, password_stdin: bool) -> None:
    """Set a new password for EMAIL; signs them out everywhere."""
    address = _address(email)
    chosen = _password(address, from_stdin=password_stdin)
    with houses.opened() as (_, database), database.write() as session:
        sign_in.change_password(session, _user_id(session, address), sign_in.hashed(chosen))
    click.echo(f"{address} has a new password and is signed out everywhere.")


@group.command()
@click.argument("email")
def disable(email: str) -> None:
    """Nobody signs in as EMAIL any more."""
    address = _address(email)
    with houses.opened() as (_, database), database.write() as session:
        sign_in.disable(session, _user_id(session, address), clock.now())
    click.echo(f"{address} is signed out everywhere and cannot sign in any more.")


@group.command("list")
def show_all() -> None:
    """Who may sign in, and as what."""
    with houses.opened() as (_, database), database.read() as session:
        rows = [(row.email, row.role, row.disabled_at) for row in session.scalars(select(User).order_by(User.email))]
    for email, role, disabled_at in rows:
        click.echo(f"{email}  {role}{'  disabled' if disabled_at else ''}")
    if not rows:
        click.echo("Nobody yet. Add somebody: drip users add EMAIL --role admin --password-stdin")


def _address(text: str) -> str:
    try:
        return purchase_fields.address(text)
    except ValueError as error:
        raise UserError(f"EMAIL {error}.") from None


def _password(email: str, *, from_stdin: bool) -> str:
    chosen = sys.stdin.readline().rstrip("\r\n") if from_stdin else _asked()
    wrong = passwords.problem(chosen, email)
    if wrong:
        raise UserError(wrong)
    return chosen


def _asked() -> str:
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


def _user_id(session: Session, email: str) -> int:
    row = session.scalars(select(User).where(User.email == email)).first()
    if row is None:
        raise UserError(f"Nobody signs in as {email}. `drip users list` shows who does.")
    return row.id
