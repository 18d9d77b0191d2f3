"""What a customer's reply wants: rules by wording, in seven languages; when unsure, unclear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from drip.mail import dates_named, patterns, tails, words


class Kind(StrEnum):
    """What a reply wants of us; when several apply, the first of these counts."""

    opt_out = "opt_out"
    leaving = "leaving"
    problem = "problem"
    wrong_person = "wrong_person"
    question = "question"
    buying = "buying"
    referral = "referral"
    not_now = "not_now"
    praise = "praise"
    courtesy = "courtesy"
    unclear = "unclear"


@dataclass(frozen=True)
class Understood:
    """The kind, the words that decided, other kinds that show, and for not_now the day until which to wait."""

    kind: Kind
    evidence: tuple[str, ...] = ()
    also: tuple[Kind, ...] = ()
    urgent: bool = False
    until: date | None = None


ENDS, NEEDS, MILDS = words.tables("kinds_ends"), words.tables("kinds_needs"), words.tables("kinds_mild")
LONGEST_TEXT = 8_000
MOST_EVIDENCE = 5
MILD = (Kind.not_now, Kind.praise, Kind.courtesy, Kind.unclear)
BUT = "but|however|although|though|only thing|aber|jedoch|mais|pero|ma però|maar|porém"
CLAUSE_ENDS = re.compile(rf"[.!;\n]+\s*|(?<=\?)\s*|,?\s(?=(?:{BUT})\s)|\s[-–—]\s")
FILLER = re.compile(rf"[^\w\s]|\b(?:{'|'.join(ENDS['polite'])})\b")

NEGATORS = frozenset(NEEDS["negators"])
OPT_OUT = patterns.compiled(ENDS["opt_out"])
NOT_OPT_OUT = patterns.compiled(ENDS["not_opt_out"])
LEAVING = patterns.compiled(ENDS["leaving"])
NOT_LEAVING = patterns.compiled(ENDS["not_leaving"])
WRONG_PERSON = patterns.compiled(ENDS["wrong_person"])
NOT_WRONG_PERSON = patterns.compiled(ENDS["not_wrong_person"])
TROUBLE = patterns.compiled(NEEDS["trouble"])
BROKEN = patterns.compiled(NEEDS["broken"])
PERHAPS_BROKEN = patterns.compiled(NEEDS["perhaps_broken"])
NOT_BROKEN = patterns.compiled(NEEDS["not_broken"])
ASKS = patterns.compiled(NEEDS["asks"])
POLITE = patterns.compiled(NEEDS["polite"])
BUYING = patterns.compiled(NEEDS["buying"])
NOT_BUYING = patterns.compiled(NEEDS["not_buying"])
PEOPLE = patterns.compiled(NEEDS["people"])
RECOMMENDS = patterns.compiled(NEEDS["recommends"])
REFERRAL_ALONE = patterns.compiled(NEEDS["referral_alone"])
LATER = patterns.compiled(MILDS["later"])
PRAISE = patterns.compiled(MILDS["praise"])
WISHES = patterns.compiled(MILDS["wishes"])
COURTESY = patterns.compiled(MILDS["courtesy"])
URGENT = patterns.compiled(MILDS["urgent"])


def understand(text: str, subject: str = "", on: date | None = None) -> Understood:
    """What the new words of a reply want (`drip.mail.quotes`); `on`, its day, lets "in October" become a date.

    The subject counts only where the text says nothing: it is our own, most of the time.
    """
    said = _clauses(text) or _clauses(_own_subject(subject))
    found = _everything(said)
    if not found:
        return Understood(Kind.unclear)
    kind = _decided(found)
    also = tuple(one for one in Kind if one in found and one is not kind)
    until = _wait_until(text, on) if kind is Kind.not_now else None
    urgent = kind not in MILD and bool(patterns.found(URGENT, said))
    return Understood(kind, tuple(dict.fromkeys(found[kind]))[:MOST_EVIDENCE], also, urgent, until)


def _own_subject(subject: str) -> str:
    return "" if ":" in subject[:5] else subject[:200]


def _clauses(text: str) -> list[str]:
    """The words in pieces as small as a sentence, without quotes, signature and greeting."""
    own = "\n".join(line for line in text[:LONGEST_TEXT].split("\n") if not line.lstrip().startswith(">"))
    if all(tails.is_device(line) or not line.strip() for line in own.split("\n")):
        return []
    pieces = (
        patterns.plain(piece)
        for piece in CLAUSE_ENDS.split(_unwrapped(tails.without(own)).lower().translate(patterns.APOSTROPHES))
    )
    return [piece for piece in pieces if piece.strip("-–—_*.,")]


def _unwrapped(text: str) -> str:
    """Lines that a mail program broke are one sentence; a line that starts anew is another."""
    return re.sub(r"(?<=[\w,])\n(?=[a-zà-ÿ])", " ", text)


def _everything(said: list[str]) -> dict[Kind, list[str]]:
    """Every kind that shows, with the words that show it."""
    told = _but(WRONG_PERSON, NOT_WRONG_PERSON, said)
    asked = [clause for clause in said if not _referral([clause])]
    found = {
        Kind.opt_out: _opt_out(said),
        Kind.leaving: _but(LEAVING, NOT_LEAVING, said),
        Kind.problem: _problem(said),
        Kind.wrong_person: told,
        Kind.question: _question(said),
        Kind.buying: _but(BUYING, NOT_BUYING, asked),
        Kind.referral: _referral(said),
        Kind.not_now: patterns.found(LATER, said),
        Kind.praise: _but(PRAISE, WISHES, said),
        Kind.courtesy: patterns.found(COURTESY, said),
    }
    shown = {kind: evidence for kind, evidence in found.items() if evidence}
    perhaps = [] if set(shown) - {Kind.courtesy, Kind.praise} else _perhaps_problem(said)
    return {**shown, Kind.problem: perhaps} if perhaps else shown


def _decided(found: dict[Kind, list[str]]) -> Kind:
    """The first in the order of the kinds, but "check back after Easter?" is no question."""
    if Kind.not_now in found and not set(found) & {Kind.opt_out, Kind.leaving, Kind.problem, Kind.wrong_person}:
        asked = found.get(Kind.question, [])
        if all(LATER.search(clause) for clause in asked) and Kind.buying not in found:
            return Kind.not_now
    return next(kind for kind in Kind if kind in found)


def _but(pattern: re.Pattern[str], against: re.Pattern[str], said: list[str]) -> list[str]:
    return patterns.found(pattern, [clause for clause in said if not against.search(clause)])


def _opt_out(said: list[str]) -> list[str]:
    """A short clear request, or an explicit sentence; "we must stop this" is neither."""
    whole = " ".join(FILLER.sub(" ", " ".join(said)).split())
    if whole in ENDS["stop_alone"]:
        return [whole]
    return _but(OPT_OUT, NOT_OPT_OUT, said)


def _problem(said: list[str]) -> list[str]:
    clauses = [clause for clause in said if not NOT_BROKEN.search(clause)]
    trouble = [
        match.group()
        for clause in clauses
        for match in TROUBLE.finditer(clause)
        if not _is_denied(clause, match.start())
    ]
    return trouble + patterns.found(BROKEN, clauses)


def _perhaps_problem(said: list[str]) -> list[str]:
    """Words that may be a complaint; they count where nobody asks, buys or praises in the same sentence."""
    clauses = [clause for clause in said if not (NOT_BROKEN.search(clause) or PRAISE.search(clause))]
    return patterns.found(PERHAPS_BROKEN, clauses)


def _is_denied(clause: str, place: int) -> bool:
    """`no problems`, `not a single complaint`, `if there is a problem`."""
    return not NEGATORS.isdisjoint(clause[:place].split()[-5:])


def _referral(said: list[str]) -> list[str]:
    alone = patterns.found(REFERRAL_ALONE, said)
    both = [clause for clause in said if PEOPLE.search(clause) and RECOMMENDS.search(clause)]
    return alone + patterns.found(RECOMMENDS, both)


def _question(said: list[str]) -> list[str]:
    """Questions that are neither polite nor about buying or a friend."""
    asking = [clause for clause in said if clause.endswith("?") or ASKS.match(clause)]
    return [
        clause[-60:]
        for clause in asking
        if not (POLITE.search(clause) or _is_of_another_kind(clause)) and len(clause) > 3
    ]


def _is_of_another_kind(clause: str) -> bool:
    return bool(_referral([clause]) or _but(BUYING, NOT_BUYING, [clause]))


def _wait_until(text: str, on: date | None) -> date | None:
    named = dates_named.until(patterns.plain(text), on)
    return named or (dates_named.in_a_while(text, on) if on else None)
