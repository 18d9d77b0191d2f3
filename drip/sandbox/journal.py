"""What people did in the mailbox: answers, events, what was read. One JSON line each, in `mailbox.jsonl`."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from drip.sandbox import clock, events, mails


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to `mail_id`, as posted to the inbound webhook. `at`: ISO 8601, business time; `files`: names."""

    id: str
    mail_id: str
    sender: str
    to: str
    subject: str
    text: str
    message_id: str
    at: str
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that somebody asked for. `at`: ISO 8601, business time."""

    mail_id: str
    to: str
    event: str
    at: str


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._forget()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._replay(line)

    def _forget(self) -> None:
        self.replies: dict[str, list[Reply]] = defaultdict(list)
        self.happenings: dict[str, list[Happening]] = defaultdict(list)
        self.read_up_to: dict[str, int] = {}
        self._suppressed: dict[str, str] = {}

    def reply(self, reply: Reply) -> None:
        self._write("reply", asdict(reply))

    def happening(self, happening: Happening) -> None:
        self._write("event", asdict(happening))

    def read(self, address: str, number: int) -> None:
        """All mails to `address` up to this number have been looked at."""
        if number > self.read_up_to.get(address, -1):
            self._write("read", {"address": address, "number": number})

    def accepted(self, mail: mails.Mail) -> None:
        """Notes that the vendor takes this mail only to drop it, if its address bounced or complained."""
        if self.suppressed(mail.to):
            self.happening(Happening(mail.id, mail.to, "dropped", clock.text(mail.business_time)))

    def suppressed(self, address: str) -> str | None:
        """Why the vendor would drop mail to this address by now."""
        return self._suppressed.get(address.lower())

    def dropped(self, mail: mails.Mail) -> str | None:
        """Why the vendor dropped this mail instead of delivering it."""
        if any(each.event == "dropped" for each in self.happenings.get(mail.id, ())):
            return self.suppressed(mail.to)
        return None

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)
        self._forget()

    def _write(self, kind: str, fields: dict[str, object]) -> None:
        line = json.dumps({"kind": kind, **fields})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}")  # the line break first: a line cut short stays by itself
        self._replay(line)

    def _replay(self, line: str) -> None:
        try:
            fields = cast(dict[str, str], json.loads(line))
        except ValueError:
            return  # cut short by a crash, or the empty first line
        kind = fields.pop("kind")
        if kind == "reply":
            self.replies[fields["mail_id"]].append(Reply(**fields))
        elif kind == "event":
            self._happened(Happening(**fields))
        else:
            self.read_up_to[fields["address"]] = int(fields["number"])

    def _happened(self, happening: Happening) -> None:
        self.happenings[happening.mail_id].append(happening)
        reason = events.SUPPRESSES.get(happening.event)
        if reason:
            self._suppressed[happening.to.lower()] = reason
