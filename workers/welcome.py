"""What a newcomer reads when everything runs: the pages, the sign-in, and what to try next."""

import os
import shutil
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from drip import config, db
from drip.models import system
from drip.models.message import Message, MessageState
from drip.models.system import SystemState
from workers import first_start

FIRST_MAILS_SECONDS = 10.0


def show(settings: config.Settings, database: db.Database, began: first_start.Began) -> None:
    """Wait for the first check-ins of a fresh example, then say where things are."""
    sent = _first_mails(database) if began.example else 0
    with database.read() as session:
        now = system.now(session)
    drip = _command()
    lines = [
        "",
        f"  Drip is running ({settings.mode}). It is {now.business_at:%A %d %B %Y, %H:%M} UTC in business time.",
        *_standstill(now, drip),
        "",
        f"  Pages     {settings.public_url}",
        *([f"  Mailbox   {settings.api_host}   what customers got"] if settings.own_sandbox else []),
        *_sign_in(settings),
        "",
        *([f"  {sent} check-ins of Harbour Cars have just gone out. Try next:"] if began.example else ["  Try next:"]),
        "    read one in the mailbox, as the customer would",
        f"    {drip} fast-forward 30d                  live through a month",
        f"    {drip} explain ana.ribeiro@post.test     why somebody got what they got, and what comes next",
        f"    {drip} status",
        *(["", f"  config.toml has changes that are not published: {drip} campaigns publish --dry-run"]
          if began.unpublished else []),
        "",
        "  Ctrl-C stops everything; the next start goes on where it was.",
        "",
    ]  # fmt: skip
    print("\n".join(lines), flush=True)  # noqa: T201 - a person is watching


def _command() -> str:
    """How to call `drip` here: by its name where that finds ours, else by its path."""
    ours = Path(sys.executable).with_name("drip")
    found = shutil.which("drip")
    return "drip" if found and Path(found).resolve() == ours.resolve() else os.path.relpath(ours)


def _standstill(now: system.Now, drip: str) -> list[str]:
    """Who starts Drip should not wait for mail that cannot leave."""
    if now.state is SystemState.running:
        return []
    way_out = f"{drip} hold release --help" if now.state is SystemState.hold else f"{drip} resume"
    return ["", f"  NOTHING LEAVES: {now.reason or now.state}.", f"  See: {way_out}"]


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
