"""Import by upload: look at the file first, say what would happen, then do it; progress without a reload."""

from datetime import date

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.datastructures import UploadFile

from drip.engine.purchases import imports
from drip.web import access, bars, desk, pages, uploads

router = APIRouter(prefix="/imports", include_in_schema=False)
FORM_BYTES = 64 * 1024
FORMATS = {
    "": "as 2026-03-01, or so that there is no doubt",
    "dmy": "day first: 03/04 is 3 April",
    "mdy": "month first: 03/04 is March 4",
}


@router.get("")
@access.people(*access.DESK)
def show_all(request: Request) -> Response:
    """Choose a file; those of the last days."""
    return pages.page(request, "imports.html", recent=desk.of(request).shelf.recent()[:20], formats=FORMATS,
                      default_source=imports.DEFAULT_SOURCE)  # fmt: skip


@router.post("", max_body_size=uploads.MOST_BYTES + FORM_BYTES)
@access.people(*access.DESK)
def take(request: Request) -> Response:
    """Keep the file in the data folder and look at it; nothing is written to the database."""
    file = request.state.files.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise HTTPException(400, "Choose a file first.")
    form = access.form(request)
    chosen = form.get("date_format", "")
    upload = uploads.new(
        file.filename,
        access.visitor(request).email,
        source=form.get("source", "").strip()[:60] or imports.DEFAULT_SOURCE,
        date_format=chosen if chosen in FORMATS else "",
    )
    upload = desk.of(request).shelf.keep(file.file, upload)
    desk.of(request).check(upload)
    return RedirectResponse(f"/imports/{upload.name}", 303)


@router.get("/{name}")
@access.people(*access.DESK)
def show(request: Request, name: str) -> Response:
    """How far it is; for htmx only the part that changes."""
    upload = _upload(request, name)
    days = [(date.fromisoformat(day), number) for day, number in upload.report.forecast]
    template = "part_import.html" if pages.is_part(request) else "import.html"
    return pages.page(request, template, upload=upload, plot=bars.plot(days))


@router.post("/{name}/confirm")
@access.people(*access.DESK)
def confirm(request: Request, name: str) -> Response:
    """Import it. Twice is once: the same purchases change nothing."""
    upload = _upload(request, name)
    if not upload.is_working or upload.is_interrupted:
        desk.of(request).take_in(upload)
    return RedirectResponse(f"/imports/{name}", 303)


@router.post("/{name}/discard")
@access.people(*access.DESK)
def discard(request: Request, name: str) -> Response:
    """Forget the file; what has been imported stays."""
    desk.of(request).shelf.discard(_upload(request, name).name)
    return RedirectResponse("/imports", 303)


@router.get("/{name}/errors.csv")
@access.people(*access.DESK)
def bad_rows(request: Request, name: str) -> Response:
    """The rows that were left out, each with what is wrong with it."""
    path = desk.of(request).shelf.bad_rows(_upload(request, name).name)
    if not path.exists():
        raise HTTPException(404, "There are no bad rows.")
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename="errors.csv")


def _upload(request: Request, name: str) -> uploads.Upload:
    found = desk.of(request).shelf.find(name)
    if found is None:
        raise HTTPException(404, "This file is not here any more.")
    return found
