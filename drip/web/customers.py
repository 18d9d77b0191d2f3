"""Customers: the list, one of them with their whole year, and the buttons that stop and allow mail."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from drip.campaigns import calendar
from drip.engine.people import erase, promises, suppress
from drip.engine.telling import life
from drip.models.customer import Customer
from drip.models.purchase import PromiseState
from drip.models.reasons import Reason
from drip.web import access, house, pages
from drip.web.reading import people, timeline

router = APIRouter(prefix="/customers", include_in_schema=False)


@router.get("")
@access.people(*access.EVERYBODY)
def show_all(request: Request, q: str = "", before: int | None = None) -> Response:
    """The newest first, or those whose name or address holds what was asked for."""
    words = q.strip()[:100]
    with house.of(request).look() as session:
        rows = people.page(session, words, before)
    more = rows[people.PAGE - 1].customer.id if len(rows) > people.PAGE else None
    template = "part_customers.html" if pages.is_part(request) else "customers.html"
    return pages.page(request, template, rows=rows[: people.PAGE], q=words, before=before, more=more)


@router.get("/{customer_id}")
@access.people(*access.EVERYBODY)
def show(request: Request, customer_id: int) -> Response:
    """Who, what they bought, what they live through, and everything that happened with its reason."""
    rooms = house.of(request)
    with rooms.look() as session:
        customer = _customer(session, customer_id)
        lived = life.of(session, customer, rooms.key)
        past = people.past(session, customer_id)
        history = suppress.history(session, customer, rooms.key)
        talk = people.talk(session, customer_id)
    zone = calendar.zone_of(lived.zone.zone_name)
    titles = {walk.enrollment.id: walk.campaign.title for walk in lived.walks}
    told = {step.message_id: step.sentence for step in lived.steps() if step.message_id}
    moments = timeline.moments(past, history, timeline.Names(titles, told, zone))
    return pages.page(request, "customer.html", life=lived, past=past, moments=moments, zone=zone, talk=talk)


@router.post("/{customer_id}/stop")
@access.people(*access.EVERYBODY)
def stop(request: Request, customer_id: int) -> Response:
    """No check-in reaches this person from the moment this is answered."""
    rooms = house.of(request)
    detail = access.form(request).get("detail", "").strip()[:200]
    actor = access.visitor(request).email
    with rooms.database.write() as session:
        _customer(session, customer_id)
        suppress.suppress(session, customer_id, suppress.Stop(Reason.manual, detail, actor=actor), rooms.key)
    return RedirectResponse(f"/customers/{customer_id}", 303)


@router.post("/{customer_id}/allow")
@access.people(*access.ADMIN)
def allow(request: Request, customer_id: int) -> Response:
    """Lift what keeps us from writing; what has ended stays ended."""
    rooms = house.of(request)
    with rooms.database.write() as session:
        _customer(session, customer_id)
        suppress.lift(session, customer_id, rooms.key, access.visitor(request).email)
    return RedirectResponse(f"/customers/{customer_id}", 303)


@router.post("/{customer_id}/promises/{promise_id}")
@access.people(*access.EVERYBODY)
def promise(request: Request, customer_id: int, promise_id: int) -> Response:
    """Somebody says that a promise is kept, broken, or open after all."""
    said = access.form(request).get("state", "")
    if said not in [*PromiseState]:
        raise HTTPException(400, "Say whether it is open, kept or broken.")
    by = access.visitor(request).email
    with house.of(request).database.write() as session:
        _customer(session, customer_id)
        known = promise_id < 2**63 and promises.mark(session, customer_id, promise_id, PromiseState(said), by)
    if not known:
        raise HTTPException(404, "They have no such promise.")
    return RedirectResponse(f"/customers/{customer_id}", 303)


@router.post("/{customer_id}/erase")
@access.people(*access.ADMIN)
def forget(request: Request, customer_id: int) -> Response:
    """Forget who they were, for good; the form repeats their address, so that nobody does this by a slip."""
    rooms, typed, actor = house.of(request), access.form(request).get("email", ""), access.visitor(request).email

    def erased(session: Session) -> None:
        if typed.strip().lower() != _customer(session, customer_id).email:
            raise HTTPException(400, "Type the address of the customer whom you want to erase.")
        erase.erase_customer(session, customer_id, rooms.key, actor)

    rooms.database.carry_through(erased)
    return RedirectResponse(f"/customers/{customer_id}", 303)


def _customer(session: Session, customer_id: int) -> Customer:
    found = session.get(Customer, customer_id) if 0 < customer_id < 2**63 else None
    if found is None:
        raise HTTPException(404, "There is no such customer.")
    return found
