"""Mail that came back: is it a bounce, and is the address itself bad."""

from __future__ import annotations

from dataclasses import dataclass

from drip.mail import incoming, refusals, reports, words

SAYS = words.tables("bounces")
AWAY = words.tables("away")
OPENING = 6_000
FORWARDED = ("fw:", "fwd:", "wg:", "tr:", "rv:", "i:", "enc:", "re:", "aw:", "sv:", "vs:")
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
        refused = report.action == "deleted" and refusals.first(SAYS["bodies"] + SAYS["loose_bodies"], _own_words(mail))
        return _judged(mail, "deleted unread") if refused else Bounce(False, is_notice=True, evidence=("read receipt",))
    if told := notification(mail):
        is_bounce = told == "bounce"
        return _judged(mail, f"notification: {told}") if is_bounce else Bounce(False, is_notice=True, evidence=(told,))
    sign = _sign(mail)
    return _judged(mail, sign) if sign else None


def notification(mail: incoming.Incoming) -> str:
    """What the body says if it is no letter but the JSON of a sending service: bounce, complaint or delivery."""
    if not mail.text.lstrip().startswith("{"):
        return ""
    said = "".join(mail.text[:OPENING].lower().split()).replace("\\", "")
    _, found, rest = said.partition('"notificationtype":"')
    return rest.partition('"')[0][:20] if found else ""


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
    if _is_perhaps_daemon(mail) and refusals.first(SAYS["smtp_speech"], _own_words(mail)):
        return "from a mail system"
    if subject.startswith(FORWARDED + AWAY["away_subjects"]):
        return ""
    if _is_perhaps_daemon(mail):
        said = refusals.first(SAYS["subjects"], subject) or refusals.first(
            SAYS["bodies"] + SAYS["loose_bodies"], _own_words(mail)
        )
        return f"from a mail system: {said}" if said else ""
    said = refusals.first(SAYS["bodies"], _own_words(mail))
    if said and (mail.first("return-path").strip() == "<>" or mail.first("return-path").startswith("<MAILER-DAEMON")):
        return f"return-path: <>, {said}"
    is_plain = not mail.from_address or refusals.first(SAYS["smtp_speech"], _own_words(mail))
    named = refusals.first(SAYS["subjects"] if is_plain else SAYS["mail_subjects"], subject[:80]) if said else ""
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
    lines = _own_lines(mail)
    diagnostic = " ".join((report.diagnostic if report else "").lower().split())
    judged = refusals.of_one(diagnostic, status, stage=refusals.stage_of(lines)) if diagnostic else None
    if judged is None and status.startswith(("5", "4")) and not status.endswith(".0.0"):
        judged = refusals.of_lines(lines, status) if not diagnostic else None
        judged = judged or (status in refusals.HARD_STATUS, status)
    judged = judged or refusals.of_lines(lines, status)
    judged = judged or refusals.of_one(f"{' '.join(mail.subject.lower().split())} {_own_words(mail)}", status)
    is_hard, said = judged or (status in refusals.HARD_STATUS, "")
    return Bounce(is_hard, is_notice=False, evidence=(sign, said) if said else (sign,))


def _own_lines(mail: incoming.Incoming) -> list[str]:
    """The same, line by line as it came."""
    size = len(_own_words(mail))
    found, place = [], 0
    for line in mail.text[:OPENING].lower().split("\n"):
        found.append(" ".join(line.split()))
        place += len(found[-1]) + 1
        if place > size:
            break
    return found


def _own_words(mail: incoming.Incoming) -> str:
    """What the machine says, without the mail that it gives back."""
    said = " ".join(mail.text[:OPENING].lower().split())
    ends = [place for mark in SAYS["original_below"] if (place := said.find(mark)) > 0]
    return said[: min(ends, default=len(said))]
