"""The figures of a long run -> docs/fault-report.md."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "docs" / "fault-report.md"
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Long:
    """What each harness has counted, one entry a role or a database."""

    kills: Sequence[Figures]
    races: Sequence[Figures]
    storms: Sequence[Figures] = ()

    @property
    def breaches(self) -> list[str]:
        return [each for part in (self.kills, self.races, self.storms) for one in part for each in one["breaches"]]


def write(found: Long, on: date) -> None:
    """Whole, each time."""
    FILE.write_text("\n".join([*_head(on), *_kills(found.kills), *_races(found.races), *_storms(found.storms),
                               *_breaches(found.breaches)]) + "\n")  # fmt: skip


def bound(trials: int) -> str:
    """None seen in so many trials: with 95 % confidence the rate is below three in so many."""
    return f"at most 1 in {trials // 3:,}" if trials >= 3 else "nothing"


def _head(on: date) -> list[str]:
    return [
        "# What was done to Drip, and what came of it",
        "",
        f"Written by `python -m tests.faults --long` on {on}, on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}. What is checked, and how, stands in [faults.md](faults.md).",
    ]


def _kills(kills: Sequence[Figures]) -> list[str]:
    trials = sum(each["trials"] for each in kills)
    return [
        "",
        "## Killed at every line",
        "",
        "A process gets SIGKILL at the moment it reaches a line of ours; others clear up; then the provider's ledger "
        "and SQL are asked. Each point twice: with Redis as it was, and after FLUSHALL.",
        "",
        *_table(("who died", "database", "lines", "trials", "kills that hit", "breaches", "seconds"),
                ((each["role"], each["database"], each["points"], each["trials"], each["hits"], len(each["breaches"]),
                  round(each["seconds"])) for each in kills)),
        "",
        f"{trials:,} trials. Where none has gone wrong, one that does is {bound(trials)} (95 %).",
    ]  # fmt: skip


def _races(races: Sequence[Figures]) -> list[str]:
    trials = sum(each["trials"] for each in races)
    return [
        "",
        "## Stops against the gate",
        "",
        "Replies, unsubscribes, refunds, bounces and pauses are committed at random moments around a gate in another "
        "process. *Crossed*: the request had begun before the stop was committed.",
        "",
        *_table(("database", "trials", "within 50 ms", "prevented", "crossed", "began later", "by over 5 ms", "latest",
                 "breaches"), (_race(each) for each in races)),
        "",
        f"{trials:,} trials. Where none has gone wrong, one that does is {bound(trials)} (95 %).",
    ]  # fmt: skip


def _race(each: Figures) -> tuple[object, ...]:
    late: list[float] = each["late"]
    worst = f"{max(late) * 1000:.1f} ms" if late else "-"
    over = sum(one > 0.005 for one in late)
    return (each["database"], each["trials"], each["near"], each["prevented"], each["crossed"], len(late), over, worst,
            len(each["breaches"]))  # fmt: skip


def _storms(storms: Sequence[Figures]) -> list[str]:
    if not storms:
        return []
    columns = ("database", "seed", "minutes", "deeds", "mails accepted", "unknown", "breaches")
    rows = (
        (each["database"], each["seed"], round(each["seconds"] / 60), sum(each["deeds"].values()), each["accepted"],
         each["ambiguous"], len(each["breaches"]))
        for each in storms
    )  # fmt: skip
    return ["", "## Storms", "", "A whole Drip in real processes, and for minutes all that can befall it.", "",
            *_table(columns, rows)]  # fmt: skip


def _breaches(breaches: Sequence[str]) -> list[str]:
    return ["", "## Breaches", "", *([f"- {each}" for each in breaches] or ["None."])]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines]


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
