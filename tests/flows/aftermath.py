"""What a story leaves behind: the provider's ledger, what people did, and the rows of SQL, read only."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from drip import db
from drip.models.customer import Customer, Hold
from drip.models.message import Message, MessageKind
from drip.models.reply import Reply
from drip.models.suppression import Suppression
from tests.flows import living, people, reps

DISORDER = {"mode": "events", "duplicates": 2, "shuffle": True}  # each batch three times, overtaking one another


@dataclass(frozen=True)
class CheckIn:
    """One that the provider has accepted."""

    customer: str
    at: datetime
    local_day: date
    enrollment: int


@dataclass(frozen=True)
class Deeds:
    """What people did: customers wrote, failed or were paid back; reps answered."""

    letters: list[people.Letter]
    stops: list[people.Stop]
    answers: list[reps.Answer]


@dataclass(frozen=True)
class Aftermath:
    """The ledger, the deeds, the conversations as the API tells them, and tables of SQL."""

    mails: list[people.Told]
    deeds: Deeds
    handoffs: list[people.Told]
    messages: Sequence[RowMapping]
    replies: Sequence[RowMapping]
    holds: Sequence[RowMapping]
    suppressions: Sequence[RowMapping]
    customers: Sequence[RowMapping]

    @cached_property
    def address(self) -> dict[int, str]:
        """Of each customer by id."""
        return {row["id"]: row["email"] for row in self.customers}

    @cached_property
    def by_id(self) -> dict[str, RowMapping]:
        """Our messages."""
        return {row["id"]: row for row in self.messages}

    @cached_property
    def check_ins(self) -> list[CheckIn]:
        """In the order in which the provider took them."""
        kept = ((mail, self.by_id[mail["custom_args"]["message_id"]]) for mail in self.mails)
        return [_check_in(mail, row) for mail, row in kept if row["kind"] is MessageKind.check_in]

    def read(self, letter: people.Letter) -> list[RowMapping]:
        """The replies that a customer's letter became."""
        return [row for row in self.replies if row["mail_message_id"] == letter.message_id]

    def letters_of(self, handoff_id: int) -> set[str]:
        """Message-IDs of the letters in a conversation, in angle brackets."""
        return {f"<{row['mail_message_id']}>" for row in self.replies if row["handoff_id"] == handoff_id}

    def sent(self, customer: str, after: datetime, until: datetime | None = None) -> list[CheckIn]:
        """The check-ins that a customer got after one instant and before another."""
        theirs = (each for each in self.check_ins if each.customer == customer)
        return [each for each in theirs if after < each.at and (until is None or each.at < until)]


def live(drip: living.Living, *, rounds: int, days: int, seed: int) -> Aftermath:
    """Round by round: time goes by, customers react to what they got, reps work through what came of it."""
    key = json.loads(drip.drip("keys", "create", "--json"))["key"]
    town = people.Town(drip, key, random.Random(seed))
    people.sandbox(town, "POST", "/api/misbehave", DISORDER)
    deeds, read_up_to = Deeds([], [], []), ""
    for _ in range(rounds):
        drip.drip("fast-forward", f"{days}d")
        fresh = people.sandbox(town, "GET", f"/api/messages?since={read_up_to}")
        read_up_to = fresh[-1]["id"] if fresh else read_up_to
        letters, stops = people.react(town, [mail for mail in fresh if mail["to"] not in _staff()])
        deeds.letters.extend(letters)
        deeds.stops.extend(stops)
        deeds.answers.extend(reps.work(town))
    drip.drip("fast-forward", "1m")  # returns when the last answers are out
    return read(drip, deeds, list(reps.handoffs(town)))


def read(drip: living.Living, deeds: Deeds, handoffs: list[people.Told]) -> Aftermath:
    """Everything that is there now."""
    database = db.Database(drip.environ["DATABASE_URL"])
    with database.read() as session:
        tables = (Message, Reply, Hold, Suppression, Customer)
        rows = [session.execute(select(table.__table__)).mappings().all() for table in tables]
    database.close()
    return Aftermath(drip.mails(), deeds, handoffs, *rows)


def _staff() -> set[str]:
    return {rep["email"] for rep in living.house()["reps"]}


def _check_in(mail: people.Told, row: RowMapping) -> CheckIn:
    at = datetime.fromisoformat(mail["business_time"])
    return CheckIn(mail["to"], at, at.astimezone(ZoneInfo(mail["time_zone"])).date(), row["enrollment_id"])
