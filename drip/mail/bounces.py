"""Mail that came back: is it a bounce, and is the address itself bad."""

from __future__ import annotations

from dataclasses import dataclass

from drip.mail import incoming, reports, words

SAYS = words.tables("bounces")
AWAY = words.tables("away")
OPENING = 6_000
FORWARDED = ("fw:", "fwd:", "wg:", "tr:", "rv:", "i:", "enc:", "re:", "aw:", "sv:", "vs:")
# RFC 3463: numbers that speak of the address (1.x: none such; 2.1 disabled) and of nothing else.
HARD_STATUS = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.4.4", "5.4.310")
ABOUT_THE_SENDER = ("5.1.7", "5.1.8")
GIVEN_BACK = frozenset({"failed", "failure", "delayed", ""})


@dataclass(frozen=True)
class Bounce:
    """`is_hard`: the address is bad for good; else full, blocked, late or refused for another reason.

    `is_notice`: nothing came back, a machine only says that the mail was delivered, passed on or read.
    """

    is_hard: bool
    is_notice: bool
    evidence: tuple[str, ...]


def found(mail: incoming.Incoming) -> Bounce | None:
    """The bounce that this mail is, or None."""
    report = mail.report
    if report is not None and report.kind == reports.DELIVERY and _is_no_forward(mail):
        if report.action not in GIVEN_BACK:
            return Bounce(is_hard=False, is_notice=True, evidence=(f"action: {report.action}",))
        return _judged(mail, f"delivery report: {report.action} {report.status}".strip())
    if report is not None and report.kind == reports.DISPOSITION:
        return Bounce(is_hard=False, is_notice=True, evidence=("read receipt",))
    sign = _sign(mail)
    return _judged(mail, sign) if sign else None


def _is_no_forward(mail: incoming.Incoming) -> bool:
    """A person may forward a bounce; a machine's subject does not start with Fwd:."""
    return _is_daemon(mail) or not mail.subject.lower().lstrip().startswith(FORWARDED)


def _sign(mail: incoming.Incoming) -> str:
    """What shows that this came back although it is no proper report."""
    if mail.first("x-failed-recipients"):
        return "x-failed-recipients"
    if _is_daemon(mail):
        return "from a mail system"
    subject = " ".join(mail.subject.lower().split())
    if subject.startswith(FORWARDED + AWAY["away_subjects"]):
        return ""
    if _is_perhaps_daemon(mail):
        said = _first_of(SAYS["subjects"], subject) or _first_of(
            SAYS["bodies"] + SAYS["loose_bodies"], _own_words(mail)
        )
        return f"from a mail system: {said}" if said else ""
    said = _first_of(SAYS["bodies"], _own_words(mail))
    if said and (mail.first("return-path").strip() == "<>" or mail.first("return-path").startswith("<MAILER-DAEMON")):
        return f"return-path: <>, {said}"
    is_plain = not mail.from_address or _first_of(SAYS["smtp_speech"], _own_words(mail))
    named = _first_of(SAYS["subjects"] if is_plain else SAYS["mail_subjects"], subject[:80]) if said else ""
    return f"subject: {named}" if named and not mail.in_reply_to else ""


def _is_daemon(mail: incoming.Incoming) -> bool:
    local = (mail.from_address or "").partition("@")[0]
    named = f"{mail.from_name} {mail.first('from')}".lower()
    return (
        local in SAYS["daemons"]
        or "mail delivery sub" in named
        or "mailer-daemon" in named
        or "mail delivery sys" in named
    )


def _is_perhaps_daemon(mail: incoming.Incoming) -> bool:
    return (mail.from_address or "").partition("@")[0].strip("\\") in SAYS["perhaps_daemons"]


def _judged(mail: incoming.Incoming, sign: str) -> Bounce:
    """Words about this one recipient count first, the status next, the machine's long letter last."""
    report = mail.report
    status = report.status if report else ""
    diagnostic = " ".join((report.diagnostic if report else "").lower().split())
    for said in (diagnostic, f"{' '.join(mail.subject.lower().split())} {_own_words(mail)}"):
        hard = _first_of(SAYS["hard"], said)
        soft = _first_of(SAYS["soft"], said.replace(hard, " ") if hard else said)
        if status in ABOUT_THE_SENDER:
            return Bounce(is_hard=False, is_notice=False, evidence=(sign, status))
        if hard or soft:
            is_hard = bool(hard) and (not soft or _outweighs(status, said))
            return Bounce(is_hard, is_notice=False, evidence=(sign, hard if is_hard else soft or hard))
        if said == diagnostic and status.startswith(("5", "4")) and not status.endswith(".0.0"):
            return Bounce(status in HARD_STATUS, is_notice=False, evidence=(sign, status))
    return Bounce(status in HARD_STATUS, is_notice=False, evidence=(sign,))


def _outweighs(status: str, said: str) -> bool:
    """Both kinds of words: the status decides, and without one the address is given another chance."""
    return status in HARD_STATUS or any(number in said for number in ("5.1.1", "550 5.1", "#5.1.1", "5.2.1 "))


def _first_of(table: tuple[str, ...], said: str) -> str:
    return next((one for one in table if one in said), "")


def _own_words(mail: incoming.Incoming) -> str:
    """What the machine says, without the mail that it gives back."""
    said = " ".join(mail.text[:OPENING].lower().split())
    ends = [place for mark in SAYS["original_below"] if (place := said.find(mark)) > 0]
    return said[: min(ends, default=len(said))]
