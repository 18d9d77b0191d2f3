"""ALIGNMENT: does anything prove that a mail comes from where its From says? Pure: the provider's findings in.

A From is written by whoever writes the mail. It is proven when a domain that passed DKIM or SPF is that of the From, or
one lies within the other: only who holds a domain can sign for it or for what lies within it (DMARC, RFC 7489 3.1).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

UNPROVEN = "Neither DKIM nor SPF vouches for this sender."
_SIGNED = re.compile(r"@([^\s:{},]+) : pass")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the sender is proven, and the finding that says so, as a sentence."""

    is_proven: bool
    sentence: str


def judge(checks: Mapping[str, object], envelope_from: str, from_address: str | None) -> Verdict:
    """`checks`: what the provider found, `spf` and `dkim` in its own words."""
    domain = _domain(from_address)
    for how, vouching in _vouching(checks, envelope_from):
        if domain and _within(domain, vouching):
            return Verdict(is_proven=True, sentence=f"{how} vouches for {domain}.")
    return Verdict(is_proven=False, sentence=UNPROVEN)


def _vouching(checks: Mapping[str, object], envelope_from: str) -> Iterator[tuple[str, str]]:
    for signed in _SIGNED.findall(str(checks.get("dkim", "")).lower()):
        yield "DKIM", signed.strip(".")
    if str(checks.get("spf", "")).lower() == "pass":
        yield "SPF", _domain(envelope_from)


def _domain(address: str | None) -> str:
    return (address or "").lower().strip("<> ").rpartition("@")[2].strip(".")


def _within(one: str, other: str) -> bool:
    """The same, or one inside of the other; a top-level domain vouches for nobody."""
    shorter, longer = sorted((one, other), key=len)
    return "." in shorter and (longer == shorter or longer.endswith(f".{shorter}"))
