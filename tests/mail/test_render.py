"""A letter's source and a customer's facts become a letter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.mail import render

ANA = {
    "customer": {"first_name": "Ana", "name": "Ana Alves"},
    "purchase": {"product_name": "Tidewater 240"},
    "promises": {"open": ""},
    "days_since_purchase": 8,
}


def written(subject: str = "Hello", text: str = "Hello", html: str | None = None, **facts: object) -> render.Letter:
    return render.render(render.compile(render.LetterSource(subject, text, html)), {**ANA, **facts})


def customer(name: object) -> dict[str, object]:
    return {"name": name}


def test_a_letter_is_written_with_the_customers_facts() -> None:
    letter = written(
        "Your {{ purchase.product_name }}\n",
        "Hello {{ customer.first_name }},\n\nit is day {{ days_since_purchase }}.\n\n",
        "<p>Hello {{ customer.first_name }}</p>",
    )
    assert letter == render.Letter("Your Tidewater 240", "Hello Ana,\n\nit is day 8.\n", "<p>Hello Ana</p>")


@pytest.mark.parametrize(
    ("subject", "text", "html"),
    [
        ("{{ season }}", "x", None),
        ("x", '{{ customer["name"] }}', None),
        ("x", "{% if rep.phone is defined %}{{ rep.phone }}{% endif %}", None),
        ("x", "x", "<p>{{ company.name }}</p>"),
    ],
)
def test_a_letter_knows_which_facts_it_names(subject: str, text: str, html: str | None) -> None:
    named = render.compile(render.LetterSource(subject, text, html)).named
    assert len(named) == 1
    assert named[0] in ("season", "customer.name", "rep.phone", "company.name")


def test_a_letter_without_html_has_none() -> None:
    assert written().html is None


@pytest.mark.parametrize(
    "source", ["{{ customer.last_name }}", "{% if rep.phone %}x{% endif %}", "{{ rep.phone|title }}"]
)
def test_a_fact_that_is_not_known_stops_the_letter(source: str) -> None:
    with pytest.raises(render.MissingData) as caught:
        written(text=source)
    assert caught.value.variable in ("customer.last_name", "rep.phone")


def test_a_fact_given_as_none_is_not_known() -> None:
    with pytest.raises(render.MissingData, match=r"customer\.name is not known"):
        written(text="{{ customer.name }}", customer=customer(None))


def test_a_fact_that_is_not_known_can_have_a_default() -> None:
    assert written(text="Hello {{ customer.last_name | default('there', true) }}").text == "Hello there\n"


def test_a_fact_that_is_not_known_can_be_asked_for() -> None:
    assert written(text="a{% if rep.phone is defined %} {{ rep.phone }}{% endif %}").text == "a\n"


def test_empty_text_falls_back_too() -> None:
    assert written(text="{{ promises.open | default('nothing', true) }}").text == "nothing\n"


def test_names_are_escaped_in_html_and_not_in_text() -> None:
    letter = written(text="{{ customer.name }}", html="{{ customer.name }}", customer=customer("O'Brien & <b>"))
    assert (letter.text, letter.html) == ("O'Brien & <b>\n", "O&#39;Brien &amp; &lt;b&gt;")


@pytest.mark.parametrize(
    "name",
    ["Zoë", "李小龍", "مريم", "O’Brien, Jr.", "👩‍👩‍👧", "Nguyễn Thị", "a\u00a0b", "ﬁ", "שלום"],
)
def test_names_of_every_kind_stay_as_they_are(name: str) -> None:
    assert written(text="{{ customer.name }}", customer=customer(name)).text == f"{name}\n"


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e"])
def test_no_name_breaks_a_subject_into_lines(break_: str) -> None:
    name = f"Ana{break_}Bcc: all@example.test"
    subject = written("Hello {{ customer.name }}", customer=customer(name)).subject
    assert subject.splitlines() == [subject]
    assert subject.isprintable()


@given(st.text(max_size=400))
@settings(deadline=None)
def test_a_subject_is_always_one_printable_line(name: str) -> None:
    subject = written("Hello {{ customer.name }}", customer=customer(name)).subject
    assert subject.splitlines() == [subject]
    assert len(subject) <= 300
    subject.encode("utf-8")


def test_an_endless_name_does_not_make_an_endless_subject() -> None:
    subject = written("{{ customer.name }}", customer=customer("a" * 10_000)).subject
    assert (len(subject), subject[-1]) == (300, "…")


def test_a_name_cannot_turn_the_direction_of_what_follows() -> None:
    assert written(text="{{ customer.name }}", customer=customer("a\u202egnp")).text == "agnp\n"


def test_empty_lines_left_by_conditions_are_closed_up() -> None:
    text = "a\n\n{% if promises.open %}\nb\n{% endif %}\n\n\nc"
    assert written(text=text).text == "a\n\nc\n"


@pytest.mark.parametrize(("subject", "text"), [("{{ promises.open }}", "a"), ("a", " {{ promises.open }}\n")])
def test_a_letter_without_subject_or_text_is_not_written(subject: str, text: str) -> None:
    with pytest.raises(render.RenderError, match="is empty"):
        written(subject, text)


def test_a_letter_over_500_kb_is_not_written() -> None:
    with pytest.raises(render.RenderError, match="500 kB"):
        written(text="{{ customer.name }}" * 200, customer=customer("a" * 5_000))


def test_a_comparison_that_makes_no_sense_stops_the_letter() -> None:
    with pytest.raises(render.RenderError, match="does not fit"):
        written(text="{% if customer.name > 3 %}a{% endif %}")


@pytest.mark.parametrize("value", [object(), 1.5, ["a"], b"a", lambda: "a"])
def test_nothing_but_text_and_whole_numbers_reaches_a_template(value: object) -> None:
    with pytest.raises(TypeError, match="text and whole numbers"):
        written(text="{{ customer.name }}", customer=customer(value))


def test_an_unsafe_template_is_refused_with_its_place() -> None:
    with pytest.raises(render.UnsafeTemplate, match=r"text, line 2: There is no variable \"nobody\"\.") as caught:
        render.compile(render.LetterSource("a", "a\n{{ nobody }}", None))
    assert [(problem.part, problem.line) for problem in caught.value.problems] == [("text", 2)]


def test_mistakes_of_all_parts_are_told_together() -> None:
    found = render.problems(render.LetterSource("{{ a }}", "{{ b }}", '<a href="{{ customer.name }}">'))
    assert [problem.part for problem in found] == ["subject", "text", "html"]
