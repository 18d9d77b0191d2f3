"""What a template may say, and what it is told when it says something else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.mail import grammar, render
from tests.mail import hostile_templates

GOOD = [
    "Hello {{ customer.first_name | default('there', true) }}",
    'Hello {{ customer["first_name"] }}',
    "{{ purchase.product_name|capitalize }} {{ purchase.sku|upper }}",
    "{% if promise.text is defined and promises.open != '' %}{{ promise.text }}{% endif %}",
    "{% if season == 'winter' %}a{% elif season in 'spring' %}b{% else %}c{% endif %}",
    "{% if not days_since_purchase >= 365 or rep.phone is undefined %}x{% endif %}",
    "{{ 'a' if days_since_purchase is gt 7 else 'b' }}",
    "{{ purchase.amount|int|round(2) }}",
    "{{ customer.name|replace('  ', ' ')|trim|title }}",
    "{% raw %}{{ not.read }}{% endraw %}{# a note #}",
]


@pytest.mark.parametrize("source", GOOD)
def test_what_letters_need_is_allowed(source: str) -> None:
    assert grammar.findings(source) == []


@pytest.mark.parametrize("source", hostile_templates.ESCAPES)
def test_no_template_reaches_beyond_its_variables(source: str) -> None:
    assert_refused(source)


@pytest.mark.parametrize("name", hostile_templates.SANDBOX_ESCAPES)
def test_no_known_way_out_of_the_sandbox_is_open(name: str) -> None:
    assert_refused(hostile_templates.SANDBOX_ESCAPES[name])


@pytest.mark.parametrize("number", range(len(hostile_templates.BOMBS)))
def test_no_few_words_become_a_flood(number: int) -> None:
    assert_refused(hostile_templates.BOMBS[number])


def assert_refused(source: str) -> None:
    """At save, and again at compiling."""
    assert grammar.findings(source)
    with pytest.raises(render.UnsafeTemplate):
        render.compile(render.LetterSource("Hello", source, None))


@pytest.mark.parametrize(
    ("source", "suggestion"),
    [
        ("{{ customer.firstname }}", "Did you mean customer.first_name?"),
        ("{{ customer.frist_name }}", "Did you mean customer.first_name?"),
        ("{{ first_name }}", "Did you mean customer.first_name?"),
        ("{{ compny.name }}", "Did you mean company.name?"),
        ("{{ unsubscribe_url }}", "Did you mean links.unsubscribe?"),
        ("{{ promise }}", "Use promise.text or promise.due_on."),
        ("{{ customer.name|captalize }}", "Did you mean capitalize?"),
        ("{{ customer.first_name | default: 'you' }}", 'Write | default("you", true).'),
        ('{{ customer.first_name || "there" }}', 'Write | default("there", true).'),
        ("{{ customer.first_name ?? 'there' }}", 'Write | default("there", true).'),
        ("{{ 'a' if season }}", 'Write {{ "a" if ... else "b" }}.'),
        ("{{ customer.name|replace('a') }}", 'Write | replace("old", "new"), each at most 20 letters.'),
        ("{% endfor %}", "The tags are {% if ... %}, {% elif ... %}, {% else %} and {% endif %}."),
    ],
)
def test_a_mistake_comes_with_a_way_out(source: str, suggestion: str) -> None:
    assert [finding.suggestion for finding in grammar.findings(source)] == [suggestion]


def test_every_mistake_is_found_at_once_on_its_line() -> None:
    source = "Hello\n{{ nobody }}\n\n{% for a in b %}\n{% endfor %}{{ 1 + 1 }}"
    assert [finding.line for finding in grammar.findings(source)] == [2, 4, 5]


def test_a_control_character_is_refused_where_it_stands() -> None:
    assert [finding.line for finding in grammar.findings("a\nb\x00")] == [2]


WORDS = """
    {{ }} {% %} {# #} if else elif endif season customer .name | replace default ( ) 'a' ' " == is defined and not 9 -
    join raw endraw <a href= > __class__ for in set ~ * [ ] , e round true
"""
words = st.sampled_from(WORDS.split())


@given(st.lists(words, max_size=30))
@settings(deadline=None, max_examples=300)
def test_any_heap_of_words_is_refused_or_renders_to_a_letter(heap: list[str]) -> None:
    source = render.LetterSource("Hello", "Hello " + " ".join(heap), " ".join(heap))
    if render.problems(source):
        return
    try:
        letter = render.render(render.compile(source), {"customer": {"name": "Ana"}, "season": "winter"})
    except render.RenderError:
        return
    assert letter.text.startswith("Hello")
