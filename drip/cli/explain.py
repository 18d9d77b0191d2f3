"""`drip explain`: why a customer got a check-in, or did not, or when they will."""

import json

import click
from sqlalchemy import select

from drip import errors
from drip.cli import house as houses
from drip.engine.telling import explain, life
from drip.models.customer import Customer


class NoSuchCustomerError(errors.DripError):
    """Nobody who bought has this address."""


class NoSuchStepError(errors.DripError):
    """No campaign has a check-in of this name."""


@click.command("explain")
@click.argument("email")
@click.argument("step", required=False)
@click.option("--json", "as_json", is_flag=True, help="One object for a STEP (the newest purchase's), else a list.")
def command(email: str, step: str | None, as_json: bool) -> None:
    """Every check-in of EMAIL, or one STEP: its state, the reason, and one sentence."""
    with houses.opened() as (settings, database), database.read() as session:
        customer = session.scalar(select(Customer).where(Customer.email == email.strip().lower()))
        if customer is None:
            raise NoSuchCustomerError(f"Nobody who bought has the address {email}.")
        told = life.of(session, customer, settings.secret_key()).steps(step)
    if step and not told:
        raise NoSuchStepError(f"No campaign has a check-in {step!r}.")
    if as_json:
        click.echo(json.dumps(_as_dict(told[0]) if step else [_as_dict(each) for each in told]))
        return
    _show(told)


def _show(told: list[explain.Told]) -> None:
    heading = None
    for each in told:
        if (each.campaign, each.enrollment_id) != heading:
            heading = (each.campaign, each.enrollment_id)
            click.secho(each.campaign, bold=True)
        click.echo(f"  {each.step} (day {each.day}): {each.sentence}")


def _as_dict(each: explain.Told) -> dict[str, object]:
    """Instants as ISO 8601 in UTC, business time."""
    return {
        "campaign": each.campaign,
        "step": each.step,
        "day": each.day,
        "enrollment": each.enrollment_id,
        "state": each.state,
        "reason": each.reason,
        "sentence": each.sentence,
        "planned_at": each.planned_at.isoformat() if each.planned_at else None,
        "handed_at": each.handed_at.isoformat() if each.handed_at else None,
    }
