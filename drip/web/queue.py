"""The reps' queue: every conversation that waits for a person, kept fresh without reload."""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from drip.models.handoff import HandoffState, Priority
from drip.web import access, house, pages
from drip.web.reading import queue

router = APIRouter(include_in_schema=False)
PLAUSIBLE = re.compile(r"[0-9]{1,18}")


class Asked(BaseModel):
    """The address of the queue; a word that means nothing here asks for nothing. `seen` is the mark of the list that
    the browser shows; `put_off`, the conversation that somebody has just put off, told for as long as it is."""

    state: HandoffState = HandoffState.open
    whose: str = "all"
    priority: str = ""
    age: str = ""
    q: str = ""
    page: int = Field(1, ge=1, le=1000)
    seen: str = ""
    put_off: str = ""

    def wish(self, email: str) -> queue.Wish:
        """What to look for, for the person with this address."""
        return queue.Wish(
            state=self.state,
            mine=email if self.whose == "mine" else None,
            priority=Priority(self.priority) if self.priority in list(Priority) else None,
            age=queue.Age(self.age) if self.age in list(queue.Age) else None,
            words=self.q.replace("\0", "").strip()[:100],
            page=self.page,
        )

    @property
    def put_off_id(self) -> int:
        """0 fits no conversation."""
        return int(self.put_off) if PLAUSIBLE.fullmatch(self.put_off) else 0


@router.get("/queue")
@access.people(*access.EVERYBODY)
def show(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """The whole page, or its list for htmx; 204 when the list still is as the browser has it."""
    wish = asked.wish(access.visitor(request).email)
    with house.of(request).look() as session:
        found, put_off = queue.queue(session, wish), queue.put_off(session, asked.put_off_id)
    if asked.seen and asked.seen == found.mark:
        return Response(status_code=204)
    template = "part_queue.html" if pages.is_part(request) else "queue.html"
    answer = pages.page(request, template, queue=found, wish=wish, kept=_kept(wish), ages=list(queue.Age),
                        put_off=put_off, put_off_id=asked.put_off_id)  # fmt: skip
    answer.headers["ETag"] = f'"{found.mark}"'
    return answer


def _kept(wish: queue.Wish) -> str:
    """The address of what is shown but for its state and page, so that tabs keep everything else."""
    kept = {"whose": "mine" if wish.mine else "", "priority": wish.priority or "", "age": wish.age or ""}
    return urlencode({name: value for name, value in (kept | {"q": wish.words}).items() if value})
