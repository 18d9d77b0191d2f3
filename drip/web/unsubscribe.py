"""The plain way out of our mails: reading the page changes nothing, posting to it stops us (RFC 8058)."""

from fastapi import APIRouter, Request, Response

from drip.engine.people import suppress
from drip.mail import addresses
from drip.models.reasons import Reason
from drip.web import access, house, pages

router = APIRouter(include_in_schema=False)
STOP = suppress.Stop(Reason.unsubscribed, "By the link in a mail.")


@router.api_route("/u/{token}", methods=["GET", "HEAD"])
@access.anyone
def show(request: Request, token: str) -> Response:
    """The same page for every token, ours or not: scanners follow links, and tokens cannot be tried out."""
    return pages.page(request, "unsubscribe.html", done=False)


@router.post("/u/{token}", max_body_size=64 * 1024)
@access.anyone
def act(request: Request, token: str) -> Response:
    """Stop, whatever the body says: mail programs post one, people press a button. Once or ten times is the same.

    No cookie and no form token are asked for, since mail programs have none; the token in the address is the proof.
    """
    rooms = house.of(request)
    customer_id = addresses.unsubscribe_customer(rooms.key, token)
    if customer_id is not None and customer_id < 2**63:
        with rooms.database.write() as session:
            suppress.suppress(session, customer_id, STOP, rooms.key)
    return pages.page(request, "unsubscribe.html", done=True)
