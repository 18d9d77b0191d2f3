"""The import desk: one file after the other, in a thread of this process; what it does stands on the shelf."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from fastapi import Request

from drip import clock, db, errors, logs
from drip.engine.purchases import import_preview, imports
from drip.engine.telling.sentences import counted
from drip.models import audit
from drip.providers.sheets import dates
from drip.web import uploads
from drip.web.uploads import Report, Stage, Upload

log = logging.getLogger(__name__)
TELL_SECONDS = 0.5
WORDS = {
    "created": "new purchases",
    "updated": "updated",
    "unchanged": "unchanged",
    "known": "already known",
}
ONE = {
    "new purchases": "new purchase",
    "further rows of orders above": "further row of an order above",
    "rows left out": "row left out",
}  # fmt: skip
# What the command line is told, and what a person with a form can do instead.
TYPED, CHOSEN = dates.HINT, "choose how dates are written when you upload it again"
Progress = Callable[[int], None]


class ClosingError(errors.DripError):
    """This was cut short, because the program was stopped. Look at the file again, then go on."""


class Desk:
    """Checks files and takes them in; a second one waits for its turn."""

    def __init__(self, folder: Path, database: db.Database, key: bytes) -> None:
        self.shelf = uploads.Shelf(folder)
        self._database, self._key = database, key
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imports")
        self._closing = threading.Event()

    def check(self, upload: Upload) -> None:
        """Say what an import would do; writes nothing to the database."""
        self._start(replace(upload, stage=Stage.checking), self._preview)

    def take_in(self, upload: Upload) -> None:
        """Import it."""
        self._start(replace(upload, stage=Stage.importing), self._run)

    def close(self) -> None:
        """Stop after the rows under way: an import that was cut short can go on later and records nothing twice."""
        self._closing.set()
        self._thread.shutdown(cancel_futures=True)

    def _start(self, upload: Upload, work: Callable[[Upload, Progress], Upload]) -> None:
        told = self.shelf.tell(replace(upload, done_bytes=0, trouble=""))
        self._thread.submit(self._do, told, work)

    def _do(self, upload: Upload, work: Callable[[Upload, Progress], Upload]) -> None:
        """Whatever happens ends on the shelf, since nobody waits for this thread."""
        try:
            self.shelf.tell(work(upload, self._progress(upload)))
        except errors.DripError as error:
            said = _chosen(str(error)).replace(str(self.shelf.sheet(upload.name)), upload.file_name)
            self.shelf.tell(replace(upload, stage=Stage.failed, trouble=said))
        except Exception:
            log.exception(logs.line("import_failed", upload=upload.name))
            said = "Something broke on our side. It has been written to the log; what was recorded stays recorded."
            self.shelf.tell(replace(upload, stage=Stage.failed, trouble=said))

    def _preview(self, upload: Upload, progress: Progress) -> Upload:
        found = import_preview.preview(self._database, self._source(upload), key=self._key, progress=progress)
        forecast = [(day.isoformat(), number) for day, number in sorted(found.days.items())]
        return replace(upload, stage=Stage.checked, report=replace(_report(found.summary), forecast=forecast))

    def _run(self, upload: Upload, progress: Progress) -> Upload:
        bad_rows = self.shelf.bad_rows(upload.name)
        summary = imports.run(self._database, self._source(upload), bad_rows, key=self._key, progress=progress)
        if summary.bad:
            _rewrite(bad_rows)
        with self._database.write() as session:
            audit.note(
                session,
                upload.by,
                "import",
                f"file:{upload.file_name}"[:120],
                counted(summary.taken, "purchase"),
            )
        return replace(upload, stage=Stage.done, report=_report(summary))

    def _source(self, upload: Upload) -> imports.Source:
        return imports.Source(self.shelf.sheet(upload.name), upload.source, upload.date_format or None)

    def _progress(self, upload: Upload) -> Progress:
        told_at = clock.monotonic()

        def tell(position: int) -> None:
            nonlocal told_at
            if self._closing.is_set():
                raise ClosingError(str(ClosingError.__doc__))
            if clock.monotonic() - told_at > TELL_SECONDS:
                told_at = clock.monotonic()
                self.shelf.tell(replace(upload, done_bytes=position))

        return tell


def of(request: Request) -> Desk:
    """The desk of this process."""
    found: Desk = request.app.state.desk
    return found


def _report(summary: imports.Summary) -> Report:
    counts = {words: summary.purchases[word] for word, words in WORDS.items() if summary.purchases[word]}
    counts |= {f"passed over: {reason}": number for reason, number in summary.skipped.items()}
    counts |= {"further rows of orders above": summary.further} if summary.further else {}
    counts |= {"rows left out": summary.bad} if summary.bad else {}
    counts = {ONE.get(words, words) if number == 1 else words: number for words, number in counts.items()}
    notes = [f"{number:,} × {note}" for note, number in summary.notes.items()]
    notes = [summary.note, *notes] if summary.note else notes
    problems = [(row, _chosen(said)) for row, said in sorted(summary.first_errors)]
    notes = notes if counts else [f"There is nothing to import: {imports.ONLY_HEADER}.", *notes]
    return Report(counts, dict(summary.enrolled), notes, [], problems, summary.bad)


def _chosen(said: str) -> str:
    return said.replace(TYPED, CHOSEN)


def _rewrite(bad_rows: Path) -> None:
    """The report is as long as the file: line by line."""
    fresh = bad_rows.with_suffix(".new")
    with bad_rows.open("rb") as old, fresh.open("wb") as new:
        new.writelines(line.replace(TYPED.encode(), CHOSEN.encode()) for line in old)
    fresh.replace(bad_rows)
