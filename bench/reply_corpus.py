"""What Drip makes of a mail, in the words of the scorers of a corpus of real replies: `make corpus`.

The corpus is not part of this project. Where its folder lies beside it (../shared/corpus, or wherever DRIP_CORPUS
says), its scorers print their figures, and these must not fall under bench/floors.toml.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from drip.mail import incoming, kinds, machines, quotes

ROOT = Path(__file__).parents[1]
PLACES = (ROOT.parent / "shared" / "corpus", ROOT.parents[1] / "shared" / "corpus")
FLOORS = Path(__file__).with_name("floors.toml")
NOBODYS_DOMAINS: frozenset[str] = frozenset()
HERE = "bench.reply_corpus"


def extract(message: bytes | str) -> str:
    """The new words: of a whole mail (bytes) or of a bare text (str)."""
    if isinstance(message, str):
        return quotes.new_text(message)
    mail = _read(message)
    return quotes.new_text_of(mail) if mail else ""


def label(message: bytes) -> str:
    """Who wrote a whole mail: human, auto_reply, out_of_office, bounce_hard, bounce_soft, complaint, list or other."""
    mail = _read(message)
    if mail is None:
        return "other"
    told = machines.told(mail, NOBODYS_DOMAINS)
    return "other" if told.sender is machines.Sender.notice else told.sender.value


def kind(text: str, lang: str | None = None) -> tuple[str, bool]:
    """What a person wants, and whether it is urgent. `lang` is not needed: the product is never told it."""
    said = kinds.understand(text)
    return said.kind.value, said.urgent


def _read(message: bytes) -> incoming.Incoming | None:
    """As the worker reads it; None for what goes to a person unread."""
    try:
        return incoming.parse(message)
    except incoming.UnreadableMail:
        return None


def folder() -> Path | None:
    """Where the corpus lies, if it does."""
    named = os.environ.get("DRIP_CORPUS")
    return next(
        (place for place in ([Path(named)] if named else PLACES) if (place / "score_replies.py").exists()), None
    )


def figures(corpus: Path) -> tuple[dict[str, float], str]:
    """The figures that have a floor, and all that the scorers print."""
    replies = _scored(corpus, "score_replies.py", "extract", "--split", "dev")
    mails = _scored(corpus, "score_auto.py", "label", "--split", "dev", "--coarse")
    address = ("--basis", "address", "--only", "bounce_hard,bounce_soft")
    bounces = _scored(corpus, "score_auto.py", "label", "--split", "dev", *address)
    wishes = _scored(corpus, "score_kinds.py", "kind", "--file", str(corpus / "kinds" / "dev.jsonl"))
    hostile = _ran("-m", "bench.hostile", str(corpus / "hostile"))
    every = _row(replies, "dev ALL")
    found = {
        "replies_accepted": every[3],
        "replies_f1": every[5],
        "replies_lost_at_most": _row(replies, "dev clean")[7],
        "bounce_precision": _rates(mails, "bounce")[0],
        "bounce_recall": _rates(mails, "bounce")[1],
        "automatic_recall": _rates(mails, "auto")[1],
        "human_recall": _rates(mails, "human")[1],
        "hard_f1": _rates(bounces, "bounce_hard")[2],
        "kinds_accuracy": _after(wishes, r"accuracy +\d+/\d+ = "),
        "opt_out_recall": _after(wishes, r"recall +opt_out "),
        "taken_for_mild_at_most": _after(wishes, r"said courtesy/praise, "),
        "hostile_unreadable_at_most": _after(hostile, "hostile_unreadable "),
        "hostile_slowest_ms_at_most": _after(hostile, "hostile_slowest_ms "),
        "hostile_child_mb_at_most": _after(hostile, "hostile_child_mb "),
    }
    return found, "\n".join((replies, mails, bounces, wishes, hostile))


def fallen(found: dict[str, float]) -> list[str]:
    """The figures that are worse than their floor."""
    floors = tomllib.loads(FLOORS.read_text(encoding="utf-8"))
    return [
        f"{name} is {found[name]:g}, and its floor is {floor:g}"
        for name, floor in floors.items()
        if (found[name] > floor if name.endswith("at_most") else found[name] < floor)
    ]


def _scored(corpus: Path, scorer: str, call: str, *options: str) -> str:
    return _ran(str(corpus / scorer), "--call", f"{HERE}:{call}", *options)


def _ran(*words: str) -> str:
    """What Python prints; raises where it fails."""
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _row(printed: str, name: str) -> list[float]:
    line = next(line for line in printed.splitlines() if line.startswith(name))
    return [float(word) for word in line.removeprefix(name).split()]


def _after(printed: str, words: str) -> float:
    return float(re.split(words, printed, maxsplit=1)[1].split()[0])


def _rates(printed: str, name: str) -> list[float]:
    line = next(line for line in printed.splitlines() if line.strip().startswith(f"{name} ") and "precision" in line)
    return [float(number) for number in re.findall(r"\d\.\d{3}", line)]


def main() -> int:
    corpus = folder()
    if corpus is None:
        print("The corpus of real replies does not lie beside this project: nothing is scored.")
        return 0
    found, printed = figures(corpus)
    print(printed)
    for name, value in found.items():
        print(f"{name:<28} {value:g}")
    print("\n".join(fallen(found)) or "No figure is under its floor.")
    return 1 if fallen(found) else 0


if __name__ == "__main__":
    sys.exit(main())
