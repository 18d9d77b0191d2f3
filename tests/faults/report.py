"""The figures of a long run -> docs/fault-report.md."""

import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults import races, spread

FILE = Path(__file__).resolve().parents[2] / "docs" / "fault-report.md"
MENDED = "## Found and mended"  # this section is written by hand and kept
Figures = Mapping[str, Any]
Known = Mapping[str, Mapping[str, Any]]


def write(known: Known, minutes: float) -> None:
    """Whole, each time, but for the section that people write."""
    parts = {"kills": _kills, "races": _races, "storms": _storms, "simulations": _simulations, "stories": _stories,
             "models": _models, "mutants": _mutants}  # fmt: skip
    told = [line for name, tell in parts.items() if name in known for line in tell(_whole(known, name))]
    lines = [*_head(known, minutes), *_bounds(known), *told, *_breaches(breaches(known)), "", *_kept()]
    FILE.write_text("\n".join(lines) + "\n")


def breaches(known: Known) -> list[str]:
    """Of all parts."""
    return [each for name in known for one in _found(known, name) for each in one.get("breaches", ())]


def bound(trials: int) -> str:
    """None seen in so many trials: with 95 % confidence the rate is below three in so many."""
    return f"at most 1 in {trials // 3:,}" if trials >= 3 else "nothing"


def _found(known: Known, name: str) -> list[Figures]:
    return known[name]["found"] if name in known else []


def _whole(known: Known, name: str) -> list[Figures]:
    """Those that came to an end."""
    return [each for each in _found(known, name) if "failed" not in each]


def _sum(known: Known, name: str, *path: str) -> int:
    def value(each: Any) -> int:
        for step in path:
            each = each.get(step, 0) if each else 0
        return int(each)

    return sum(value(each) for each in _whole(known, name))


def _head(known: Known, minutes: float) -> list[str]:
    days = sorted({day for part in known.values() for day in part["on"]})
    took = ", ".join(f"{name} {part['seconds'] / 60:.0f}" for name, part in known.items())
    return [
        "# What was done to Drip, and what came of it",
        "",
        f"Written by `python -m tests.faults --long --minutes {minutes:g}`, its newest run, on {', '.join(days)}, on "
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}. What is checked, "
        "and how, stands in [faults.md](faults.md).",
        "",
        f"Minutes: {took}.",
    ]


def _bounds(known: Known) -> list[str]:
    """What follows where nothing was seen: 0 of N is at most 3/N at 95 %."""
    real = {"killed at every line": _sum(known, "kills", "sends"), "races": _sum(known, "races", "sends"),
            "storms": _sum(known, "storms", "accepted")}  # fmt: skip
    sends, kills, trials = sum(real.values()), _sum(known, "kills", "hits"), _sum(known, "races", "trials")
    simulated = _sum(known, "simulations", "figures", "sends")
    rows = [
        ("mails that real processes sent to a provider with a ledger", sends, "a mail accepted twice"),
        ("mails that the simulation sent", simulated, "a mail taken twice"),
        ("processes killed at a line", kills, "a death after which a promise is broken"),
        ("stops within 50 ms of the gate", trials, "a request that starts 2 s or more after the stop"),
    ]
    said = ", ".join(f"{count:,} {name}" for name, count in real.items())
    return [
        "",
        "## The bound",
        "",
        "0 of N is at most 3/N with 95 % confidence. It holds for what is seen nowhere under Breaches.",
        "",
        *_table(("done", "N", "then this is", "at most"), ((what, count, event, bound(count).removeprefix("at most "))
                                                           for what, count, event in rows)),
        "",
        f"Sent by real processes: {said}.",
    ]  # fmt: skip


def _kills(kills: Sequence[Figures]) -> list[str]:
    return [
        "",
        "## Killed at every line",
        "",
        "A process gets SIGKILL at the moment it reaches a line of ours; others clear up; then the provider's ledger "
        "and SQL are asked. Every other time Redis is emptied first; when each line has had its turn, the other way.",
        "",
        *_table(("who died", "database", "lines", "died at", "trials", "kills that hit", "breaches", "minutes"),
                (_killed(role, kind, some) for (role, kind), some in _by(kills, "role", "database").items())),
    ]  # fmt: skip


def _killed(role: str, kind: str, runs: Sequence[Figures]) -> tuple[object, ...]:
    """Runs go on where the one before has ended: they died at other lines."""
    died, trials, hits = (sum(each[name] for each in runs) for name in ("lines", "trials", "hits"))
    broken, minutes = sum(len(each["breaches"]) for each in runs), sum(each["seconds"] for each in runs) / 60
    return (role, kind, runs[-1]["points"], died, trials, hits, broken, f"{minutes:.1f}")


def _races(found: Sequence[Figures]) -> list[str]:
    by_kind = {kind: runs for (kind,), runs in _by(found, "database").items()}
    return [
        "",
        "## Stops against the gate",
        "",
        "Stops are committed by another process while a customer's gate is about to look, looks or has just looked; a "
        "trial is one within 50 ms. *Crossed*: the request had begun before the stop was committed. *Its own*: over "
        "5 ms even without the time in which the sender was ready to run and no core was free. *Sleeper*: by how much "
        "a process that only sleeps for a millisecond, again and again, was late meanwhile.",
        "",
        *_table(("database", "trials", "prevented", "crossed", "began later", "by over 5 ms", "share", "its own",
                 "share", "latest", "others", "breaches"), (_race(kind, runs) for kind, runs in by_kind.items())),
        "",
        *_table(("database", "from the gate's commit to the first byte", "sleeper late by"),
                ((kind, spread.said(_total(runs, "to_start")), spread.said(_total(runs, "overshoot")))
                 for kind, runs in by_kind.items())),
        "",
        f"Trials by the kind of stop: {_counted(_total(found, 'kinds'))}.",
    ]  # fmt: skip


def _race(kind: str, runs: Sequence[Figures]) -> tuple[object, ...]:
    trials, prevented, crossed, others = (
        sum(each[name] for each in runs) for name in ("trials", "prevented", "crossed", "others")
    )
    late = [(seconds, waited) for each in runs for seconds, waited in each["late"]]
    over = sum(seconds > races.LATE_SECONDS for seconds, _ in late)
    own = sum(seconds - waited > races.LATE_SECONDS for seconds, waited in late)
    share, own_share = (f"{100 * each / max(trials + others, 1):.2f} %" for each in (over, own))
    worst = f"{max(late)[0] * 1000:.1f} ms" if late else "-"
    return (kind, trials, prevented, crossed, len(late), over, share, own, own_share, worst, others,
            sum(len(each["breaches"]) for each in runs))  # fmt: skip


def _storms(storms: Sequence[Figures]) -> list[str]:
    columns = ("database", "seed", "minutes", "deeds", "stops", "mails accepted", "unknown", "breaches")
    rows = (
        (each["database"], each["seed"], round(each["seconds"] / 60, 1), sum(each["deeds"].values()), each["stops"],
         each["accepted"], each["ambiguous"], len(each["breaches"]))
        for each in storms
    )  # fmt: skip
    return ["", "## Storms", "", "A whole Drip in real processes, and for minutes all that can befall it. *Unknown*: "
            "mails in doubt before their events were told.", "", *_table(columns, rows), "",
            f"What befell it: {_counted(_total(storms, 'deeds'))}."]  # fmt: skip


def _simulations(found: Sequence[Figures]) -> list[str]:
    worlds, seconds = sum(each["worlds"] for each in found), sum(each["seconds"] for each in found)
    return ["", "## Simulation", "", f"{worlds:,} worlds, each by a seed of its own, {seconds / 60:.0f} minutes of a "
            f"core: {_counted(_total(found, 'figures'))}."]  # fmt: skip


def _stories(found: Sequence[Figures]) -> list[str]:
    stories, steps, orders = (sum(each.get(name, 0) for each in found) for name in ("stories", "steps", "orders"))
    return ["", "## Stories", "", f"{stories:,} stories ({steps:,} steps) of orders, edits, pauses, refunds and repeat "
            "purchases in any order: no enrollment got a step twice. "
            f"{orders:,} sets of events and answers, each in two orders and numbers: the same end."]  # fmt: skip


def _models(found: Sequence[Figures]) -> list[str]:
    return ["", "## Model", "", "Every order of claims, gates, requests, deaths, stops and events, explored whole.", "",
            *_table(("senders", "check-ins", "states", "steps", "deep", "breaches"),
                    ((each["senders"], each["mails"], each["states"], each["steps"], each["depth"],
                      len(each["breaches"])) for each in found))]  # fmt: skip


def _mutants(found: Sequence[Figures]) -> list[str]:
    return ["", "## Known mistakes, built in", "", "The harness is not blind: each of these was caught.", "",
            *_table(("mistake", "caught by", "seconds", "what was seen"),
                    ((each["name"], each["hunter"].replace("_", " "), f"{each['took']:.1f}", each["seen"] or "SURVIVED")
                     for each in found))]  # fmt: skip


def _breaches(broken: Sequence[str]) -> list[str]:
    return ["", "## Breaches", "", *([f"- {each}" for each in broken] or ["None."])]


def _kept() -> Iterator[str]:
    """The section that is written by hand, as it stands."""
    before = FILE.read_text() if FILE.exists() else ""
    yield MENDED
    yield from (before.partition(MENDED)[2].rstrip("\n") or "\n\nNothing yet.").splitlines()[1:]


def _by(found: Sequence[Figures], *names: str) -> dict[tuple[str, ...], list[Figures]]:
    """Together what belongs together."""
    groups: dict[tuple[str, ...], list[Figures]] = {}
    for each in found:
        groups.setdefault(tuple(str(each[name]) for name in names), []).append(each)
    return groups


def _total(found: Sequence[Figures], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in found:
        total.update(each[name])
    return total


def _counted(of: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(of.items()))


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines]


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")
