"""Words under [kinds] reach the worker that reads the mail."""

from drip import config, db
from drip.campaigns import publish
from drip.campaigns.kind_words import KindWords
from drip.models.reply import ReplyKind
from tests import world
from tests.engine.replies import answering

WRITTEN = answering.Written("Thanks! About that gravel upgrade, I am all ears.")


def test_words_that_marketing_has_published_tell_the_kind(
    published_world: db.Database, settings: config.Settings
) -> None:
    answering.asked(published_world, settings)
    house = world.house().model_copy(update={"kinds": KindWords(buying=("gravel upgrade",))})
    with published_world.write() as session:
        publish.publish(session, house, by="mia")
    answering.read(published_world, settings, WRITTEN)
    (reply,) = answering.replies(published_world)
    assert reply.kind is ReplyKind.buying
    assert "gravel upgrade" in reply.evidence[-1]
