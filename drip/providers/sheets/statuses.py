"""Payment states of shops -> ours; what is not a sale (yet) is passed over with its reason."""

import functools
from enum import StrEnum

PAID, REFUNDED, CANCELLED = "paid", "refunded", "cancelled"


class Skip(StrEnum):
    """Why a row is no purchase; the text is what people read."""

    unpaid = "not paid yet"
    failed = "the payment failed"
    test = "a test order"
    draft = "a draft or in the trash"


# Shopify: financial_status; WooCommerce: order status (REST documentation of both), with or without "wc-".
_MEANING: dict[str, str | Skip] = {
    **dict.fromkeys(("", "paid", "partially refunded", "processing", "completed", "complete", "fulfilled"), PAID),
    **dict.fromkeys(("success", "succeeded", "sold", "delivered", "no payment required"), PAID),
    **dict.fromkeys(("refunded", "refund", "returned"), REFUNDED),
    **dict.fromkeys(("cancelled", "canceled", "voided", "void"), CANCELLED),
    **dict.fromkeys(("pending", "authorized", "partially paid", "unpaid", "on hold", "pending payment"), Skip.unpaid),
    **dict.fromkeys(("open", "expired"), Skip.unpaid),
    "failed": Skip.failed,
    **dict.fromkeys(("draft", "checkout draft", "trash", "auto draft"), Skip.draft),
}
_YES = frozenset({"true", "yes", "1", "y"})


@functools.lru_cache(maxsize=256)
def meaning(text: str) -> str | Skip:
    """paid, refunded, cancelled, or why the row is passed over; raises ValueError for a word that nobody told us."""
    word = " ".join(text.casefold().replace("_", " ").replace("-", " ").split()).removeprefix("wc ")
    try:
        return _MEANING[word]
    except KeyError:
        raise ValueError(f"{text[:40]!r} is not a status; use paid, refunded or cancelled") from None


def is_yes(text: str) -> bool:
    """A ticked box, in the ways that exports write one."""
    return text.strip().casefold() in _YES
