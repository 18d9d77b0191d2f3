"""REACH: how far down a sheet each of its buyers reaches, so that a rehearsal keeps nobody longer than that."""

import itertools
from array import array
from collections.abc import Callable, Iterator, Sequence

from drip.engine.purchases import purchase_fields as fields
from drip.providers.sheets import lines, text

AT_ONCE = 1_000  # rows
_NOBODY = 0


def last_rows(sheet: lines.Sheet, still_here: Callable[[], None]) -> Sequence[int]:
    """By the number of each row: that of the last row with the same address. Some ten bytes a row, and a hundred
    while it is found. `still_here` is called now and then, and may raise."""
    who = array("q")
    for number, email in _emails(sheet, still_here):
        who.extend(itertools.repeat(_NOBODY, number - len(who)))  # the header and blank rows are nobody's
        who.append(hash(email) if email else _NOBODY)
    last = array("L", range(len(who)))
    rows = sorted(range(len(who)), key=who.__getitem__)
    rows.reverse()  # so that of one address, too, the last comes first
    for later, sooner in itertools.pairwise(rows):
        if who[sooner] == who[later] != _NOBODY:
            last[sooner] = last[later]
    return last


def _emails(sheet: lines.Sheet, still_here: Callable[[], None]) -> Iterator[tuple[int, str]]:
    columns, rows = sheet.layout.reader(("email",)), text.rows(sheet.table)
    while some := list(itertools.islice(rows, AT_ONCE)):
        good = [row for row in some if not row.problem]
        [emails] = columns([row.cells for row in good])
        still_here()
        yield from zip((row.number for row in good), map(_address, emails), strict=True)


def _address(cell: str) -> str:
    try:
        return fields.address(cell.strip())
    except ValueError:
        return ""
