"""Sheets with a bit of everything: plain rows and odd ones, strangers and regulars, refunds, conflicts, mistakes."""

import csv
import io
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from tests import world

DATES = (("Paid at", "Date created"), ("Date paid gmt", "Date created gmt"), ("Paid at", "Date created gmt"))
AFTER = ("delivered_at", "status", "cancelled_at", "product_name", "sku", "category", "amount", "currency",
         "rep_email", "timezone", "country", "locale", "promise", "promise_due_on", "updated at", "test")  # fmt: skip
BEFORE = ("E-Mail", "Customer email", "first_name", "last_name", "customer name", "order_id")
_T = TypeVar("_T")


def sheet(seed: int, rows: int, prefix: str = "") -> str:
    """As many rows; the same seed gives the same ones. Of the seeds, each third has times in UTC, each third times
    that are in UTC only where one of two columns is blank."""
    dice, file = random.Random(seed), io.StringIO()
    writer = csv.writer(file)
    writer.writerow((*BEFORE, *DATES[seed % 3], *AFTER))
    for number in range(rows):
        writer.writerow(_row(dice, prefix, number))
        if dice.random() < 0.01:
            file.write("\r\nshort,row\r\n")
    return file.getvalue()


def _some(dice: random.Random, usual: Sequence[_T], odd: Sequence[_T]) -> _T:
    """Mostly what is usual."""
    return dice.choice(odd) if dice.random() < 0.04 else dice.choice(usual)


def _row(dice: random.Random, prefix: str, number: int) -> list[str]:
    if dice.random() < 0.03:
        return ["", "", "", "", "", f"{prefix}{dice.randrange(number + 1)}", *[""] * 14, "a lock", "", "", ""]
    return [
        *_email(dice, number), *_name(dice), _order(dice, prefix, number), *_times(dice),
        _some(dice, ("paid",), ("", "Refunded", "refunded", "cancelled", "pending", "draft", "payed", " ")),
        _some(dice, ("",), ("2026-08-30", " ")),
        *_some(dice, (("Quay 3", "Q3", "bike"), ("Quay 3", "", "bike"), ("Shell", "S1", "helmet")),
               (("Bell", "", "part"), ("", "Q3", "bike"), ("", "", ""), (" ", " ", "BIKE"))),
        _some(dice, ("1299.00", "1299", f"{dice.randrange(9_000)}.50", "12,50", "$1,299.00"),
              ("1.299,00 €", "1,299", "", "a lot", "-1", "999999999999.99", "1e3", "٣")),
        _some(dice, ("USD", "EUR", " "), ("eur", "US dollars")),
        _some(dice, ("rita@quay.example", "otto@quay.example", ""), ("nobody@quay.example", "Rita", "rita@", " ")),
        *_some(dice, (("America/New_York", "US", "en-US"), ("", "DE", "de"), ("Asia/Tokyo", "jp", "ja-JP")),
               (("", "", ""), ("Europe/Lisboa", "PT", ""), ("", "UK", "en"), (" ", " ", "e"))),
        *_promise(dice),
        _some(dice, ("", "2026-08-20T10:00:00Z", "2026-08-25 10:00"), ("soon", " ")),
        _some(dice, ("",), ("yes", "false", " ")),
    ]  # fmt: skip


def _email(dice: random.Random, number: int) -> tuple[str, str]:
    odd = ("ana", "", " ", "Ana@Buyers.Example ", "ana@bücher.example", "a b@x.example", "ana@buyers.example,")
    known = dice.randrange(number + 1) if dice.random() < 0.2 else number
    address = _some(dice, (f"n{known}@buyers.example",), odd)
    return ("", address) if dice.random() < 0.1 else (address, "")


def _name(dice: random.Random) -> tuple[str, str, str]:
    odd = ("", "=cmd()", "a\\Nb", "x" * 201, "two\nlines", "Ana\u202e")
    if dice.random() < 0.1:
        return ("", _some(dice, ("",), (" ",)), _some(dice, ("Ana Maria Sá", " Ben "), odd))
    return (_some(dice, ("Ana", " Ben", "José"), odd), _some(dice, ("Sá", "山田"), odd), "")


def _order(dice: random.Random, prefix: str, number: int) -> str:
    return _some(dice, (f"{prefix}{number}",), (f"{prefix}{dice.randrange(number + 1)}", "", f" {prefix}{number} "))


def _times(dice: random.Random) -> tuple[str, str, str]:
    sold = world.START - timedelta(minutes=dice.randrange(-3_000, 500 * 24 * 60))
    handed_over = sold + timedelta(days=dice.randrange(-3, 9))
    day = f"{sold:%Y-%m-%d}"
    paid = _some(
        dice,
        (day, sold.isoformat(), f"{sold:%Y-%m-%d %H:%M}", f"{sold:%Y-%m-%d %H:%M:%S} UTC", f"{sold:%d.%m.%Y}"),
        (f"{sold:%m/%d/%Y}", "", "soon", f"{sold:%d %b %Y}", "2026-02-30", "1989-01-01", f"{day}T25:00", f"{day} ",
         f"{sold:%Y-W%V-%u}", f"{day}T10:00:00.5+01", f"{sold:%Y-W%V-%u}T10:00", f"{sold:%d.%m.%Y} 10:30"),
    )  # fmt: skip
    created = f"{sold:%Y-%m-%d %H:%M}" if dice.random() < 0.2 else ""
    return (paid, created, _some(dice, (f"{handed_over:%Y-%m-%d}", "", f"{handed_over:%Y-%m-%dT%H:%M}Z"), (" ", "x")))


def _promise(dice: random.Random) -> tuple[str, str]:
    if dice.random() < 0.6:
        return ("", _some(dice, ("",), ("2026-10-01", "soon")))
    due = _some(dice, ("2026-10-01", ""), ("01.10.2026", "soon", " "))
    return (_some(dice, ("a bell", "a lock"), ("x" * 301, " ")), due)
