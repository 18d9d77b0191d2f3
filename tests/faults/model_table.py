"""A model of messages under way, explored in every order: `python -m tests.faults.model [--senders 3] [--mails 2]`.

Senders, a scheduler, a reconciler, the provider, the customer, marketing and a rep act in any order on the check-ins
that one customer is due today (two campaigns, so the cap has something to do). A sender that dies forgets; one that
stalls simply does not act while others do. Fences and attempts are kept as "still the newest or not", so any number of
claims is covered; any lease may lapse and any request be given up at any moment, so clocks are covered too.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tests.faults.model_arrows import ARROWS

NOBODY = -1  # the owner of a request whose sender has died or no longer listens
NOTHING: frozenset[str] = frozenset()


ALLOWED = frozenset(ARROWS)
TERMINAL = frozenset({"accepted", "failed", "skipped", "cancelled"})
UNUSED = frozenset({"presumed_lost"})  # the code has the word and no arrow leads there
OUT = frozenset({"handed", "accepted", "ambiguous"})  # what counts towards the day's cap
ENDS = {"2xx": "accepted", "refused": "failed", "in doubt": "ambiguous"}


class Mail(NamedTuple):
    """One message as SQL has it; `accepted`: how many requests for it the provider has taken."""

    state: str = "queued"
    kind: str = "check_in"
    leased: bool = False
    accepted: int = 0


class Sender(NamedTuple):
    """What one worker is about to do with a mail: `idle drafted handed flying`, or `knows` an outcome. `newest`: its
    fence or attempt is still that of the message."""

    phase: str = "idle"
    mail: int = 0
    newest: bool = False
    outcome: str = ""


IDLE = Sender()


class State(NamedTuple):
    """SQL, what each sender believes, and the requests on their way: (mail, the sender that listens)."""

    mails: tuple[Mail, ...]
    senders: tuple[Sender, ...]
    stop: str = "none"  # none, held (may be released), ended
    network: tuple[tuple[int, int], ...] = ()


class Step(NamedTuple):
    """Who does what; by which arrow, if a mail changes; and what is the case then."""

    said: str
    after: State
    why: str = ""
    mail: int = 0


def begin(senders: int, mails: int) -> State:
    """Nothing has happened yet."""
    return State((Mail(),) * mails, (IDLE,) * senders)


def steps(now: State, broken: frozenset[str] = NOTHING) -> Iterator[Step]:
    """Everything that could happen next; `broken` builds known mistakes in."""
    for mail in range(len(now.mails)):
        yield from _scheduler(now, mail, broken)
        yield from _people(now, mail)
        if now.mails[mail].accepted and now.mails[mail].state in ("handed", "ambiguous"):
            yield Step("event: processed", _mail(now, mail, state="accepted"), "event", mail)
    for me, sender in enumerate(now.senders):
        yield from _work(now, me, sender, broken)
    yield from _provider(now)
    yield from _customer(now)


def _scheduler(now: State, at: int, broken: frozenset[str]) -> Iterator[Step]:
    mail = now.mails[at]
    claimed = _mail(_outdated(now, at), at, state="claimed", leased=True)
    if mail.state == "queued" and (now.stop == "none" or mail.kind == "answer"):
        yield Step("scheduler: claims", claimed, "claim", at)
    if mail.state == "claimed" and mail.leased:
        yield Step("time: the lease lapses", _mail(now, at, leased=False))
    if mail.state == "claimed" and not mail.leased:
        yield Step("scheduler: claims again", claimed, "claim again, the lease has lapsed", at)
        yield Step("reconciler: takes the claim back", _queued(now, at), ARROWS[2].why, at)
    if mail.state == "handed":
        yield Step("reconciler: gives the request up", _mail(now, at, state="ambiguous"), "reconcile", at)
        if "rescue of handed rows" in broken:
            yield Step("scheduler: rescues a handed row", claimed, "rescue", at)
    if mail.state == "ambiguous" and "resend after silence" in broken:
        yield Step("reconciler: no event came, sends again", _queued(now, at), "resend", at)


def _work(now: State, me: int, sender: Sender, broken: frozenset[str]) -> Iterator[Step]:
    who = f"sender {me}:"
    if sender.phase == "idle":
        for at, mail in enumerate(now.mails):
            if mail.state == "claimed":
                yield Step(f"{who} drafts", _sender(now, me, Sender("drafted", at, newest=True)))
        return
    yield Step(f"{who} dies", _unheard(_sender(now, me, IDLE), me))
    if sender.phase == "drafted":
        yield from _gate(now, me, sender, broken)
    elif sender.phase == "handed":
        flying = _sender(now, me, sender._replace(phase="flying"))
        yield Step(f"{who} its request leaves", flying._replace(network=_sorted(*now.network, (sender.mail, me))))
        yield Step(f"{who} look too old, or no connection", _knows(now, me, "not sent"))
    elif sender.phase == "flying":
        again = _sender(now, me, sender._replace(phase="handed"))
        after = again if "retry on timeout" in broken else _knows(now, me, "in doubt")
        yield Step(f"{who} waits no longer", _unheard(after, me))
    else:
        yield _settle(now, me, sender)


def _gate(now: State, me: int, sender: Sender, broken: frozenset[str]) -> Iterator[Step]:
    who, at, idle = f"sender {me}:", sender.mail, _sender(now, me, IDLE)
    mail = now.mails[at]
    if not (mail.state == "claimed" and sender.newest and mail.leased):
        yield Step(f"{who} gate finds nothing of its own", idle)
        return
    cap = mail.kind == "answer" or not any(_counts(each) for each in now.mails) or "cap outside the gate" in broken
    free = mail.kind == "answer" or now.stop == "none" or "stop checked at claim only" in broken
    if free and cap:
        handed = _sender(now, me, Sender("handed", at, newest=True))
        late = "mark handed after the request" in broken
        yield Step(f"{who} gate lets it pass", handed if late else _mail(handed, at, state="handed", leased=False),
                   "" if late else "gate: pass", at)  # fmt: skip
    if now.stop == "ended":
        yield Step(f"{who} gate sees the stop", _mail(idle, at, state="cancelled", leased=False), "gate: stopped", at)
    yield Step(f"{who} gate puts it off", _queued(idle, at), "gate: not now", at)
    yield Step(f"{who} goes home", _queued(idle, at), ARROWS[2].why, at)
    if mail.kind == "check_in" and now.stop == "none":
        yield Step(f"{who} gate skips it", _mail(idle, at, state="skipped", leased=False), "gate: never this step", at)


def _settle(now: State, me: int, sender: Sender) -> Step:
    idle, at, outcome = _sender(now, me, IDLE), sender.mail, sender.outcome
    mail, said = now.mails[at], f"sender {me}: settles {outcome}"
    if mail.state == "handed" and sender.newest and outcome == "not sent":
        if now.stop == "ended" and mail.kind == "check_in":
            return Step(said, _mail(idle, at, state="cancelled"), "settle: not sent, and the enrollment has ended", at)
        return Step(said, _queued(idle, at), "settle: not sent", at)
    if mail.state == "handed" and sender.newest:
        return Step(said, _mail(idle, at, state=ENDS[outcome]), f"settle: {outcome}", at)
    if mail.state == "ambiguous" and sender.newest and outcome == "2xx":
        return Step(said, _mail(idle, at, state="accepted"), "settle: a late 2xx", at)
    return Step(f"{said}, too late", idle)


def _provider(now: State) -> Iterator[Step]:
    for index, (at, owner) in enumerate(now.network):
        rest = now._replace(network=now.network[:index] + now.network[index + 1 :])
        took = _mail(rest, at, accepted=now.mails[at].accepted + 1)
        yield Step("provider: takes it, 202", _told(took, owner, "2xx"))
        yield Step("provider: takes it, and answers 5xx or not at all", _told(took, owner, "in doubt"))
        yield Step("provider: does not get it whole, or 5xx", _told(rest, owner, "in doubt"))
        yield Step("provider: 400", _told(rest, owner, "refused"))
        yield Step("provider: 429 or 401", _told(rest, owner, "not sent"))


def _customer(now: State) -> Iterator[Step]:
    if now.stop == "none":
        yield Step("customer: replies and is held", now._replace(stop="held"))
    if now.stop == "held":
        yield Step("rep: releases the hold", now._replace(stop="none"))
    if now.stop != "ended":
        ended = now._replace(stop="ended")
        for at, mail in enumerate(now.mails):
            if mail.kind == "check_in" and mail.state in ("queued", "claimed"):
                ended = _mail(_outdated(ended, at), at, state="cancelled", leased=False)
        yield Step("customer: unsubscribes", ended, "stop")


def _people(now: State, at: int) -> Iterator[Step]:
    mail = now.mails[at]
    if mail.kind == "check_in" and mail.state in ("queued", "claimed"):
        skipped = _mail(_outdated(now, at), at, state="skipped", leased=False)
        yield Step("marketing: resumes and leaves it out", skipped, "marketing leaves it out", at)
        if now.stop != "ended":
            answer = _mail(_queued(now, at), at, kind="answer")
            yield Step("rep: writes in its place", answer, "rep writes in its place", at)


def _counts(mail: Mail) -> bool:
    return mail.kind == "check_in" and mail.state in OUT


def _mail(now: State, at: int, **changes: object) -> State:
    mails = now.mails
    return now._replace(mails=(*mails[:at], mails[at]._replace(**changes), *mails[at + 1 :]))  # type: ignore[arg-type]


def _queued(now: State, at: int) -> State:
    return _mail(_outdated(now, at), at, state="queued", leased=False)


def _outdated(now: State, at: int) -> State:
    """The fence has risen: whoever has drafted with the old one is too late."""
    old = (each.phase == "drafted" and each.mail == at and each.newest for each in now.senders)
    return now._replace(senders=tuple(
        each._replace(newest=False) if is_old else each for each, is_old in zip(now.senders, old, strict=True)
    ))  # fmt: skip


def _sender(now: State, me: int, sender: Sender) -> State:
    return now._replace(senders=(*now.senders[:me], sender, *now.senders[me + 1 :]))


def _knows(now: State, me: int, outcome: str) -> State:
    return _sender(now, me, now.senders[me]._replace(phase="knows", outcome=outcome))


def _told(now: State, owner: int, outcome: str) -> State:
    return now if owner == NOBODY else _knows(now, owner, outcome)


def _unheard(now: State, me: int) -> State:
    return now._replace(network=_sorted(*((mail, NOBODY if owner == me else owner) for mail, owner in now.network)))


def _sorted(*network: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(network))
