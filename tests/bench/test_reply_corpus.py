"""The figures on real replies and machines stay above their floors, where the corpus lies beside the project."""

import pytest

from bench import reply_corpus


@pytest.mark.skipif(reply_corpus.folder() is None, reason="the corpus does not lie beside the repository")
def test_no_figure_on_real_mail_falls_under_its_floor() -> None:
    corpus = reply_corpus.folder()
    assert corpus is not None
    found, _ = reply_corpus.figures(corpus)
    assert reply_corpus.fallen(found) == []


def test_a_figure_under_its_floor_is_told() -> None:
    found = dict.fromkeys(
        ("replies_accepted", "replies_f1", "bounce_precision", "bounce_recall", "automatic_recall", "human_recall",
         "kinds_accuracy", "opt_out_recall"),
        100.0,
    )  # fmt: skip
    most = ("replies_lost", "taken_for_mild", "hostile_unreadable", "hostile_slowest_ms", "hostile_child_mb")
    mild = {f"{name}_at_most": 0.0 for name in most}
    assert reply_corpus.fallen({**found, **mild, "hard_f1": 0.5}) == ["hard_f1 is 0.5, and its floor is 0.93"]
    much = reply_corpus.fallen({**found, **mild, "hard_f1": 1.0, "replies_lost_at_most": 9.0})
    assert "replies_lost_at_most" in much[0]
