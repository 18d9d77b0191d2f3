"""The reps of a story: they claim, answer and decide, as a program with a key does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from tests.flows import people

ANSWERS, LEFT_LYING, CLOSES, CLOSES_AT_ONCE = 0.8, 0.1, 0.85, 0.6  # shares of the conversations
STALE, FOR_THE_STEP = 0.1, 0.15
DECISIONS = {"resume": 6, "resume_on": 2, "take_over": 1, "stop": 1}


@dataclass(frozen=True)
class Answer:
    """What a rep wrote: our message id, and the conversation that it belongs to."""

    message: str
    customer: str
    handoff: int


def handoffs(town: people.Town, query: str = "") -> Iterator[people.Told]:
    """Conversations as the API tells them, page after page."""
    cursor = ""
    while True:
        _, page = people.api(town, "GET", f"/api/handoffs?limit=100{query}{cursor}")
        yield from page["items"]
        if page["cursor"] is None:
            return
        cursor = f"&cursor={page['cursor']}"


def work(town: people.Town) -> list[Answer]:
    """The reps close most of what nobody has written to since their answer, and go through what waits for them."""
    answers = []
    for each in list(handoffs(town, "&state=pending")):
        if town.dice.random() < CLOSES:
            _decide(town, each)
    for each in list(handoffs(town, "&state=open")):
        if town.dice.random() > LEFT_LYING:
            answers += _take_care(town, each)
    return answers


def _take_care(town: people.Town, row: people.Told) -> list[Answer]:
    """Claim it; answer most; decide at once about some, about the others when the customer has had time to write."""
    status, row = people.api(town, "POST", f"/api/handoffs/{row['id']}/claim")
    assert status == 200, row
    answers = _answer(town, row) if town.dice.random() < ANSWERS else []
    if not answers or town.dice.random() < CLOSES_AT_ONCE:
        _decide(town, row)
    return answers


def _answer(town: people.Town, row: people.Told) -> list[Answer]:
    """Sent twice, as by an impatient finger. Nothing is answered to somebody who has asked us to stop."""
    text = f"Thank you for writing. We will see to it.\n\nConversation {row['id']}"
    written: people.Told = {"text": text, "draft_id": f"{town.dice.getrandbits(64):x}"}
    if town.dice.random() < STALE:
        assert _say(town, row, written, row["version"] - 1)[0] in (409, 422)
    if town.dice.random() < FOR_THE_STEP and _say(town, row, written | {"for_step": True}, row["version"])[0] == 202:
        written |= {"for_step": True}
    status, said = _say(town, row, written, row["version"])
    if status == 422:
        return []
    again = _say(town, row, written, row["version"])
    assert (status, again) == (202, (202, said)), (said, again)
    return [Answer(said["message"], row["customer"], row["id"])]


def _say(town: people.Town, row: people.Told, written: people.Told, version: int) -> tuple[int, people.Told]:
    return people.api(town, "POST", f"/api/handoffs/{row['id']}/answer", written, {"If-Match": f'"{version}"'})


def _decide(town: people.Town, row: people.Told) -> None:
    how = town.dice.choices(list(DECISIONS), list(DECISIONS.values()))[0]
    day = people.business_time(town).date() + timedelta(days=town.dice.randint(2, 25))
    decision = {"resolution": how, "on": day.isoformat() if how == "resume_on" else None}
    status, said = people.api(town, "POST", f"/api/handoffs/{row['id']}/resolve", decision)
    assert (status, said["resolution"]) == (200, how), said
