"""What a reply wants, from words in seven languages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.mail import kinds

SAID = [
    ("problem", "The handbrake is leaking oil since yesterday."),
    ("problem", "Die Tür schließt nicht mehr richtig."),
    ("problem", "La pompe ne marche plus."),
    ("problem", "La puerta no cierra bien y hace ruido."),
    ("problem", "De deur sluit niet en het slot is kapot."),
    ("problem", "Il motore non si accende, è rotto."),
    ("problem", "A bomba está avariada e ninguém responde."),
    ("problem", "Lovely boat, thank you, but the pump is broken."),
    ("question", "When is the first service due?"),
    ("question", "Wann ist die erste Inspektion fällig?"),
    ("praise", "We love it, best thing we ever bought."),
    ("praise", "No problems at all, it runs like a dream."),
    ("courtesy", "Thanks, noted."),
    ("courtesy", "Alles klar, danke!"),
    ("buying", "What would you give me for mine in a trade in for the new model?"),
    ("referral", "My neighbour wants one too, can I give him your number?"),
    ("referral", "My sister would like one too."),
    ("referral", "Could my brother get one as well?"),
    ("leaving", "I want my money back."),
    ("leaving", "Hiermit kündige ich den Vertrag."),
    ("leaving", "Je souhaite résilier mon contrat."),
    ("not_now", "We're abroad until June, please try again then."),
    ("wrong_person", "You have the wrong email address, I never bought a boat."),
    ("unclear", "Blue seven."),
    ("unclear", ""),
]


@pytest.mark.parametrize(("kind", "text"), SAID)
def test_a_plain_reply_is_understood(kind: str, text: str) -> None:
    assert kinds.understand(text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "Stop please.",
        "unsubscribe",
        "Unsubscribe me please",
        "Please stop emailing me.",
        "no more emails thanks",
        "Take me off your list.",
        "Bitte keine weiteren Mails mehr.",
        "Merci de ne plus m'écrire.",
        "Por favor, no me manden más correos.",
        "Basta email, grazie.",
        "Graag uitschrijven",
        "Por favor não me enviem mais mensagens.",
        "Thanks, the car is great, but please no more of these emails.",
    ],
)
def test_a_clear_request_to_stop_is_one(text: str) -> None:
    assert kinds.understand(text).kind == "opt_out"


@pytest.mark.parametrize(
    "text",
    [
        "We must STOP this leak before winter.",
        "The brakes don't stop squeaking.",
        "Can you stop by on Thursday?",
        "The unsubscribe link of our newsletter is broken.",
        "How do I unsubscribe a colleague who left?",
        "It stopped raining, so we sailed.",
        "Don't often get to say that.",
        "I don't want to miss the service date.",
    ],
)
def test_other_stops_do_not_silence_a_customer(text: str) -> None:
    assert kinds.understand(text).kind != "opt_out"


def test_words_of_our_own_mail_do_not_decide() -> None:
    assert kinds.understand("> unsubscribe\n> is something broken?\nThanks, all good").kind == "courtesy"


def test_the_words_that_decided_are_shown() -> None:
    understood = kinds.understand("Lovely boat but the pump is leaking.")
    assert understood.evidence == ("leaking",)
    assert kinds.Kind.praise in understood.also


def test_danger_is_urgent() -> None:
    assert kinds.understand("I keep smelling gas near the left burner, it leaks.").urgent
    assert not kinds.understand("The drawer squeaks.").urgent
    assert not kinds.understand("Love it, see you tomorrow!").urgent


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("We're abroad until 14 October, please try again then.", date(2026, 10, 14)),
        ("Not now, ask me again in two weeks.", date(2026, 9, 15)),
        ("Not now, we're moving.", None),
    ],
)
def test_a_named_day_is_kept_for_later(text: str, until: date | None) -> None:
    understood = kinds.understand(text, on=date(2026, 9, 1))
    assert (understood.kind, understood.until) == ("not_now", until)


@given(st.text(max_size=300))
def test_any_text_has_a_kind(text: str) -> None:
    assert kinds.understand(text) == kinds.understand(text)
