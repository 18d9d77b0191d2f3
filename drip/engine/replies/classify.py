"""CLASSIFY: who is speaking, and what they mean. Pure: a mail in, its meaning out."""

import re
from dataclasses import dataclass
from datetime import date

from drip.mail import incoming, kinds, machines, quotes
from drip.models.reply import ReplyKind

# Whoever uses the address for leaving leaves, whatever the mail says: programs write it, at the press of a button.
OUR_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
AT_THE_WAY_OUT = ("It was sent to the address for unsubscribing.",)
VERY_LONG = ("It is a very long letter: a person should read it whole.",)
KIND_OF_MACHINE = {
    machines.Sender.auto_reply: ReplyKind.auto_reply,
    machines.Sender.out_of_office: ReplyKind.out_of_office,
    machines.Sender.bounce_hard: ReplyKind.bounce,
    machines.Sender.bounce_soft: ReplyKind.bounce,
    machines.Sender.complaint: ReplyKind.complaint,
    machines.Sender.list: ReplyKind.list,
    machines.Sender.own_copy: ReplyKind.own_copy,
    machines.Sender.notice: ReplyKind.auto_reply,
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """A reply understood. `new_text`: what was written now, without quotes. `until`: the day that it names, if it asks
    to wait. `permanent`: of a bounce, whether the address itself is bad; `delayed`: whether the mail is only late.
    `also`: what else a person says."""

    kind: ReplyKind
    new_text: str
    evidence: tuple[str, ...] = ()
    urgent: bool = False
    until: date | None = None
    permanent: bool = False
    also: tuple[ReplyKind, ...] = ()
    delayed: bool = False


def classify(
    mail: incoming.Incoming, own_domains: frozenset[str], *, way_out: bool, house: kinds.House | None = None
) -> Meaning:
    """What a mail means. `own_domains`: those that we send from and receive at; `way_out`: it went to stop+token.
    `house`: wordings that marketing has added."""
    words = quotes.new_text_of(mail)
    if way_out:
        return Meaning(ReplyKind.opt_out, words, AT_THE_WAY_OUT)
    told = _sent_by_us(mail, own_domains) or machines.told(mail, own_domains)
    if told.sender is not machines.Sender.human:
        return _machine(told, words, delayed=_is_late(mail))
    on = mail.sent_at.date() if mail.sent_at else None
    return _person(words, kinds.understand(words, mail.subject, on, house))


def _sent_by_us(mail: incoming.Incoming, own_domains: frozenset[str]) -> machines.Machine | None:
    """Our own mail has come round to us, whoever it now says it is from (RFC 3834 asks for such a look)."""
    local, _, domain = (mail.message_id or "").lower().partition("@")
    if domain in own_domains and OUR_ID.fullmatch(local):
        return machines.Machine(machines.Sender.own_copy, ("It carries a Message-ID of ours.",))
    return None


def _person(words: str, said: kinds.Understood) -> Meaning:
    return Meaning(
        kind=ReplyKind(said.kind.value),
        new_text=words,
        evidence=VERY_LONG if said.is_cut else _quoted(said.evidence),
        urgent=said.urgent,
        until=said.until,
        also=tuple(ReplyKind(each.value) for each in said.also),
    )


def _quoted(words: tuple[str, ...]) -> tuple[str, ...]:
    """What they wrote that made us think so, as a sentence for people."""
    return (f"They wrote {', '.join(f'“{each}”' for each in words)}.",) if words else ()


def _is_late(mail: incoming.Incoming) -> bool:
    """RFC 3464's own word, or the subject of mail systems that do not write reports."""
    return mail.report.action == "delayed" if mail.report else "delay" in mail.subject.lower()


def _machine(told: machines.Machine, words: str, *, delayed: bool) -> Meaning:
    return Meaning(
        kind=KIND_OF_MACHINE[told.sender],
        new_text=words,
        evidence=told.evidence,
        until=told.until,
        permanent=told.sender is machines.Sender.bounce_hard,
        delayed=delayed and told.sender is machines.Sender.bounce_soft,
    )
