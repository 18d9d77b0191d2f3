"""The 60-day story: real processes, the example, and an independent planner that says what should have come."""

import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from redis import Redis
from sqlalchemy import select

from drip import db
from drip.models.campaign import Campaign
from drip.models.customer import Customer
from drip.models.message import Message
from tests.flows import living
from tests.flows import reference_planner as planner

DAYS = 60
COMPANY_ZONE = "America/New_York"
# Countries of buyers whose zone is not known, as far as all of the country keeps one time (tz database, zone.tab).
ONE_ZONE = {
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "NO": "Europe/Oslo",
    "DE": "Europe/Berlin",
    "IT": "Europe/Rome",
    "IN": "Asia/Kolkata",
    "NP": "Asia/Kathmandu",
    "SG": "Asia/Singapore",
    "MM": "Asia/Yangon",
    "ZA": "Africa/Johannesburg",
}

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("story")]


@dataclass(frozen=True)
class Told:
    """What `drip fast-forward --json` said: from when to when."""

    start: datetime
    end: datetime


def test_in_sixty_days_every_check_in_comes_once_and_on_its_day(tmp_path: Path, database_url: str) -> None:
    with living.up(tmp_path, database_url) as drip:
        told = _live(drip)
        came, wanted = _came(drip, database_url), _wanted(drip, told)
        assert drip.broken_rows() == _broken_rows()
        assert json.loads(drip.drip("unknowns", "--json")) == []
        assert sorted(came) == wanted
        assert len(wanted) > 500


def test_killed_workers_and_an_emptied_redis_lose_and_double_nothing(tmp_path: Path, database_url: str) -> None:
    quick = {"DRIP_WORKERS": "2", "DRIP_LEASE_SECONDS": "3", "DRIP_ANSWER_SECONDS": "2"}
    with living.up(tmp_path, database_url, **quick) as drip:
        with _nemesis(drip) as killed:
            told = _live(drip)
        came, wanted = _came(drip, database_url), _wanted(drip, told)
        unknown = {(each["to"], each["step"]) for each in json.loads(drip.drip("unknowns", "--json"))}
        assert killed["workers"] >= 2
        assert killed["redis"] == 1
        assert [mail for mail, times in Counter(came).items() if times > 1] == []
        assert set(came) - set(wanted) == set()
        assert {(email, step) for email, _, step, _ in set(wanted) - set(came)} <= unknown


def _live(drip: living.Living) -> Told:
    told = json.loads(drip.drip("fast-forward", f"{DAYS}d", "--json"))
    return Told(datetime.fromisoformat(told["from"]), datetime.fromisoformat(told["to"]))


def _wanted(drip: living.Living, told: Told) -> list[planner.CheckIn]:
    """What the planner wants from the start of the example until the clock stood still."""
    start = datetime.fromisoformat((living.ROOT / "examples" / "clock.txt").read_text().strip())
    story = planner.Story(start, DAYS, _broken_rows(), ONE_ZONE)
    return planner.plan(living.rows(), living.house(), story)


def _broken_rows() -> frozenset[int]:
    """Rows that the example breaks on purpose: their orders begin with HC-9 or have no number. The header is row 1."""
    orders = [row["order_id"] for row in living.rows()]
    return frozenset(row for row, order in enumerate(orders, start=2) if order.startswith("HC-9") or not order)


def _zones() -> dict[str, str]:
    """By address: the zone of the buyer's clock, from the file alone."""
    facts: dict[str, dict[str, str]] = {}
    for number, row in enumerate(living.rows(), start=2):
        if number not in _broken_rows():
            known = {name: row[name] for name in ("timezone", "country") if row[name]}
            facts.setdefault(row["email"].lower(), {}).update(known)
    return {
        email: known.get("timezone") or ONE_ZONE.get(known.get("country", "").upper(), COMPANY_ZONE)
        for email, known in facts.items()
    }


def _came(drip: living.Living, database_url: str) -> list[planner.CheckIn]:
    """What the sandbox accepted; each inside its customer's window and on a day when we write."""
    names, zones = _names(database_url), _zones()
    mails = drip.mails()
    assert len({mail["custom_args"]["message_id"] for mail in mails}) == len(mails)
    found = []
    for mail in mails:
        email, campaign, step = names[mail["custom_args"]["message_id"]]
        local = datetime.fromisoformat(mail["business_time"]).astimezone(ZoneInfo(zones[email]))
        assert email == mail["to"]
        assert 9 <= local.hour < 17, (mail["to"], local)
        found.append((email, campaign, step, local.date()))
    return found


def _names(database_url: str) -> dict[str, tuple[str, str, str]]:
    """By message id: address, campaign and step."""
    database = db.Database(database_url)
    with database.read() as session:
        rows = session.execute(
            select(Message.id, Message.step, Campaign.name, Customer.email)
            .join(Campaign, Campaign.id == Message.campaign_id)
            .join(Customer, Customer.id == Message.customer_id)
        ).all()
    database.close()
    return {row.id: (row.email, row.name, row.step) for row in rows}


@contextmanager
def _nemesis(drip: living.Living) -> Iterator[Counter[str]]:
    """Kills a send worker every few seconds, and empties Redis once."""
    done: Counter[str] = Counter()
    over = threading.Event()
    thread = threading.Thread(target=_strike, args=(drip, done, over))
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def _strike(drip: living.Living, done: Counter[str], over: threading.Event) -> None:
    dice = random.Random(60)
    while not over.wait(dice.uniform(4.0, 8.0)):
        victims = _send_workers(drip.process.pid)
        if victims:
            with suppress(ProcessLookupError):  # it may have ended by itself since we looked
                os.kill(dice.choice(victims), signal.SIGKILL)
                done["workers"] += 1
        if not done["redis"]:
            with closing(Redis.from_url(drip.redis_url())) as redis:
                redis.flushall()
            done["redis"] += 1


def _send_workers(parent: int) -> list[int]:
    """Children of the supervisor that send."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [pid for pid in pids if _sends(Path(f"/proc/{pid}"), parent)]


def _sends(folder: Path, parent: int) -> bool:
    try:
        words = (folder / "cmdline").read_bytes().split(b"\0")
        above = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except OSError:  # it has ended since we listed it
        return False
    return above == parent and b"workers.worker" in words and b"send" in words
