"""`drip replies`: what people have corrected of what we made of replies."""

import json

import click

from drip.cli import house as houses
from drip.models import correction


@click.group("replies")
def group() -> None:
    """What customers wrote, and what we made of it."""


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, with the words of each reply.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many, the newest.")
def corrections(as_json: bool, limit: int) -> None:
    """Replies that somebody read otherwise than we did, the newest first."""
    with houses.opened() as (_, database), database.read() as session:
        found = correction.newest(session, limit)
        rows = [
            {
                "id": row.id,
                "at": row.at.isoformat(),
                "by": row.actor,
                "reply": row.reply_id,
                "customer": who.email,
                "from": row.from_kind.value,
                "to": row.to_kind.value,
                "until": row.until.isoformat() if row.until else None,
                "text": reply.new_text,
            }
            for row, reply, who in found
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        words = " ".join(str(row["text"]).split())
        click.echo(
            f"{str(row['at'])[:16]}  {row['from']} -> {row['to']}  by {row['by']}  reply {row['reply']}: {words[:80]}"
        )
    if not rows:
        click.echo("Nobody has corrected a reply yet.")
