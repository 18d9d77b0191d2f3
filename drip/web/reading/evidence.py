"""The evidence of a reply, taken apart: how we know whose it is, and what in it decided its kind. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from drip.engine.replies import alignment, match
from drip.models.reply import Reply


@dataclass(frozen=True, slots=True)
class Evidence:
    """`whose` and `means`, in sentences; that nothing proves its sender stands as a badge beside it."""

    whose: Sequence[str]
    means: Sequence[str]


def of(reply: Reply) -> Evidence:
    """What every page says of it."""
    whose, means = match.of_evidence(reply.evidence)
    return Evidence([each for each in whose if each != alignment.UNPROVEN], means)
