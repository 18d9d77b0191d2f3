"""[replies] in config.toml: one line a kind of reply, saying what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictStr

from drip.campaigns import fields, problems
from drip.models.handoff import Priority
from drip.models.reply import ReplyKind


class Act(StrEnum):
    """What we do: give it to a person, let the plan go on after a rest, stop, wait, or nothing."""

    hand_off = "handoff"
    go_on = "go on"
    stop = "stop"
    wait = "wait"
    ignore = "ignore"


@dataclass(frozen=True, slots=True)
class Treatment:
    """What becomes of a reply; the priority counts where a person gets it."""

    act: Act
    priority: Priority = Priority.medium


HAND_OFF = tuple(f"{Act.hand_off} {priority}" for priority in Priority)
# A person's words are never ignored, and who asks to be left alone is left alone: nobody can configure that away.
FOR_PEOPLE = (*HAND_OFF, Act.go_on.value, Act.wait.value, Act.stop.value)
FOR_MACHINES = (Act.ignore.value, Act.wait.value, *HAND_OFF)
FOR_BOUNCES = (Act.stop.value, Act.ignore.value)
STOP_ONLY = (Act.stop.value,)


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        said = " ".join(value.lower().split())
        if said in choices:
            return said
        hint = problems.did_you_mean(said, choices, f"Write one of: {', '.join(choices)}.")
        raise fields.wrong(f'"{value[:80]}" cannot be done with such a reply.', hint)

    return check


ForPeople = Annotated[StrictStr, AfterValidator(_one_of(FOR_PEOPLE))]
ForMachines = Annotated[StrictStr, AfterValidator(_one_of(FOR_MACHINES))]
ForBounces = Annotated[StrictStr, AfterValidator(_one_of(FOR_BOUNCES))]
StopOnly = Annotated[StrictStr, AfterValidator(_one_of(STOP_ONLY))]


class Replies(BaseModel):
    """The policy; a kind that is left out keeps the value here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    problem: ForPeople = "handoff high"
    question: ForPeople = "handoff medium"
    praise: ForPeople = "go on"
    courtesy: ForPeople = "go on"
    buying: ForPeople = "handoff high"
    referral: ForPeople = "handoff medium"
    leaving: ForPeople = "handoff high"
    opt_out: StopOnly = "stop"
    not_now: ForPeople = "wait"
    wrong_person: ForPeople = "handoff medium"
    unclear: ForPeople = "handoff medium"
    out_of_office: ForMachines = "wait"
    auto_reply: ForMachines = "ignore"
    bounce: ForBounces = "stop"
    complaint: StopOnly = "stop"
    list: ForMachines = "ignore"
    own_copy: ForMachines = "ignore"

    def of(self, kind: ReplyKind) -> Treatment:
        """What becomes of a reply of this kind."""
        act, _, priority = str(getattr(self, kind.value)).partition(" ")
        if act == Act.hand_off:
            return Treatment(Act.hand_off, Priority(priority))
        return Treatment(Act(f"{act} {priority}".strip()))
