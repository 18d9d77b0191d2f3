"""What a customer's reply wants: rules by wording and weights learnt from examples, in seven languages."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from drip.mail import dates_around, dates_named, kind_rules, kind_traits, kind_weights, patterns
from drip.mail.kind_rules import Kind

__all__ = ["House", "Kind", "Understood", "house_of", "traits_of", "understand"]


@dataclass(frozen=True)
class Understood:
    """The kind, the words that decided, other kinds that show, and for not_now the day until which to wait. `is_cut`:
    only the beginning of a very long letter was read."""

    kind: Kind
    evidence: tuple[str, ...] = ()
    also: tuple[Kind, ...] = ()
    urgent: bool = False
    until: date | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class House:
    """Wordings that a house has added, compiled, by kind."""

    patterns: tuple[tuple[Kind, re.Pattern[str]], ...] = ()

    def found(self, said: Sequence[str]) -> dict[Kind, list[str]]:
        """Which of them stand in these clauses and are not denied there."""
        shown = {kind: kind_rules.undenied(pattern, said) for kind, pattern in self.patterns}
        return {kind: words for kind, words in shown.items() if words}


NO_HOUSE = House()


@functools.lru_cache(maxsize=8)
def house_of(wordings: tuple[tuple[str, str], ...]) -> House:
    """Kinds and wordings (the language of `drip.mail.patterns`) as one value; compiled once a process."""
    by_kind = {kind: [wording for name, wording in wordings if name == kind] for kind in Kind}
    return House(tuple((kind, patterns.compiled(lines)) for kind, lines in by_kind.items() if lines))


MOST_EVIDENCE = 5
# Chances from which a second kind shows; danger that the rules see is not outvoted by a kind word; the weights alone
# may silence somebody (less goes to a person). Then what mistakes cost, 1 being an ordinary one. By cross-validation.
ALSO_FROM, UNHEARD_FROM, SILENCED_FROM = 0.25, 0.02, 0.4
TAKEN_FOR_MILD, TAKEN_FOR_LATER, MISSED_OPT_OUT, NOT_MILD_ENOUGH = 4.0, 2.0, 2.0, 0.9
GRAVE = (Kind.opt_out, Kind.leaving, Kind.problem, Kind.wrong_person)
SURE = 0.9  # of trouble in the rest of a reply that asks for time
MILD = (Kind.not_now, Kind.praise, Kind.courtesy, Kind.unclear)


def understand(text: str, subject: str = "", on: date | None = None, house: House | None = None) -> Understood:
    """What the new words of a reply want (`drip.mail.quotes`); `on`, its day, lets "in October" become a date.

    Rules by wording and weights learnt from examples judge together; a wish to be left alone that the rules see stands
    whatever the weights say, and so does danger against a kind word. The subject counts only where the text says
    nothing: it is our own, most of the time. `house`: wordings that this house has added. Whoever writes more than is
    read here is read by a person: nothing mild is said of half a letter.
    """
    own = kind_rules.own_words(text) or kind_rules.own_words(_own_subject(subject))
    said = kind_rules.clauses(own)
    if not said:
        return Understood(Kind.unclear)
    found = kind_rules.found(said)
    traits, tokens = traits_of(own, found)
    chances = dict(zip(Kind, kind_weights.chances(traits), strict=True))
    added = (house or NO_HOUSE).found(said)
    kind = min((_besides(_weighed(_heeded(chances, said), found), said), *added), key=tuple(Kind).index)
    if kind in MILD and len(kind_rules.unquoted(text)) > kind_rules.LONGEST_TEXT:
        return Understood(Kind.unclear, is_cut=True)
    evidence = added.get(kind) or found.get(kind) or kind_weights.phrases(traits, tokens, tuple(Kind).index(kind))
    shows = {*found, *added, *(one for one in Kind if chances[one] > ALSO_FROM and one is not Kind.opt_out)}
    return Understood(
        kind,
        tuple(dict.fromkeys(evidence))[:MOST_EVIDENCE],
        tuple(one for one in Kind if one in shows and one not in (kind, Kind.unclear)),
        kind not in MILD and bool(patterns.found(kind_rules.URGENT, said)),
        _wait_until(text, on) if kind is Kind.not_now else None,
    )


def traits_of(own: str, found: Mapping[Kind, Sequence[str]]) -> tuple[list[kind_traits.Trait], list[str]]:
    """What the weights judge a reply by, and its tokens; what the rules say is one of its traits."""
    return kind_traits.of(own, (kind_rules.decided(found).value,))


def _besides(kind: Kind, said: list[str]) -> Kind:
    """Who asks for time and tells of trouble in another sentence is heard: the rest is judged by itself."""
    rest = [clause for clause in said if not kind_rules.LATER.search(clause)]
    if kind is not Kind.not_now or not rest or len(rest) == len(said):
        return kind
    found = kind_rules.found(rest)
    chances = dict(zip(Kind, kind_weights.chances(traits_of(". ".join(rest), found)[0]), strict=True))
    other = _weighed(_heeded(chances, rest), found)
    return other if other in (Kind.leaving, Kind.problem) and chances[other] >= SURE else kind


def _heeded(chances: Mapping[Kind, float], said: Sequence[str]) -> Mapping[Kind, float]:
    """Where the rules see words that only look like a wish for silence, the weights alone cannot bring it."""
    mistaken = any(kind_rules.NOT_OPT_OUT.search(clause) for clause in said)
    return {**chances, Kind.opt_out: 0.0} if mistaken else chances


def _weighed(chances: Mapping[Kind, float], found: Mapping[Kind, Sequence[str]]) -> Kind:
    """The kind that costs least, should we be wrong; the rules have the last word where somebody would be unheard."""
    by_rule = kind_rules.decided(found)
    if by_rule is Kind.opt_out:
        return by_rule
    sure = [said for said in Kind if said is not Kind.opt_out or chances[said] >= SILENCED_FROM]
    chosen = min(sure, key=lambda said: sum(chances[meant] * _cost(meant, said) for meant in Kind))
    unheard = chosen in (Kind.praise, Kind.courtesy) and by_rule in GRAVE
    return by_rule if unheard and chances[by_rule] > UNHEARD_FROM else chosen


def _cost(meant: Kind, said: Kind) -> float:
    """What a mistake costs: worst is that nobody looks at a reply that needs somebody."""
    if meant is said:
        return 0.0
    if said in (Kind.praise, Kind.courtesy):
        return 1.0 if meant in (Kind.praise, Kind.courtesy) else TAKEN_FOR_MILD
    if meant is Kind.opt_out:
        return MISSED_OPT_OUT
    if said is Kind.not_now and meant not in MILD:
        return TAKEN_FOR_LATER
    return NOT_MILD_ENOUGH if said is Kind.unclear else 1.0


def _own_subject(subject: str) -> str:
    return "" if ":" in subject[:5] else subject[:200]


def _wait_until(text: str, on: date | None) -> date | None:
    named = dates_named.until(patterns.plain(text), on)
    if named or on is None:
        return named
    plainly = dates_named.plainly(patterns.plain(text), on, dates_around.FARTHEST)
    return plainly or dates_named.in_a_while(text, on) or dates_around.around(text, on)
