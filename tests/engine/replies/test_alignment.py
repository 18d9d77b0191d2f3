"""Who vouches for a From: only whoever holds its domain, or one that it lies in."""

import pytest

from drip.engine.replies import alignment


@pytest.mark.parametrize(
    ("spf", "dkim", "envelope", "wrote", "proven"),
    [
        ("pass", "none", "ana@buyers.example", "ana@buyers.example", True),
        ("pass", "none", "bounce@mail.buyers.example", "ana@buyers.example", True),
        ("pass", "none", "ana@elsewhere.example", "ana@buyers.example", False),
        ("fail", "none", "ana@buyers.example", "ana@buyers.example", False),
        ("softfail", "none", "ana@buyers.example", "ana@buyers.example", False),
        ("none", "{@buyers.example : pass}", "", "ana@buyers.example", True),
        ("none", "{@BUYERS.example : pass}", "", "Ana@Buyers.Example", True),
        ("none", "{@buyers.example : pass}", "", "ana@mail.buyers.example", True),
        ("none", "{@buyers.example : fail}", "", "ana@buyers.example", False),
        ("none", "{@evil.example : pass, @buyers.example : fail}", "", "ana@buyers.example", False),
        ("none", "{@evil.example : fail, @buyers.example : pass}", "", "ana@buyers.example", True),
        ("none", "{@notbuyers.example : pass}", "", "ana@buyers.example", False),
        ("none", "{@buyers.example.evil.example : pass}", "", "ana@buyers.example", False),
        ("none", "{@example : pass}", "", "ana@buyers.example", False),
        ("pass", "none", "", "ana@buyers.example", False),
        ("pass", "{@buyers.example : pass}", "ana@buyers.example", None, False),
        ("pass", "{@buyers.example : pass}", "ana@buyers.example", "", False),
    ],
)
def test_a_sender_is_proven_by_its_own_domain_only(
    spf: str, dkim: str, envelope: str, wrote: str | None, proven: bool
) -> None:
    judged = alignment.judge({"spf": spf, "dkim": dkim}, envelope, wrote)
    assert judged.is_proven is proven
    assert (judged.sentence == alignment.UNPROVEN) is not proven


def test_without_findings_nothing_is_proven() -> None:
    assert not alignment.judge({}, "ana@buyers.example", "ana@buyers.example").is_proven
