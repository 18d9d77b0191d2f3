"""[kinds]: marketing adds words of its trade, and a mistake in them is told on its line."""

from pathlib import Path

import pytest

from drip import db
from drip.campaigns import changes, definition, publish, published
from drip.campaigns.kind_words import KindWords
from tests import world
from tests.campaigns import houses

REPS = '[[reps]]\nemail = "maria@harbourcars.example"'
MISTAKES = [
    ('problm = ["limp mode"]', 'There is no key "problm" here.', 'Did you mean "problem"?'),
    ('unclear = ["limp mode"]', 'There is no key "unclear" here.', "Known: opt_out"),
    ('problem = "limp mode"', '"problem" must be a list.', 'Write problem = ["...", "..."].'),
    ("problem = [7]", "must be text", "double quotes"),
    ('problem = ["ab"]', '"ab" is too short', "Write three letters at least."),
    ('problem = ["the"]', '"the" stands in nearly every mail.', "Write more of the sentence."),
    ('problem = ["you _ for"]', "stands in nearly every mail.", "Write more of the sentence."),
    ('problem = ["limp (mode)"]', "holds signs that are no words.", "Write words only"),
    ('problem = ["' + "limp " * 20 + '"]', "over 80 letters", "A few words are enough."),
]


def written(folder: Path, *lines: str) -> Path:
    return houses.write(folder, (REPS, "\n".join(["[kinds]", *lines, "", REPS])))


def test_the_table_may_be_missing(tmp_path: Path) -> None:
    assert definition.load(houses.write(tmp_path)).kinds == KindWords()


def test_words_are_kept_by_kind_without_capitals(tmp_path: Path) -> None:
    kinds = definition.load(written(tmp_path, 'problem = ["Limp  Mode", "warning light* _ on"]')).kinds
    assert list(kinds.all()) == [("problem", "limp mode"), ("problem", "warning light* _ on")]


@pytest.mark.parametrize(("line", "message", "suggestion"), MISTAKES)
def test_a_mistake_is_told_on_its_line_with_a_way_out(tmp_path: Path, line: str, message: str, suggestion: str) -> None:
    config = written(tmp_path, line)
    with pytest.raises(definition.ConfigError) as caught:
        definition.load(config)
    (found,) = caught.value.problems
    assert message in found.message
    assert suggestion in found.suggestion
    assert config.read_text().splitlines()[found.line - 1] == line


def test_one_wording_tells_one_kind(tmp_path: Path) -> None:
    with pytest.raises(definition.ConfigError, match='"limp mode" stands under problem and praise') as caught:
        definition.load(written(tmp_path, 'problem = ["limp mode"]', 'praise = ["Limp mode"]'))
    (found,) = caught.value.problems
    assert found.suggestion == "Delete one of them."


def test_they_rule_once_they_are_published(published_world: db.Database) -> None:
    house = world.house()
    changed = house.model_copy(update={"kinds": KindWords(problem=("limp mode",))})
    with published_world.write() as session:
        assert publish.is_published(session, house)
        assert not publish.is_published(session, changed)
        assert [each.section for each in changes.of_rules(session, changed)] == ["kinds"]
        publish.publish(session, changed, by="mia")
    with published_world.read() as session:
        assert list(published.rules(session).kinds.all()) == [("problem", "limp mode")]


def test_a_house_without_such_words_stays_as_it_was_published(published_world: db.Database) -> None:
    with published_world.write() as session:
        assert publish.is_published(session, world.house().model_copy(update={"kinds": KindWords()}))
