"""Raw mail: any mail that reached us, and each file that came with it, to take away byte by byte."""

from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from drip.models.inbound import InboundMail
from drip.web import access, house
from drip.web.reading import raw_mail

router = APIRouter(prefix="/mails", include_in_schema=False)
# Whatever a browser makes of it, it is saved and never shown: somebody unknown has written every byte.
AS_A_FILE = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}


@router.get("/{inbound_id}/raw.eml")
@access.people(*access.EVERYBODY)
def take_away(request: Request, inbound_id: int) -> Response:
    """The mail as it came, as a file."""
    row = _known(request, inbound_id)
    return _file(row.raw, f'filename="mail-{row.id}.eml"')


@router.get("/{inbound_id}/files/{place}")
@access.people(*access.EVERYBODY)
def take_file(request: Request, inbound_id: int, place: int) -> Response:
    """One file of it, by its place among them; read in a bounded child."""
    row = _known(request, inbound_id)
    found = raw_mail.file(row, place)
    if found is None:
        raise HTTPException(404, "There is no such file.")
    name, content = found
    # RFC 6266: a plain name for all, the sender's own for those who know its letters; nothing in it ends the header.
    return _file(content, f"filename=\"mail-{row.id}-file-{place + 1}\"; filename*=UTF-8''{quote(name, safe='')}")


def _known(request: Request, inbound_id: int) -> InboundMail:
    with house.of(request).look() as session:
        row = raw_mail.of(session, inbound_id)
    if row is None:
        raise HTTPException(404, "There is no such mail.")
    return row


def _file(content: bytes, named: str) -> Response:
    headers = AS_A_FILE | {"Content-Disposition": f"attachment; {named}"}
    return Response(content, media_type="application/octet-stream", headers=headers)
