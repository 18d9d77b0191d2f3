"""Raw mail: any mail that reached us, to take away byte by byte."""

from fastapi import APIRouter, HTTPException, Request, Response

from drip.web import access, house
from drip.web.reading import raw_mail

router = APIRouter(prefix="/mails", include_in_schema=False)
# Whatever a browser makes of it, it is saved and never shown: somebody unknown has written every byte.
AS_A_FILE = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}


@router.get("/{inbound_id}/raw.eml")
@access.people(*access.EVERYBODY)
def take_away(request: Request, inbound_id: int) -> Response:
    """The mail as it came, as a file."""
    with house.of(request).look() as session:
        row = raw_mail.of(session, inbound_id)
    if row is None:
        raise HTTPException(404, "There is no such mail.")
    named = {"Content-Disposition": f'attachment; filename="mail-{row.id}.eml"'}
    return Response(row.raw, media_type="application/octet-stream", headers=AS_A_FILE | named)
