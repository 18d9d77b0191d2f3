"""`drip replies`: what people have corrected."""

import json

from drip import db
from drip.engine.replies import correct
from drip.models.reply import ReplyKind
from tests.cli.conftest import Command
from tests.world import sending, talking


def corrected(database: db.Database) -> None:
    sending.buy(database)
    talking.wrote(database, sending.customer_id(database))
    with database.write() as session:
        correct.correct(session, 1, correct.Said(ReplyKind.praise), talking.RITA, b"a secret of the tests")


def test_corrections_are_listed_a_line_each(drip: Command, published_world: db.Database) -> None:
    corrected(published_world)
    answer = drip("replies", "corrections")
    assert answer.exit_code == 0
    assert "problem -> praise  by rita@quay.example  reply 1: The bell squeaks." in answer.output


def test_programs_get_them_with_the_words(drip: Command, published_world: db.Database) -> None:
    corrected(published_world)
    (row,) = json.loads(drip("replies", "corrections", "--json").stdout)
    assert (row["from"], row["to"], row["by"], row["text"]) == ("problem", "praise", talking.RITA, "The bell squeaks.")


def test_without_any_it_says_so(drip: Command, published_world: db.Database) -> None:
    assert drip("replies", "corrections").output == "Nobody has corrected a reply yet.\n"
    assert json.loads(drip("replies", "corrections", "--json").stdout) == []
