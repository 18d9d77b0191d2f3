"""The people of the simulation: customers who answer and leave, a shop that corrects itself, reps, marketing."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import errors
from drip.campaigns import publish
from drip.engine.handoffs import answer, hand_off, resolve
from drip.engine.people import suppress as suppression
from drip.engine.purchases import intake
from drip.engine.replies import classify, follow_up, receive
from drip.engine.sending import catch_up, pause, stop_all
from drip.mail import incoming
from drip.models import handoff, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.handoff import Handoff, Resolution
from drip.models.inbound import InboundMail, InboundState
from drip.models.purchase import Purchase, PurchaseStatus
from drip.models.reasons import Reason
from drip.models.reply import ReplyKind
from drip.models.system import SystemState
from drip.providers.sendgrid.inbound import ReceivedMail
from tests.faults import simulation_asks, simulation_house
from tests.faults.simulation_crew import KEY, Stage

REP = "rita@quay.example"
OPTED_OUT = suppression.Stop(Reason.unsubscribed)
SAID = (ReplyKind.problem, ReplyKind.question, ReplyKind.praise, ReplyKind.out_of_office, ReplyKind.opt_out)


class People:
    """Whoever does something to the machine from outside; every act is a transaction of its own."""

    def __init__(self, stage: Stage, folder: Path, buyers: int) -> None:
        self.stage, self.folder, self.buyers = stage, folder, buyers
        self.edition, self.orders = 0, 0
        self.ids: dict[str, int] = {}
        self.letters: list[Mapping[str, Any]] = []  # mails that somebody will answer
        self.is_calm = False

    def move_in(self) -> None:
        """Everything is published, and the first purchases come."""
        self._publish()
        start = self.stage.read(system.business_now)
        for portion in simulation_house.first_purchases(self.buyers, start):
            self.stage.write(partial(intake.record, purchases=portion, key=KEY))
        self.ids = {row.email: row.id for row in self.stage.read(simulation_asks.customers)}

    def wave(self) -> None:
        """A day's check-ins fall due: around it, people do what they do."""
        chance, later = self.stage.chance, self.stage.loop.call_later
        if self.is_calm:
            return
        for _ in range(max(1, self.buyers // 200)):
            number = chance.randrange(self.buyers)
            act = chance.choices((self._leave, self._hold, self._refund, self._correct, self._buy), (2, 3, 2, 4, 3))[0]
            later(chance.random() * 1.5, act, number)
        while self.letters:
            later(chance.choice((0.0, 0.2, 1.0)) * chance.random(), self._answer, self.letters.pop())
        if chance.random() < 0.05:
            later(chance.random(), self._pause, chance.choice(("ride", "care")))
        if chance.random() < 0.06:
            later(chance.random(), self._pause_all)
        if chance.random() < 0.1:
            later(chance.random(), self._publish)

    def got(self, message_id: str, mail: Mapping[str, Any], answered: bool) -> None:
        """The provider delivers a mail: it reports, and the customer may do something."""
        chance = self.stage.chance
        if chance.random() < (0.15 if answered else 0.9):
            self._report(message_id, mail)
        if chance.random() < 0.006 * self.stage.talk and not self.is_calm and _to(mail) in self.ids:
            self.letters.append(mail)

    def _report(self, message_id: str, mail: Mapping[str, Any]) -> None:
        chance = self.stage.chance
        names = ["processed", chance.choices(("delivered", "deferred", "bounce", "spamreport"), (96, 2, 1, 1))[0]]
        for name in names[: chance.choice((1, 2, 2))]:
            told = {"event": name, "email": _to(mail), "message_id": message_id,
                    "timestamp": int(self.stage.clock.now().timestamp()), "sg_event_id": f"{message_id}{name}",
                    "type": "bounce", "status": "5.1.1"}  # fmt: skip
            for _ in range(46 if chance.random() < 0.002 else chance.choice((1, 1, 1, 2, 3))):
                late = chance.random() * (4 if chance.random() < 0.95 else 300)
                self.stage.loop.call_later(late, self.stage.post.append, told)

    def _answer(self, mail: Mapping[str, Any]) -> None:
        """They reply; the mail may be posted twice."""
        written = EmailMessage()
        written["From"], written["Subject"] = _to(mail), "Re: hello"
        written["Message-ID"] = f"<{self.stage.chance.getrandbits(64)}@buyers.example>"
        written.set_content("The bell squeaks.")
        posted = ReceivedMail(raw=written.as_bytes(), envelope_to=(mail["reply_to"]["email"],),
                              envelope_from=str(written["From"]), spf="pass", dkim="none", sender_ip="")  # fmt: skip
        stored = [self.stage.write(lambda session: receive.store(session, posted, KEY))
                  for _ in range(self.stage.chance.choice((1, 2)))]  # fmt: skip
        customer_id = self.ids[_to(mail)]
        if stored[0] is None:
            return
        self.stage.oracle.stop(customer_id, "had replied")
        kind = self.stage.chance.choice(SAID)
        self.stage.loop.call_later(5 * self.stage.chance.random(), self._understand, stored[0], kind, customer_id)

    def _understand(self, inbound_id: int, kind: ReplyKind, customer_id: int) -> None:
        def conclude(session: Session) -> None:
            row = session.get_one(InboundMail, inbound_id)
            if row.state is InboundState.stored:
                mail = incoming.parse(row.raw)
                follow_up.conclude(session, row, mail, classify.Meaning(kind, "words"), KEY)

        self.stage.write(conclude)
        open_now = self.stage.read(lambda session: handoff.unclosed(session, customer_id))
        if open_now is None and kind is not ReplyKind.opt_out:
            self.stage.oracle.release(customer_id)
        if open_now is not None:
            self.stage.loop.call_later(60 * self.stage.chance.random(), self.settle, open_now.id)

    def settle(self, handoff_id: int) -> None:
        """The rep answers, perhaps in a step's place, and resolves."""
        chance = self.stage.chance
        words = answer.Words("I will oil it.", f"d{handoff_id}", 0, for_step=chance.random() < 0.5)
        how = chance.choices(tuple(Resolution), (6, 2, 1, 1))[0]

        def reply(session: Session) -> None:
            version = session.get_one(Handoff, handoff_id).version
            told = answer.Words(words.text, words.draft_id, version, for_step=words.for_step)
            with suppress(errors.DripError):
                answer.answer(session, handoff_id, told, REP)

        def close(session: Session) -> int:
            on = (system.business_now(session) + timedelta(days=chance.randrange(1, 8))).date()
            return resolve.resolve(session, handoff_id, how, on, REP).customer_id

        if chance.random() < 0.5:
            self.stage.write(reply)
        customer_id = self.stage.write(close)
        if not self._is_suppressed(customer_id):
            self.stage.oracle.release(customer_id)

    def _is_suppressed(self, customer_id: int) -> bool:
        def ask(session: Session) -> bool:
            return bool(suppression.in_force(session, session.get_one(Customer, customer_id), KEY))

        return self.stage.read(ask)

    def _leave(self, number: int) -> None:
        who = self._id(number)
        self.stage.write(lambda session: suppression.suppress(session, who, OPTED_OUT, KEY))
        self.stage.oracle.release(who)
        self.stage.oracle.stop(who, "had unsubscribed")

    def _hold(self, number: int) -> None:
        who = self._id(number)
        row = self.stage.write(lambda session: hand_off.by_rep(session, who, 1, "I phoned her.", REP))
        self.stage.oracle.stop(who, "was taken by a rep")
        self.stage.loop.call_later(60 * self.stage.chance.random(), self.settle, row.id)

    def _refund(self, number: int) -> None:
        self._again(number, status="refunded")

        def theirs(session: Session) -> list[int]:
            refunded = (Purchase.status == PurchaseStatus.refunded, Purchase.customer_id == self._id(number))
            rows = select(Enrollment.id).join(Purchase, Purchase.id == Enrollment.purchase_id).where(*refunded)
            return list(session.scalars(rows))

        for enrollment_id in self.stage.read(theirs):
            self.stage.oracle.refunded.setdefault(enrollment_id, self.stage.clock.monotonic())

    def _correct(self, number: int) -> None:
        """The handover was on another day after all, or nothing has changed."""
        moved = self.stage.chance.choice((0, 0, -2, 1, 4))
        self._again(number, moved=timedelta(days=moved))

    def _again(self, number: int, *, moved: timedelta = timedelta(), **facts: Any) -> None:
        def known(session: Session) -> Purchase | None:
            mine = select(Purchase).where(Purchase.customer_id == self._id(number)).order_by(Purchase.id.desc())
            return session.scalars(mine.limit(1)).first()

        row = self.stage.read(known)
        if row is None or row.status is not PurchaseStatus.paid:
            return
        delivered = (row.delivered_at or row.purchased_at) + moved
        told = simulation_house.bought(
            number, row.external_id, row.purchased_at, delivered_at=delivered.isoformat(), **facts
        )
        self.stage.write(lambda session: intake.record(session, [told], key=KEY))

    def _buy(self, number: int) -> None:
        self.orders += 1
        order = f"{self.stage.chance.choice(('bike', 'helmet'))}again{self.orders}"
        told = simulation_house.bought(number, order, self.stage.read(system.business_now))
        for _ in range(self.stage.chance.choice((1, 2))):
            self.stage.write(lambda session: intake.record(session, [told], key=KEY))

    def _publish(self) -> None:
        house = simulation_house.published(self.folder, self.edition)
        self.edition += 1
        self.stage.write(lambda session: publish.publish(session, house, by="tests"))

    def _pause(self, name: str) -> None:
        self.stage.write(lambda session: pause.pause_campaign(session, name, by=REP))
        self.stage.oracle.paused.add(self.stage.read(lambda session: simulation_asks.campaign(session, name).id))
        self.stage.loop.call_later(3 * self.stage.chance.random() ** 2, self._resume, name)

    def _resume(self, name: str) -> None:
        missed = self.stage.chance.choice(tuple(catch_up.Missed))
        self.stage.write(lambda session: pause.resume_campaign(session, name, missed, by=REP))
        self.stage.oracle.paused.discard(self.stage.read(lambda session: simulation_asks.campaign(session, name).id))

    def _pause_all(self) -> None:
        self.stage.write(lambda session: stop_all.pause(session, REP, "fire"))
        self.stage.oracle.all_paused = True
        self.stage.loop.call_later(3 * self.stage.chance.random(), self._resume_all)

    def _resume_all(self) -> None:
        self.stage.write(lambda session: stop_all.resume(session, REP))
        self.stage.oracle.all_paused = False

    async def watch(self) -> None:
        """What has been paused by the machine itself goes on when somebody has looked."""
        while True:
            await asyncio.sleep(30.0)
            state, paused = self.stage.read(lambda now: (system.now(now).state, simulation_asks.paused(now)))
            if state is SystemState.paused:
                self._resume_all()
            for name in paused:
                self._resume(name)

    def calm(self) -> None:
        """From now on nobody asks for anything; what is open is settled."""
        self.is_calm = True
        for handoff_id in self.stage.read(simulation_asks.unclosed):
            self.settle(handoff_id)

    def _id(self, number: int) -> int:
        return self.ids[simulation_house.email(number)]


def _to(mail: Mapping[str, Any]) -> str:
    return str(mail["personalizations"][0]["to"][0]["email"])
