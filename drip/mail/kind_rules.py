"""What a customer's reply wants by its wording: patterns of seven languages, in tables that people can read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from drip.mail import patterns, tails, words


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


ENDS, NEEDS, MILDS = words.tables("kinds_ends"), words.tables("kinds_needs"), words.tables("kinds_mild")
LONGEST_TEXT = 8_000
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


def unquoted(text: str) -> str:
    """Without the lines that they answer."""
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))


def own_words(text: str) -> str:
    """The words themselves, without quotes, signature and device line; nothing if there are none."""
    own = unquoted(text)[:LONGEST_TEXT]
    if all(tails.is_device(line) or not line.strip() for line in own.split("\n")):
        return ""
    return _unwrapped(tails.without(own))


def clauses(own: str) -> list[str]:
    """The words in pieces as small as a sentence."""
    pieces = (patterns.plain(piece) for piece in CLAUSE_ENDS.split(own.lower().translate(patterns.APOSTROPHES)))
    return [piece for piece in pieces if piece.strip("-–—_*.,")]


def _unwrapped(text: str) -> str:
    """Lines that a mail program broke are one sentence; a line that starts anew is another."""
    return re.sub(r"(?<=[\w,])\n(?=[a-zà-ÿ])", " ", text)


def found(said: list[str]) -> dict[Kind, list[str]]:
    """Every kind that the rules see, with the words that show it."""
    told = _but(WRONG_PERSON, NOT_WRONG_PERSON, said)
    asked = [clause for clause in said if not _referral([clause])]
    seen = {
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
    shown = {kind: evidence for kind, evidence in seen.items() if evidence}
    perhaps = [] if set(shown) - {Kind.courtesy, Kind.praise} else _perhaps_problem(said)
    return {**shown, Kind.problem: perhaps} if perhaps else shown


def decided(found: Mapping[Kind, Sequence[str]]) -> Kind:
    """The first in the order of the kinds, but "check back after Easter?" is no question; nothing found is unclear."""
    if not found:
        return Kind.unclear
    if Kind.not_now in found and not set(found) & {Kind.opt_out, Kind.leaving, Kind.problem, Kind.wrong_person}:
        asked = found.get(Kind.question, ())
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
    return undenied(TROUBLE, clauses) + patterns.found(BROKEN, clauses)


def _perhaps_problem(said: list[str]) -> list[str]:
    """Words that may be a complaint; they count where nobody asks, buys or praises in the same sentence."""
    clauses = [clause for clause in said if not (NOT_BROKEN.search(clause) or PRAISE.search(clause))]
    return patterns.found(PERHAPS_BROKEN, clauses)


def undenied(pattern: re.Pattern[str], said: Sequence[str]) -> list[str]:
    """What a pattern finds and no negation takes back."""
    found_at = ((clause, match) for clause in said for match in pattern.finditer(clause))
    return [match.group() for clause, match in found_at if not _is_denied(clause, match.start())]


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
