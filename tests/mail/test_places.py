"""Where in HTML a variable may stand."""

import html.parser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.mail import places, render

GOOD = [
    '<!doctype html><html lang="en"><head><meta charset=utf-8><title>{{ customer.name }}</title></head></html>',
    "<style>p { color: #222 } @media (prefers-color-scheme: dark) { p { color: #eee } }</style>",
    "<p style='margin:0' class=x>{{ customer.name }}<br/>{% if season == 'x' %}<b>a</b>{% endif %}</p>",
    '<a href="{{ links.unsubscribe }}">stop</a>',
    '<a href="mailto:{{ rep.email }}?subject=Hello">write</a> <a href="tel:{{ rep.phone }}">call</a>',
    '<a href="tel:{{ rep.phone | replace(" ", "") }}">call</a>',
    '<a href="https://harbourcars.example/a?b=1&amp;c=2">us</a> <a href=#top>up</a>',
    '<img src="https://harbourcars.example/a.png" alt="{{ purchase.product_name }}">',
    "<!--[if mso]><table><tr><td><![endif]--><p>a</p>",
    "5 &lt; 6 > 4",
]
# One hostile or careless place a line; in each, a name or a product could become a link, a script or a style.
BAD = [
    '<a href="{{ purchase.sku }}">x</a>',
    '<a href="{{ customer.name }}">x</a>',
    '<a href="https://{{ customer.name }}">x</a>',
    '<a href="javascript:{{ customer.name }}">x</a>',
    '<a href="mailto:{{ customer.email }}">x</a>',
    '<a href="mailto:{{ rep.email }}{{ customer.name }}">x</a>',
    '<a href="{{ links.unsubscribe }}{{ customer.name }}">x</a>',
    '<a href="x{{ links.unsubscribe }}">x</a>',
    '<a href="{{ links.unsubscribe | upper }}">x</a>',
    "<a href='{{ links.unsubscribe }}'>x</a>",
    "<a href={{ links.unsubscribe }}>x</a>",
    '<a HREF="{{ customer.name }}">x</a>',
    '<a xlink:href="{{ customer.name }}">x</a>',
    '<a\nhref\n=\n"{{ customer.name }}">x</a>',
    '<a href="{% if season %}javascript:{% endif %}alert(1)">x</a>',
    '<a href="{# #}javascript:alert(1)">x</a>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" &#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<img src="{{ customer.name }}">',
    '<img src=x onerror="alert(1)">',
    '<p onclick="{{ customer.name }}">x</p>',
    '<p style="color:{{ customer.name }}">x</p>',
    "<p title={{ customer.name }}>x</p>",
    "<p title='{{ customer.name }}'>x</p>",
    "<p {{ customer.name }}>x</p>",
    '<p {{ customer.name }}="x">x</p>',
    "<{{ customer.name }}>",
    "</{{ customer.name }}>",
    "<{% if season %}script{% endif %}>",
    "< {%- if season %}script{% endif %}>",
    "<s{# #}cript>alert(1)</script>",
    "<s {#- -#} cript>",
    "<{% raw %}script{% endraw %}>",
    "<p {% if season %}title{% endif %}>x</p>",
    "<!-- {{ customer.name }} -->",
    "<!-- {% if season %} --> {% endif %}",
    "<!-- --!><b title=x> -->",
    "<!-- never ends",
    "<style>p { color: {{ customer.name }} }</style>",
    "<style>p {}",
    "<script>alert(1)</script>",
    "<SCRIPT src=https://x.example></SCRIPT>",
    "<title><a href='</title>{{ customer.name }}'></title>",
    '<iframe src="https://x.example"></iframe>',
    "<form action=https://x.example><input></form>",
    '<meta http-equiv="refresh" content="0;url=https://x.example">',
    '<base href="https://x.example">',
    "<svg><a></a></svg>",
    "<?xml version='1.0'?>",
    '<p title="a"b\'>',
    "<p never ends",
    "1 < 2",
]


@pytest.mark.parametrize("source", GOOD)
def test_a_plain_mail_passes(source: str) -> None:
    assert places.findings(source) == []


@pytest.mark.parametrize("source", BAD)
def test_a_place_that_could_do_harm_is_refused(source: str) -> None:
    assert places.findings(source)


def test_a_mistake_is_found_on_its_line() -> None:
    source = '<p>\n{% if season\n   == "x" %}\n<b>a</b>\n{% endif %}\n<a\n href="{{ customer.name }}">x</a>'
    assert [finding.line for finding in places.findings(source)] == [7]


HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    '" onmouseover="alert(1)',
    "</title><script>alert(1)</script>",
    "-->",
    "{{ 7*7 }}",
    "&quot;&gt;<b>",
]


class _Tags(html.parser.HTMLParser):
    """The tags and attribute names of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


@given(st.sampled_from(HOSTILE) | st.text(max_size=40), st.sampled_from(GOOD[:8]))
@settings(deadline=None)
def test_no_name_changes_the_tags_of_a_page(name: str, source: str) -> None:
    compiled = render.compile(render.LetterSource("Hello", "Hello", source))
    assert tags(compiled, name) == tags(compiled, "Ana")


def tags(compiled: render.Compiled, value: str) -> list[tuple[str, tuple[str, ...]]]:
    person = {"name": value, "email": value, "phone": value}
    facts = {"customer": person, "rep": person, "purchase": {"product_name": value}}
    page = render.render(compiled, {**facts, "season": "x", "links": {"unsubscribe": "https://a.example/u/t"}})
    parser = _Tags()
    parser.feed(page.html or "")
    return parser.seen
