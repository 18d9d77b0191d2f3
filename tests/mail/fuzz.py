"""Feeds mail that nobody would write to the reader, new text and the verdict on the sender: `make fuzz`.

What it finds is printed with its bytes, to become a test in test_fuzz_found.py.
"""

import argparse
import base64
import sys
import time
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from drip.mail import incoming, machines, mime, quotes
from tests.mail import clients, letters

SLOWEST = 1.0  # CPU seconds a mail
BATCH = 500
SEEDS = [path.read_bytes() for path in sorted(letters.FOLDER.glob("*.eml"))]
LINES = [
    line.encode("utf-8", "surrogatepass")
    for table in (clients.INTRODUCTIONS, clients.BLOCKS)
    for lines in table.values()
    for line in lines
] + [line.encode() for line in (*clients.RULERS, *clients.DEVICES, *clients.LETTERS.values(), *clients.PAGES.values())]
HEADERS = [
    b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"References", b"In-Reply-To", b"Content-Type",
    b"Sender",
    b"Content-Transfer-Encoding", b"Content-Disposition", b"Auto-Submitted", b"Return-Path", b"Authentication-Results",
    b"List-Id", b"Precedence", b"X-Failed-Recipients", b"Status", b"Action", b"Final-Recipient", b"Diagnostic-Code",
]  # fmt: skip
VALUES = [
    b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=\"b b\"", b"multipart/report; boundary=b",
    b"message/delivery-status", b"message/rfc822", b"message/feedback-report", b"text/html; charset=utf-7",
    b"text/plain; charset=big5", b"text/plain; charset=\xff", b"base64", b"quoted-printable", b"8bit", b"x-uuencode",
    b"application/ms-tnef; name=winmail.dat", b"attachment; filename*0*=utf-8''%e2; filename*1=x", b"=?utf-8?b?4pyT?=",
    b"=?x?q?=ff?= =?utf-8?Q?", b"<a@b.example>", b"\"a, <b>\" <c@d.example>, (e) f@g", b"failed", b"5.1.1",
    b"Tue, 1 Sep 2026 09:00:00 +0200", b"99 Foo 99999 99:99", b"auto-replied", b"rfc822; ana@buyers.example", b"",
    b"mx.quay.example; dkim=pass header.d=buyers.example; spf=fail", b"(((((((", b"\"\"\"", b";;;===",
]  # fmt: skip
PIECES = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"--b\n",
    b"--b--\n",
    b"> ",
    b">",
    b":",
    b"\x00",
    b"\xff",
    b"<",
    b"&#",
    b"=\n",
    b" ",
]

pieces = st.one_of(
    st.sampled_from(PIECES + LINES),
    st.binary(max_size=30),
    st.text(max_size=30).map(lambda t: t.encode("utf-8", "replace")),
)
bodies = st.lists(pieces, max_size=60).map(b"".join)
headers = st.lists(st.tuples(st.sampled_from(HEADERS), st.one_of(st.sampled_from(VALUES), bodies)), max_size=12).map(
    lambda fields: b"".join(name + b": " + value + b"\n" for name, value in fields)
)
built = st.tuples(headers, bodies).map(lambda both: both[0] + b"\n" + both[1])
nested = st.lists(st.tuples(headers, bodies), max_size=6).map(
    lambda parts: (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"".join(b"--b\n" + h + b"\n" + t + b"\n" for h, t in parts)
    )
)
repeated = st.tuples(st.lists(pieces, min_size=1, max_size=3).map(b"".join), st.integers(1, 100_000)).map(
    lambda both: (both[0] * both[1])[:100_000]
)
long = st.tuples(st.one_of(headers, st.just(b"Content-Type: text/html\n")), repeated).map(lambda b: b[0] + b"\n" + b[1])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real mail with a few pieces cut, doubled or replaced."""
    mail = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        place = draw(st.integers(0, len(mail)))
        end = min(len(mail), place + draw(st.integers(0, 60)))
        mail[place:end] = draw(pieces)
    return bytes(mail)


def one(raw: bytes) -> None:
    """Read it, take its new words and tell its sender; whatever goes wrong is an error."""
    started = time.process_time()
    try:
        mail = incoming.parse(raw)
    except mime.UnreadableMail:
        return
    assert incoming.from_json(incoming.as_json(mail)) == mail
    text = quotes.new_text_of(mail)
    machines.told(mail, frozenset())
    took = time.process_time() - started
    assert took < SLOWEST, f"{took:.2f} s"
    text.encode()
    assert "\x00" not in text


STRATEGIES = {"built": built, "nested": nested, "mutated": mutated(), "long": long, "bytes": st.binary(max_size=3_000)}


def run(name: str, number: int) -> None:
    """One batch of one strategy."""
    check: Callable[[], None] = seed(number)(
        settings(
            max_examples=BATCH,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )(given(STRATEGIES[name])(_shown))
    )
    check()


def _shown(raw: bytes) -> None:
    try:
        one(raw)
    except Exception:
        print("FOUND", base64.b64encode(raw[:3_000]).decode(), len(raw), flush=True)
        raise


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=int(time.time()))
    chosen = options.parse_args()
    until = time.monotonic() + chosen.minutes * 60
    number, tried, failed = chosen.seed, 0, 0
    while time.monotonic() < until:
        for name in STRATEGIES:
            try:
                run(name, number)
            except Exception as trouble:
                failed += 1
                print(f"{name} seed {number}: {type(trouble).__name__}: {trouble}"[:500], flush=True)
            tried += BATCH
        number += 1
    print(f"{tried} mails in {chosen.minutes:g} minutes, {failed} batches found something.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
