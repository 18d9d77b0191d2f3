"""A way out and a postal address stand in every letter, or a warning says where they don't."""

from pathlib import Path

import pytest

from drip.campaigns import definition
from tests.campaigns import houses

TEXT = "{{ content }}\n{{ company.postal_address }} | {{ links.unsubscribe }}\n"
HTML = '<p>{{ content }}</p><a href="{{ links.unsubscribe }}">Stop</a>{{ company.postal_address }}'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A small house whose frames have a footer."""
    path = houses.write(tmp_path)
    houses.template(tmp_path, "_layout", "body.txt", TEXT)
    houses.template(tmp_path, "_layout", "body.html", HTML)
    return path


def warned(config: Path) -> list[str]:
    return [f"{each.file} {each.message}" for each in definition.load(config).warnings]


def test_letters_in_a_frame_with_a_footer_are_sound(config: Path) -> None:
    assert warned(config) == []


@pytest.mark.parametrize(
    ("fact", "name"), [("links.unsubscribe", "unsubscribe link"), ("company.postal_address", "postal address")]
)
@pytest.mark.parametrize(("file", "part"), [("body.txt", "text"), ("body.html", "HTML")])
def test_a_frame_without_it_is_told_once(config: Path, fact: str, name: str, file: str, part: str) -> None:
    frame = TEXT if file == "body.txt" else HTML
    houses.template(config.parent, "_layout", file, frame.replace(f"{{{{ {fact} }}}}", "https://x.example"))
    assert warned(config) == [f"templates/emails/_layout/{file} There is no {name} in the {part} of any letter."]
    assert fact in definition.load(config).warnings[0].suggestion


def test_where_others_have_it_the_letter_is_told(config: Path) -> None:
    houses.template(config.parent, "_layout", "body.txt", "{{ content }}\n{{ company.postal_address }}")
    houses.template(config.parent, "promise", "body.txt", "Hello, {{ links.unsubscribe }}")
    assert warned(config) == ["templates/emails/handover/body.txt There is no unsubscribe link in the text."]


def test_without_a_frame_each_letter_is_told(config: Path) -> None:
    (config.parent / "templates/emails/_layout/body.html").unlink()
    assert {line.partition(" ")[0] for line in warned(config)} == {"templates/emails/handover/body.html"}


@pytest.mark.parametrize(
    ("footer", "is_enough"),
    [
        ("{% if season == 'winter' %}{{ links.unsubscribe }}{% endif %}", False),
        ("{% if season == 'winter' %}{{ links.unsubscribe }}{% else %}Stop: {{ links.unsubscribe }}{% endif %}", True),
        ("{% if links.unsubscribe is defined %}There is a link.{% endif %}", False),
        ("{{ links['unsubscribe'] }}", True),
        ("links.unsubscribe", False),
    ],
)
def test_every_customer_must_read_it(config: Path, footer: str, is_enough: bool) -> None:
    houses.template(config.parent, "_layout", "body.txt", f"{{{{ content }}}}{{{{ company.postal_address }}}}{footer}")
    assert (warned(config) == []) is is_enough


def test_an_address_may_be_typed_out_but_not_in_a_comment(config: Path) -> None:
    typed = HTML.replace("{{ company.postal_address }}", "<p>12 Quay Street<br>Portland</p>")
    houses.template(config.parent, "_layout", "body.html", typed)
    assert warned(config) == []
    houses.template(config.parent, "_layout", "body.html", typed.replace("<p>12", "<!-- <p>12").replace("</p>", "-->"))
    assert len(warned(config)) >= 1
