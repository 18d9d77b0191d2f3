"""[replies]: what becomes of an answer is marketing's to say, within what a customer may rely on."""

from pathlib import Path

import pytest

from drip import db
from drip.campaigns import definition, publish, published
from drip.campaigns.replies import Act, Replies, Treatment
from drip.models.campaign import Publication
from drip.models.handoff import Priority
from drip.models.reply import ReplyKind
from tests import world
from tests.campaigns import houses

REPS = '[[reps]]\nemail = "maria@harbourcars.example"'
MISTAKES = [
    ('question = "handof high"', '"handof high" cannot be done', 'Did you mean "handoff high"?'),
    ('question = "ignore"', '"ignore" cannot be done with such a reply.', "Write one of: handoff low"),
    ('opt_out = "go on"', '"go on" cannot be done with such a reply.', "Write one of: stop."),
    ('complaint = "ignore"', "cannot be done", "Write one of: stop."),
    ('bounce = "go on"', "cannot be done", "Write one of: stop, ignore."),
    ('auto_reply = "go on"', "cannot be done", "Write one of: ignore, wait"),
    ('out_of_office = "stop"', "cannot be done", "Write one of"),
    ("praise = 3", '"praise" must be text.', 'praise = "..."'),
    ('prais = "go on"', 'There is no key "prais" here.', 'Did you mean "praise"?'),
]


def written(folder: Path, *lines: str) -> Path:
    return houses.write(folder, (REPS, "\n".join(["[replies]", *lines, "", REPS])))


def test_every_kind_of_reply_has_a_line(tmp_path: Path) -> None:
    assert set(Replies.model_fields) == {kind.value for kind in ReplyKind}


def test_without_the_table_its_defaults_hold(tmp_path: Path) -> None:
    assert definition.load(houses.write(tmp_path)).replies == Replies()


def test_the_table_says_what_becomes_of_a_kind(tmp_path: Path) -> None:
    replies = definition.load(written(tmp_path, 'praise = "Handoff  low"', 'question = "go on"')).replies
    assert replies.of(ReplyKind.praise) == Treatment(Act.hand_off, Priority.low)
    assert replies.of(ReplyKind.question) == Treatment(Act.go_on)
    assert replies.of(ReplyKind.problem) == Treatment(Act.hand_off, Priority.high)


@pytest.mark.parametrize(("line", "message", "suggestion"), MISTAKES)
def test_a_mistake_is_told_on_its_line_with_a_way_out(tmp_path: Path, line: str, message: str, suggestion: str) -> None:
    config = written(tmp_path, line)
    with pytest.raises(definition.ConfigError) as caught:
        definition.load(config)
    (found,) = caught.value.problems
    assert message in found.message
    assert suggestion in found.suggestion
    assert config.read_text().splitlines()[found.line - 1] == line


def test_the_table_belongs_in_config_toml(tmp_path: Path) -> None:
    config = houses.write(tmp_path)
    (tmp_path / "campaigns" / "bikes.toml").write_text(houses.BIKES + '[replies]\npraise = "go on"\n')
    with pytest.raises(definition.ConfigError, match=r"It belongs in config\.toml\."):
        definition.load(config)


def test_a_changed_table_is_unpublished_until_it_is_published(published_world: db.Database) -> None:
    house = world.house()
    changed = house.model_copy(update={"replies": Replies(praise="handoff low")})
    with published_world.write() as session:
        assert publish.is_published(session, house)
        assert not publish.is_published(session, changed)
        publish.publish(session, changed, by="mia")
    with published_world.read() as session:
        assert published.rules(session).replies.of(ReplyKind.praise).act is Act.hand_off


def test_a_publication_from_before_there_was_a_table_has_the_defaults(published_world: db.Database) -> None:
    with published_world.write() as session:
        row = session.query(Publication).one()
        row.sending = {key: value for key, value in row.sending.items() if key != "replies"}
        row.digest = "an older one"
    with published_world.read() as session:
        assert published.rules(session).replies == Replies()
