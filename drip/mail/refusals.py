"""What a mail server said when it refused a mail: is the address bad for good, or may it be good."""

import re

from drip.mail import words

SAYS = words.tables("bounces")
# RFC 3463: numbers that speak of the address (1.x: none such) or of a house that takes no mail.
HARD_STATUS = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.1.351", "5.4.4", "5.4.310")
ABOUT_THE_SENDER = ("5.1.7", "5.1.8")
STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
REPLY = re.compile(r"(?<![\d.\w-])5\d\d[ :-]")
MOST_LINES = 300


def of_one(said: str, status: str, *, stage: str = "") -> tuple[bool, str] | None:
    """What was said of one recipient, in lower case, with its status: whether it is hard, and the words that decided.

    Who refuses only once the letter is there (stage data), or with status 5.2.0, has the address and does not want
    the letter, although it says "user unknown".
    """
    if status in ABOUT_THE_SENDER or stage == "mail":
        return False, status or "refused the sender"
    if never := first(SAYS["hard_first"], said):
        return True, never
    if filtered := first(SAYS["soft_first"], said):
        return False, filtered
    hard = first(SAYS["hard"], said)
    soft = first(SAYS["soft"], said.replace(hard, " ") if hard else said)
    if hard and not soft:
        is_filter = hard in SAYS["hard_or_filter"] and stage == "data" and not status.startswith("5.1.")
        return not (is_filter or status == "5.2.0"), hard
    if hard:
        return status in HARD_STATUS, hard if status in HARD_STATUS else soft
    if soft in SAYS["out_of_use"] and status in HARD_STATUS:
        return True, status
    return (False, soft) if soft else None


def of_lines(lines: list[str], status: str = "") -> tuple[bool, str] | None:
    """What a transcript says: of several refusals one that is hard counts."""
    found: tuple[bool, str] | None = None
    stage = ""
    for line in lines[:MOST_LINES]:
        stage = _stage(line) or stage
        own = STATUS.search(line)
        if own is None and not REPLY.search(line):
            continue
        judged = of_one(line, own.group() if own else status, stage=stage)
        if judged is None and own is not None and own.group() in HARD_STATUS:
            judged = True, own.group()
        if judged is not None and judged[0]:
            return judged
        found = found or judged
    return found


def stage_of(lines: list[str]) -> str:
    """What we had said when the other side first refused: mail, rcpt, data, or nothing known."""
    last = ""
    for line in lines[:MOST_LINES]:
        if line.startswith("<<< 5"):
            return last
        last = _stage(line) or last
    return last if last == "data" else ""


def _stage(line: str) -> str:
    if line.startswith(">>> "):
        return line[4:8]
    if "end of data" in line:
        return "data"
    return "mail" if "after mail from" in line else ""


def first(table: tuple[str, ...], said: str) -> str:
    """The first entry of a table that stands in the words, or an empty text."""
    return next((one for one in table if one in said), "")
