"""Replies a second from stored mail to conversation: read in the bounded child, cut, understood, handed to a rep.

`make bench` or `python -m bench.inbound [--mails 300]`: one worker's own function, in one process and its child.
"""

import argparse
import itertools
import time
from email.message import EmailMessage

from sqlalchemy import func, select

from bench import houses, stages
from drip import config, db
from drip.engine.replies import receive
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message
from drip.providers.sendgrid.inbound import ReceivedMail

SAID = (
    "Hi Maria, the wagon is lovely, thank you for asking!",
    "There is a rattling noise from the left door since the second week. Could you have a look?",
    "When is the first service due, and what will it cost me?",
    "Danke, alles bestens. Nur das zweite Schlüsselset fehlt noch, wann kommt es?",
    "Please take me off this list.",
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mails", type=int, default=300)
    asked.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    told = asked.parse_args()
    print("| database | replies understood a second, one worker | CPU ms each, without the child's |\n|---|---|---|")
    for kind in told.databases:
        with houses.opened(kind, 9) as (settings, database):
            houses.sell(settings, database, told.mails)
            stages.send_all(settings, database)
            _store(settings, database)
            rate, cpu = _rate(settings, database, told.mails)
            print(f"| {kind} | {rate:,.0f} | {cpu:.1f} |", flush=True)


def _store(settings: config.Settings, database: db.Database) -> None:
    with database.write() as session:
        tokens = session.scalars(select(Message.reply_token).where(Message.reply_token.is_not(None))).all()
        for number, (token, said) in enumerate(zip(tokens, itertools.cycle(SAID), strict=False)):
            to = f"reply+{token}@mail.harbourcars.example"
            wrote = f"buyer{number}@bench.example"
            mail = ReceivedMail(_mail(said, wrote, to), (to,), wrote, "pass", "{@bench.example : pass}", "192.0.2.1")
            receive.store(session, mail, settings.secret_key())


def _mail(said: str, wrote: str, to: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = wrote, to, "Re: How did the handover go?"
    mail["Message-ID"] = f"<{wrote}>"
    quote = "".join(f"> line {number} of what we wrote to them, as programs quote it\n" for number in range(20))
    mail.set_content(f"{said}\n\nAna\n\nOn Tue, 1 Sep 2026 at 10:00, Maria Silva wrote:\n{quote}")
    return mail.as_bytes()


def _rate(settings: config.Settings, database: db.Database, mails: int) -> tuple[float, float]:
    started, used = time.monotonic(), time.process_time()
    receive.understand_waiting(database, settings)
    rate, cpu = mails / (time.monotonic() - started), (time.process_time() - used) * 1000 / mails
    with database.read() as session:
        understood = InboundMail.state == InboundState.understood
        assert session.scalar(select(func.count()).where(understood)) == mails
    return rate, cpu


if __name__ == "__main__":
    main()
