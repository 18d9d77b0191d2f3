"""What the traits of a reply add up to: a chance for each kind, and the words that speak for one.

The weights are learnt from written examples (`python -m bench.train_kinds`) and lie beside the tables of words, one
small number for each slot and kind. Nothing here is random, and nothing leaves the machine.
"""

from __future__ import annotations

import functools
import math
import struct
import zlib
from array import array
from collections.abc import Sequence
from importlib import resources

from drip.mail import kind_traits

KINDS = 11
FILE = "kinds.weights"
MOST_PHRASES = 3
# A word is shown if it speaks at least this much of what the strongest one does.
SHOWN_SHARE = 0.45


def packed(weights: Sequence[Sequence[float]]) -> bytes:
    """A table of SLOTS rows with a number for each kind, in 8 bits each and zipped."""
    scales = [max(abs(row[kind]) for row in weights) / 127 or 1.0 for kind in range(KINDS)]
    small = array("b", (round(row[kind] / scales[kind]) for row in weights for kind in range(KINDS)))
    return zlib.compress(struct.pack(f"<{KINDS}f", *scales) + small.tobytes(), 9)


def chances(traits: Sequence[kind_traits.Trait]) -> list[float]:
    """How likely each kind is, in the order of the kinds; together one."""
    scales, table = _table()
    sums = [0.0] * KINDS
    for trait in traits:
        row = table[trait.slot * KINDS : trait.slot * KINDS + KINDS]
        for kind, weight in enumerate(row):
            sums[kind] += weight * trait.value
    scores = [total * scale for total, scale in zip(sums, scales, strict=True)]
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def phrases(traits: Sequence[kind_traits.Trait], said: Sequence[str], kind: int) -> tuple[str, ...]:
    """The words that speak for a kind, neighbours together, in the order of the text."""
    table = _table()[1]
    weight = [0.0] * len(said)
    for trait in traits:
        part = table[trait.slot * KINDS + kind] * trait.value / max(1, trait.end - trait.start)
        for place in range(trait.start, trait.end):
            weight[place] += part
    least = SHOWN_SHARE * max(weight, default=0.0)
    strong = [place for place, each in enumerate(weight) if each >= least > 0]
    spans: list[list[int]] = []
    for place in strong:
        if spans and place - spans[-1][-1] == 1:
            spans[-1].append(place)
        else:
            spans.append([place])
    best = sorted(spans, key=lambda span: -sum(weight[place] for place in span))[:MOST_PHRASES]
    return tuple(" ".join(said[place] for place in span) for span in sorted(best))


@functools.cache
def _table() -> tuple[tuple[float, ...], array[int]]:
    raw = zlib.decompress(resources.files("drip.mail.words").joinpath(FILE).read_bytes())
    table = array("b")
    table.frombytes(raw[4 * KINDS :])
    return struct.unpack(f"<{KINDS}f", raw[: 4 * KINDS]), table
