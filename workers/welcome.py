"""What a newcomer reads when everything runs: the pages, the sign-in, and what to try next."""

import time

from sqlalchemy import func, select

from drip import config, db
from drip.models import system
from drip.models.message import Message, MessageState
from workers import first_start

FIRST_MAILS_SECONDS = 10.0


def show(settings: config.Settings, database: db.Database, began: first_start.Began) -> None:
    """Wait for the first check-ins of a fresh example, then say where things are."""
    sent = _first_mails(database) if began.example else 0
    with database.read() as session:
        now = system.now(session)
    lines = [
        "",
        f"  Drip is running ({settings.mode}). It is {now.business_at:%A %d %B %Y, %H:%M} UTC in business time.",
        "",
        f"  Pages     {settings.public_url}",
        *([f"  Mailbox   {settings.api_host}   what customers got"] if settings.own_sandbox else []),
        *_sign_in(settings),
        "",
        *([f"  {sent} check-ins of Harbour Cars have just gone out. Try next:"] if began.example else ["  Try next:"]),
        "    read one in the mailbox, as the customer would",
        "    drip fast-forward 30d             live through a month",
        "    drip explain ana.ribeiro@post.test why somebody got what they got, and what comes next",
        "    drip status",
        *(["", "  config.toml has changes that are not published: drip campaigns publish --dry-run"]
          if began.unpublished else []),
        "",
        "  Ctrl-C stops everything; the next start goes on where it was.",
        "",
    ]  # fmt: skip
    print("\n".join(lines), flush=True)  # noqa: T201 - a person is watching


def _sign_in(settings: config.Settings) -> list[str]:
    demo = first_start.demo_sign_in(settings)
    if demo is None:
        return ["  Sign-in   make one: drip users add you@example.com --role admin --password-stdin"]
    address, _, password = demo.partition(" ")
    return [f"  Sign-in   {address}   password {password}"]


def _first_mails(database: db.Database) -> int:
    deadline = time.monotonic() + FIRST_MAILS_SECONDS
    while True:
        with database.read() as session:
            accepted = select(func.count()).where(Message.state == MessageState.accepted)
            under_way = select(func.count()).where(Message.state.in_((MessageState.claimed, MessageState.handed)))
            sent, moving = session.scalar(accepted) or 0, session.scalar(under_way) or 0
        if (sent and not moving) or time.monotonic() > deadline:
            return sent
        time.sleep(0.1)
