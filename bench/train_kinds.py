"""Learn the weights of `drip.mail.kind_weights` anew from written replies: `python -m bench.train_kinds`.

Softmax regression by Adagrad in plain Python, always in the same order: the same examples give the same file. The
replies in tests/mail/kinds/held_out.jsonl are never learnt from.
"""

import json
import math
import random
from array import array
from collections import Counter
from pathlib import Path

from drip.mail import kind_rules, kind_weights, kinds
from drip.mail.kind_traits import SLOTS, Trait

EXAMPLES = Path("tests/mail/kinds")
HELD_OUT = "held_out.jsonl"
INTO = Path("drip/mail/words") / kind_weights.FILE
# The mean of some rounds, each in an order of its own: one alone depends on its order.
ROUNDS, EPOCHS, RATE, DECAY = 4, 5, 0.5, 1e-4
KINDS = tuple(kinds.Kind)
Example = tuple[list[Trait], int]


def main() -> None:
    """Read, learn, write."""
    files = sorted(path for path in EXAMPLES.glob("*.jsonl") if path.name != HELD_OUT)
    examples = [example(row) for path in files for row in rows(path)]
    weights = learn(examples)
    table = [weights[slot * len(KINDS) : (slot + 1) * len(KINDS)] for slot in range(SLOTS)]
    INTO.write_bytes(kind_weights.packed(table))
    print(f"{len(examples)} examples, {INTO.stat().st_size // 1024} kB in {INTO}")


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def example(row: dict[str, str]) -> Example:
    """The traits of one reply, and the number of its kind."""
    own = kind_rules.own_words(row["text"])
    found = kind_rules.found(kind_rules.clauses(own))
    return kinds.traits_of(own, found)[0], KINDS.index(kinds.Kind(row["kind"]))


def learn(examples: list[Example]) -> array:
    """A number for each slot and kind; a rare kind counts more than its share."""
    count = Counter(kind for _, kind in examples)
    worth = [math.sqrt(len(examples) / len(KINDS) / (count[kind] or 1)) for kind in range(len(KINDS))]
    rounds = [_round(examples, worth, random.Random(number)) for number in range(ROUNDS)]
    return array("d", (sum(each) / ROUNDS for each in zip(*rounds, strict=True)))


def _round(examples: list[Example], worth: list[float], chance: random.Random) -> array:
    weights = array("d", bytes(8 * SLOTS * len(KINDS)))
    steps = array("d", [1e-3]) * (SLOTS * len(KINDS))
    order = list(range(len(examples)))
    for _ in range(EPOCHS):
        chance.shuffle(order)
        for number in order:
            _step(weights, steps, examples[number], worth[examples[number][1]])
    return weights


def _step(weights: array, steps: array, shown: Example, worth: float) -> None:
    traits, kind = shown
    sums = [0.0] * len(KINDS)
    places = [(trait.slot * len(KINDS), trait.value) for trait in traits]
    for base, value in places:
        for each in range(len(KINDS)):
            sums[each] += weights[base + each] * value
    powers = [math.exp(total - max(sums)) for total in sums]
    whole = sum(powers)
    wrong = [worth * (power / whole - (each == kind)) for each, power in enumerate(powers)]
    for base, value in places:
        for each, much in enumerate(wrong, start=base):
            slope = value * much + DECAY * weights[each]
            steps[each] += slope * slope
            weights[each] -= RATE * slope / math.sqrt(steps[each])


if __name__ == "__main__":
    main()
