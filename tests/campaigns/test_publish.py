"""Publishing: immutable versions in SQL, written only when something changed; who walks one stays on it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from drip import config, db
from drip.campaigns import changes, definition, publish, published
from drip.campaigns.changes import ChangeKind
from drip.models.audit import AuditEntry
from drip.models.campaign import Campaign, CampaignVersion, Publication
from drip.models.rep import Rep
from tests import world
from tests.world import sending


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small world's files, to be edited."""
    copied = tmp_path / "house"
    shutil.copytree(world.HERE, copied, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return copied


def house(folder: Path) -> definition.House:
    return definition.load(folder / "config.toml")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def put(database: db.Database, folder: Path) -> dict[str, changes.Change]:
    with database.write() as session:
        return {change.campaign: change for change in publish.publish(session, house(folder), by="mia").campaigns}


def versions(database: db.Database) -> list[tuple[str, int]]:
    with database.read() as session:
        rows = select(Campaign.name, CampaignVersion.number).join(Campaign, Campaign.id == CampaignVersion.campaign_id)
        return sorted((row[0], row[1]) for row in session.execute(rows))


def is_published(database: db.Database, folder: Path) -> bool:
    with database.read() as session:
        return publish.is_published(session, house(folder))


def test_the_first_time_everything_is_new(database: db.Database, folder: Path) -> None:
    with database.read() as session:
        assert publish.is_empty(session)
    found = put(database, folder)
    assert {name: (change.kind, change.number, change.added) for name, change in found.items()} == {
        "ride": (ChangeKind.new, 1, ("hello", "promise", "year")),
        "care": (ChangeKind.new, 1, ("fit", "checkup")),
    }
    with database.read() as session:
        assert not publish.is_empty(session)


def test_publishing_the_same_again_writes_nothing(database: db.Database, folder: Path) -> None:
    put(database, folder)
    assert {change.kind for change in put(database, folder).values()} == {ChangeKind.unchanged}
    assert versions(database) == [("care", 1), ("ride", 1)]
    with database.read() as session:
        assert len(session.scalars(select(Publication.id)).all()) == 1
        assert len(session.scalars(select(AuditEntry.id).where(AuditEntry.act == "publish")).all()) == 2


def test_only_what_changed_gets_a_new_version(database: db.Database, folder: Path) -> None:
    put(database, folder)
    edit(folder / "templates/emails/promise/body.txt", "Did it happen?", "Has it happened?")
    found = put(database, folder)
    assert (found["care"].kind, found["ride"].kind) == (ChangeKind.unchanged, ChangeKind.changed)
    assert (found["ride"].reworded, found["ride"].added, found["ride"].removed) == (("promise",), (), ())
    assert versions(database) == [("care", 1), ("ride", 1), ("ride", 2)]


def test_steps_that_come_and_go_are_named(database: db.Database, folder: Path) -> None:
    put(database, folder)
    edit(folder / "config.toml", 'id = "year"\nday = 365', 'id = "two-years"\nday = 730')
    found = put(database, folder)["ride"]
    assert (found.added, found.removed) == (("two-years",), ("year",))
    assert "gains two-years; loses year" in found.sentence


def test_a_step_that_moves_is_not_said_to_be_reworded(database: db.Database, folder: Path) -> None:
    put(database, folder)
    edit(folder / "config.toml", 'id = "year"\nday = 365', 'id = "year"\nowner = "rep"\nday = 366')
    found = put(database, folder)["ride"]
    assert "version 2; moves year from day 365 to 366; changes year." in found.sentence


def test_a_letter_that_two_campaigns_share_changes_both(database: db.Database, folder: Path) -> None:
    put(database, folder)
    edit(folder / "templates/emails/year/subject.txt", "How is", "A year: how is")
    found = put(database, folder)
    assert (found["ride"].reworded, found["care"].reworded) == (("year",), ("checkup",))


def test_looking_at_the_changes_writes_nothing(database: db.Database, folder: Path) -> None:
    put(database, folder)
    edit(folder / "config.toml", "day = 365", "day = 366")
    with database.read() as session:
        found = publish.look(session, house(folder)).campaigns
    assert [change.kind for change in found] == [ChangeKind.changed, ChangeKind.unchanged]
    assert versions(database) == [("care", 1), ("ride", 1)]


EDITS = [
    ("config.toml", "day = 365", "day = 366"),
    ("config.toml", '"09:00-17:00"', '"10:00-16:00"'),
    ("config.toml", "Quay Bicycles", "Quay Cycles"),
    ("config.toml", "Rita Moss", "Rita Mossbauer"),
    ("templates/emails/hello/subject.txt", "How is", "So, how is"),
    ("templates/emails/hello/body.html", "<p>you", "<p>You"),
]


def test_any_change_in_the_files_shows_as_unpublished(database: db.Database, folder: Path) -> None:
    put(database, folder)
    for path, old, new in EDITS:
        assert is_published(database, folder)
        edit(folder / path, old, new)
        assert not is_published(database, folder)
        put(database, folder)


def test_who_walks_a_version_stays_on_it_and_the_sentence_says_how_many(
    published_world: db.Database, settings: config.Settings, folder: Path
) -> None:
    (walk,) = sending.buy(published_world)
    edit(folder / "templates/emails/hello/body.txt", "How does it ride?", "Does it fly?")
    edit(folder / "config.toml", 'id = "promise"\nday = 5', 'id = "promise"\nday = 9')
    found = put(published_world, folder)["ride"]
    assert (found.number, found.walking) == (2, 1)
    (handed,) = sending.gated(published_world, settings)
    assert b"How does it ride?" in handed.content
    assert b"Does it fly?" not in handed.content
    after = sending.enrollment(published_world)
    assert (after.version_id, after.next_due_at) == (walk.version_id, sending.day(7))


def test_letters_come_from_sql_also_when_the_files_are_gone(
    database: db.Database, settings: config.Settings, folder: Path
) -> None:
    put(database, folder)
    world.set_clock(database, world.START)
    shutil.rmtree(folder)
    sending.buy(database)
    (handed,) = sending.gated(database, settings)
    assert b"How does it ride?" in handed.content


def test_a_campaign_that_left_the_file_goes_on_as_it_is(database: db.Database, folder: Path) -> None:
    put(database, folder)
    text = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(text[: text.index("[campaigns.care]")])
    found = put(database, folder)["care"]
    assert (found.kind, found.number) == (ChangeKind.missing, 1)
    assert versions(database) == [("care", 1), ("ride", 1)]


def test_a_rep_who_left_the_file_has_left_and_may_come_back(database: db.Database, folder: Path) -> None:
    def left() -> list[str]:
        with database.read() as session:
            return list(session.scalars(select(Rep.email).where(Rep.left_at.is_not(None))))

    put(database, folder)
    edit(folder / "config.toml", "otto@quay.example", "olga@quay.example")
    put(database, folder)
    assert left() == ["otto@quay.example"]
    edit(folder / "config.toml", "olga@quay.example", "otto@quay.example")
    put(database, folder)
    assert left() == ["olga@quay.example"]


def test_the_newest_publication_rules(database: db.Database, folder: Path) -> None:
    put(database, folder)
    edit(folder / "config.toml", '"09:00-17:00"', '"10:00-16:00"')
    put(database, folder)
    with database.read() as session:
        assert published.rules(session).hours.opens.hour == 10


def test_nothing_published_is_one_clear_line(database: db.Database) -> None:
    with database.read() as session, pytest.raises(published.NothingPublishedError, match="drip campaigns publish"):
        published.rules(session)


def test_a_database_belongs_to_one_sending_domain_until_somebody_says_otherwise(
    database: db.Database, folder: Path
) -> None:
    put(database, folder)
    edit(folder / "config.toml", 'domain = "quay.example"', 'domain = "pier.example"')
    with pytest.raises(publish.DomainChangedError, match=r"quay\.example"):
        put(database, folder)
    with database.write() as session:
        publish.forget_domain(session)
    assert put(database, folder)["ride"].kind is ChangeKind.unchanged
