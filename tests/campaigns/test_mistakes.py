"""Every mistake in a house is told at once, with its place and a way out."""

from pathlib import Path

import pytest

from drip.campaigns import definition
from tests.campaigns import houses

COMPANY_ZONE = 'timezone = "America/New_York"'
# What stands in config.toml, what is written instead, the message and the suggestion.
MISTAKES = [
    ('country = "US"', 'contry = "US"', 'There is no key "contry" here.', 'Did you mean "country"?'),
    ('postal_address = "12 Quay Street, Portland"', "", '"postal_address" is missing.', "Write postal_address = "),
    ('name = "Harbour Cars"', "name = 5", '"name" must be text.', 'Put it in double quotes: name = "...".'),
    ('name = "Harbour Cars"', 'name = "a\\r\\nBcc: b"', "A line break or control", "Write it on one line."),
    ('name = "Maria Silva"', 'name = "a\\u202eb"', "A line break or control", "Write it on one line."),
    ('name = "Harbour Cars"', 'name = " "', "This text is empty.", "Write something"),
    ('name = "Harbour Cars"', f'name = "{"a" * 201}"', "over 200 letters", "Shorten it."),
    (COMPANY_ZONE, 'timezone = "America/New_Yrok"', "There is no time zone", 'Did you mean "America/New_York"?'),
    (COMPANY_ZONE, 'timezone = "new york"', "There is no time zone", 'Did you mean "America/New_York"?'),
    (COMPANY_ZONE, 'timezone = "../etc/passwd"', "There is no time zone", "Write one such as America/New_York."),
    ('country = "US"', 'country = "Germany"', 'There is no country "Germany".', 'Write "DE".'),
    ('country = "US"', 'country = "UK"', 'There is no country "UK".', 'Write "GB".'),
    ('domain = "harbourcars.example"', 'domain = "https://harbourcars.example/"', "is not a domain", "Write it bare"),
    ('domain = "harbourcars.example"', 'domain = "harbour cars.example"', "is not a domain", "Write it bare"),
    ('domain = "harbourcars.example"', 'domain = "localhost"', "is not a domain", "Write it bare"),
    ('"09:00-17:00"', '"17:00-09:00"', "closes before it opens", "Write the earlier time first"),
    ('"09:00-17:00"', '"09:00-09:00"', "closes before it opens", "Write the earlier time first"),
    ('"09:00-17:00"', '"9am-5pm"', '"9am-5pm" is not a window.', 'Write it as "09:00-17:00"'),
    ('"09:00-17:00"', '"09:00-24:00"', '"09:00-24:00" is not a window.', '"-23:59"'),
    ('"mon", "tue"', '"mon", "Tuesday"', '"Tuesday" is not a day of the week.', 'Write "tue".'),
    ('"mon", "tue"', '"mon", "feast"', '"feast" is not a day of the week.', "Days are: mon, tue"),
    ('["mon", "tue", "wed", "thu", "fri"]', "[]", "This list is empty.", "Name at least one"),
    ('["mon", "tue", "wed", "thu", "fri"]', '"mon"', '"days" must be a list.', 'Write days = ["...", "..."].'),
    ('"2026-12-25"', '"25.12.2026"', '"25.12.2026" is not a date.', 'such as "2026-12-25"'),
    ('"2026-12-25"', "2026-12-25T09:00:00", "is not a date", 'such as "2026-12-25"'),
    ('cap = "1/day"', 'cap = "2/day"', "never gets two check-ins on one local day", 'Write "1/day" or less.'),
    ('cap = "1/day"', 'cap = "0/day"', "never gets two", 'Write "1/day" or less.'),
    ('cap = "1/day"', 'cap = "daily"', '"daily" is not a cap.', 'Write "1/day", "1/week"'),
    ("cool_off_days = 3", 'cool_off_days = "3"', '"cool_off_days" must be a whole number.', "Write cool_off_days = 7"),
    ("cool_off_days = 3", "cool_off_days = true", '"cool_off_days" must be a whole number.', "without quotes"),
    ("cool_off_days = 3", "cool_off_days = -1", "-1 is out of bounds.", "from 0 to 365"),
    ("click_tracking = false", 'click_tracking = "no"', "must be true or false", "click_tracking = true"),
    ('allowlist = ["harbour', 'allowlist = ["@harbour', "is not an e-mail address", "Write one such as"),
    ('"maria@harbourcars.example"', '"maria"', '"maria" is not an e-mail address.', "Write one such as"),
    ('"maria@harbourcars.example"', '"a, b@c.example"', "is not an e-mail address", "Write one such as"),
    ('"tom@harbourcars.example"', '"Maria@harbourcars.example"', "stands here twice", "Delete one of them."),
    ("[campaigns.first-year]", '[campaigns."First Year"]', "is not a short name", 'Write "first-year".'),
    ("[campaigns.first-year]", "[campaigns.bikes]", "stands in config.toml too", "Give one of them another name."),
    ('anchor = "delivered_at"', 'anchor = "delivery"', '"anchor" cannot be "delivery".', '"delivered_at"?'),
    ('repeat_purchase = "newest"', 'repeat_purchase = "all"', "cannot be", "Write one of newest, both, first."),
    ("priority = 10", "priority = 1.5", '"priority" must be a whole number.', "without quotes or point"),
    ("priority = 10", 'name = "x"', 'There is no key "name" here.', ""),
    ("priority = 10", 'toml = "x"', 'There is no key "toml" here.', ""),
    ("{ category", "{ categroy", 'There is no key "categroy" here.', 'Did you mean "category"?'),
    ('{ category = ["car"]', '{ category = "car"', '"category" must be a list.', 'Write category = ["...", "..."].'),
    ("min_amount = 1000", 'min_amount = "much"', '"much" is not an amount.', "Write a number such as"),
    ("min_amount = 1000", "min_amount = -1", '"-1" is not an amount.', "Write a number such as"),
    ("min_amount = 1000", "min_amount = nan", "is not an amount.", "Write a number such as"),
    ("min_amount = 1000", "min_amount = 9, max_amount = 3", "min_amount is above max_amount.", "smaller number"),
    ('match = { category = ["car"], min_amount = 1000 }', "match = 3", '"match" must be a table.', "Write it as"),
    ('id = "handover"', "", '"id" is missing.', 'Write id = "first-week".'),
    ('id = "handover"', 'id = "Hand over!"', "is not a short name", 'Write "hand-over".'),
    ('id = "handover"', 'id = "promise"', 'The step "promise" stands here twice.', "Give each step an id of its own."),
    ("day = 1\n", 'day = "1"\n', '"day" must be a whole number.', "Write day = 7"),
    ("day = 1\n", "day = 6\n", "Day 5 comes after day 6.", "Put the steps in order of their days."),
    ("day = 5\n", "day = -5\n", "-5 is out of bounds.", "from 0 to 3650"),
    ("day = 5\n", "day = 3651\n", "3651 is out of bounds.", "from 0 to 3650"),
    ('template = "handover"', 'template = "handovre"', "There is no template", 'Did you mean "handover"?'),
    ('template = "handover"', 'template = "zzz"', "There is no template", "Write templates/emails/zzz/subject.txt"),
    ('template = "handover"', 'template = "../../etc"', "is not a short name", 'Write "etc".'),
    ('template = "handover"', 'template = "_layout"', "is not a short name", 'Write "layout".'),
    ('{ promises = "open" }', '{ promises = "opn" }', '"promises" cannot be "opn".', 'Did you mean "open"?'),
    ('{ promises = "open" }', "{ repeat_buyer = 1 }", '"repeat_buyer" must be true or false.', "without quotes"),
    ("[sending]", "[sendign]", 'There is no section "sendign" here.', 'Did you mean "sending"?'),
]


@pytest.mark.parametrize(("old", "new", "message", "suggestion"), MISTAKES)
def test_a_mistake_is_told_with_a_way_out(tmp_path: Path, old: str, new: str, message: str, suggestion: str) -> None:
    found = mistakes(houses.write(tmp_path, (old, new)))
    assert any(message in one.message and suggestion in one.suggestion for one in found), found


@pytest.mark.parametrize(("old", "new", "message", "suggestion"), MISTAKES)
def test_a_mistake_is_told_on_its_line(tmp_path: Path, old: str, new: str, message: str, suggestion: str) -> None:
    """The line of the change, of the table that lacks a key, or of the second of two that collide."""
    config = houses.write(tmp_path, (old, new))
    line = houses.CONFIG.count("\n", 0, houses.CONFIG.index(old)) + 1
    found = next(one for one in mistakes(config) if message in one.message)
    collides = any(word in message for word in ("twice", "too", "comes after", "missing", "above"))
    assert found.line == line or collides


def mistakes(config: Path) -> list[definition.Problem]:
    with pytest.raises(definition.ConfigError) as caught:
        definition.load(config)
    return caught.value.problems


def test_all_mistakes_are_told_at_once_by_file_and_line(tmp_path: Path) -> None:
    config = houses.write(tmp_path, ('country = "US"', 'country = "XX"'), ("day = 5", "day = -5"))
    houses.template(tmp_path, "promise", "body.txt", "{{ customer.nme }}")
    (tmp_path / "campaigns" / "zebra.toml").write_text("[campaigns.zebra]\ntitel = 'x'\n")
    places = [(one.file, one.line) for one in mistakes(config)]
    assert places == [
        ("campaigns/zebra.toml", 1),
        ("campaigns/zebra.toml", 1),
        ("campaigns/zebra.toml", 2),
        ("config.toml", 5),
        ("config.toml", 41),
        ("templates/emails/promise/body.txt", 1),
    ]


def test_an_error_reads_as_file_line_and_sentence(tmp_path: Path) -> None:
    config = houses.write(tmp_path, ('country = "US"', 'country = "XX"'))
    with pytest.raises(definition.ConfigError, match=r'^config\.toml:5: country: There is no country "XX"\. Write'):
        definition.load(config)


def test_toml_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    found = mistakes(houses.write(tmp_path, ("day = 5", "day = five")))
    assert [(one.file, one.line) for one in found] == [("config.toml", 41)]


def test_a_file_that_cannot_be_read_does_not_hide_the_others_mistakes(tmp_path: Path) -> None:
    config = houses.write(tmp_path, ("day = 5", "day = five"))
    (tmp_path / "campaigns" / "bikes.toml").write_text("[campaigns.bikes]\ntitle = 3\n")
    assert {one.file for one in mistakes(config)} == {"config.toml", "campaigns/bikes.toml"}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = " + b"[" * 5000, b"#" * 1_000_001])
def test_a_file_that_is_no_config_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    config = houses.write(tmp_path)
    config.write_bytes(content)
    assert [one.file for one in mistakes(config)] == ["config.toml"]


def test_no_file_at_all_is_one_clear_line(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path / "config.toml")
    assert found.message == "There is no such file."


def test_sections_other_than_campaigns_belong_in_config_toml(tmp_path: Path) -> None:
    config = houses.write(tmp_path)
    (tmp_path / "campaigns" / "bikes.toml").write_text(f"{houses.BIKES}\n[company]\nname = 'x'\n")
    (found,) = mistakes(config)
    assert (found.file, found.line, found.suggestion) == ("campaigns/bikes.toml", 8, "It belongs in config.toml.")


@pytest.mark.parametrize("section", ["company", "sending", "reps"])
def test_a_section_that_is_missing_is_asked_for(tmp_path: Path, section: str) -> None:
    config = houses.write(tmp_path)
    config.write_text(config.read_text().replace(f"[{section}]", f"[x{section}]"))
    missing = ("is missing", "There is no rep")
    assert any(words in one.message for one in mistakes(config) for words in missing)


def test_a_campaign_without_steps_is_refused(tmp_path: Path) -> None:
    config = houses.write(tmp_path)
    (tmp_path / "campaigns" / "bikes.toml").write_text("[campaigns.bikes]\ntitle = 'x'\nsteps = []\n")
    (found,) = mistakes(config)
    assert (found.line, found.message) == (3, '"steps" is empty.')


@pytest.mark.parametrize(
    ("letter", "file", "text", "line", "message"),
    [
        ("promise", "body.txt", "Hello\n{{ customer.firstname }}", 2, 'There is no variable "customer.firstname".'),
        ("promise", "subject.txt", "{{ a || 'x' }}", 1, "This is not how a fallback is written."),
        ("promise", "subject.txt", "\nYour promise\nand more\n", 3, "A subject is one line."),
        ("promise", "body.txt", "Hello\n" + "{% if season %}" * 26 + "x" + "{% endif %}" * 26, 2, "nested too deeply"),
        ("promise", "body.txt", "{% for a in b %}{% endfor %}", 1, "Loops are not available"),
        ("promise", "body.txt", " \n", 1, "This file is empty."),
        ("handover", "body.html", '<p>\n<a href="{{ customer.name }}">', 2, "cannot stand in href"),
        ("handover", "body.html", "x" * 200_001, 1, "This file is over 200 kB."),
        ("handover", "body.html", "<!-- never ends", 1, "This comment does not end."),
        ("_layout", "body.txt", "no marker", 1, "The frame needs one place for the letter."),
        ("_layout", "body.txt", "{{ content }}{{ content }}", 1, "The frame needs one place for the letter."),
        ("_layout", "body.txt", "{{ content }}\n{{ compny.name }}", 2, 'There is no variable "compny.name".'),
    ],
)
def test_a_mistake_in_a_template_is_told_in_that_file(
    tmp_path: Path, letter: str, file: str, text: str, line: int, message: str
) -> None:
    config = houses.write(tmp_path)
    houses.template(tmp_path, letter, file, text)
    (found,) = mistakes(config)
    assert (found.file, found.line) == (f"templates/emails/{letter}/{file}", line)
    assert message in found.message


@pytest.mark.parametrize("file", ["subject.txt", "body.txt"])
def test_a_template_needs_subject_and_text(tmp_path: Path, file: str) -> None:
    config = houses.write(tmp_path)
    (tmp_path / "templates" / "emails" / "promise" / file).unlink()
    (found,) = mistakes(config)
    assert (found.file, found.message) == (f"templates/emails/promise/{file}", "This file is missing.")


def test_what_goes_wrong_only_inside_the_frame_is_told_too(tmp_path: Path) -> None:
    config = houses.write(tmp_path)
    houses.template(tmp_path, "_layout", "body.html", '<p title="{{ content }}">a</p>')
    houses.template(tmp_path, "handover", "body.html", '<p>How "was" it?</p>')
    (found,) = mistakes(config)
    assert (found.file, found.message[:17]) == ("templates/emails/handover/body.html", "Inside the frame:")
