"""Of a reply, what was written now is kept, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.mail import incoming, quotes
from tests.mail import letters

QUOTED = "> How is your Quay 3?\n>\n> Rita\n"
INTRODUCTIONS = [
    "On Tue, Sep 1, 2026 at 9:00 AM Rita Moss <rita@mail.quay.example> wrote:",
    "On Tue, Sep 1, 2026 at 9:00 AM Rita Moss\n<rita@mail.quay.example> wrote:",
    "Am 01.09.2026 um 09:00 schrieb Rita Moss:",
    "Le mar. 1 sept. 2026 à 09:00, Rita Moss <rita@mail.quay.example> a écrit :",
    "El mar, 1 sept 2026 a las 9:00, Rita Moss (<rita@mail.quay.example>) escribió:",
    "Il giorno mar 1 set 2026 alle ore 09:00 Rita Moss <rita@mail.quay.example> ha scritto:",
    "Op di 1 sep 2026 om 09:00 schreef Rita Moss <rita@mail.quay.example>:",
    "Em ter., 1 de set. de 2026 às 09:00, Rita Moss <rita@mail.quay.example> escreveu:",
    "Den tis 1 sep. 2026 kl 09:00 skrev Rita Moss <rita@mail.quay.example>:",
    "W dniu 1.09.2026 o 09:00 Rita Moss pisze:",
    "вт, 1 сент. 2026 г. в 09:00, Rita Moss <rita@mail.quay.example>:",
    "2026年9月1日(火) 9:00 Rita Moss <rita@mail.quay.example>:",
]
HISTORIES = [
    "-----Original Message-----\nFrom: Rita\n\nHow is it?",
    "-----Ursprüngliche Nachricht-----\nHow is it?",
    "________________________________\nFrom: Rita Moss <rita@quay.example>\nSent: Tuesday 9:00\nSubject: Quay\n\nHow?",
    "Von: Rita Moss <rita@quay.example>\nGesendet: Dienstag, 1. September 2026 09:00\nAn: Ana\nBetreff: Quay\n\nHow?",
    "De : Rita Moss <rita@quay.example>\nEnvoyé : mardi 1 septembre 2026 09:00\nÀ : Ana\nObjet : Quay\n\nHow?",
    "Begin forwarded message:\n\nFrom: Rita\n\nHow is it?",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
def test_a_quote_goes_with_the_line_above_it(introduction: str) -> None:
    assert quotes.new_text(f"It squeaks.\n\n{introduction}\n\n{QUOTED}") == "It squeaks."


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
def test_older_mail_without_marks_goes_too(introduction: str) -> None:
    assert quotes.new_text(f"It squeaks.\n{introduction}\n\nHow is your Quay 3?\nRita") == "It squeaks."


@pytest.mark.parametrize("history", HISTORIES)
def test_history_in_blocks_goes(history: str) -> None:
    assert quotes.new_text(f"It squeaks.\n\n{history}") == "It squeaks."


def test_answers_between_quoted_lines_keep_the_lines_that_they_answer() -> None:
    text = "> Does it start?\nYes.\n\n> Does it squeak?\nNo."
    assert quotes.new_text(text) == text


def test_an_answer_below_the_quote_is_kept() -> None:
    assert quotes.new_text(f"{INTRODUCTIONS[0]}\n\n{QUOTED}\nIt squeaks.") == "It squeaks."


def test_an_answer_below_an_old_header_block_is_kept() -> None:
    assert "It squeaks." in quotes.new_text(f"-----Original Message-----\n{QUOTED}\nIt squeaks.")


@pytest.mark.parametrize(
    "tail",
    [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for iOS<https://aka.example/x>",
        "-- \nAna Pereira\nHead of Boats",
        "Kind regards,\nAna Pereira\nHead of Boats",
        "This email and any attachments are confidential.",
    ],
)
def test_what_is_put_under_a_letter_goes(tail: str) -> None:
    assert quotes.new_text(f"It squeaks.\n\n{tail}\n") == "It squeaks."


@pytest.mark.parametrize(
    "text",
    [
        "I wrote to you on Monday:\nit squeaks.",
        "Sent from my desk, which is easier than my telephone.",
        "From: Paris\nTo: Rome\nis where we went.",
        "Hi\n\nThanks,\nAna\n\nPS: the brakes squeak, can you look?",
        "To do:\n- brakes\n- doors",
        "The original message was fine.",
        "STOP",
        "Thanks!\nAna",
    ],
)
def test_a_sentence_is_never_taken_for_a_quote_or_a_signature(text: str) -> None:
    assert text in quotes.new_text(text)


def test_only_a_quote_says_nothing_new() -> None:
    assert quotes.new_text(f"{INTRODUCTIONS[0]}\n\n{QUOTED}") == ""


def test_the_html_shows_what_the_text_does_not() -> None:
    assert quotes.new_text_of(letters.read("answer_gmail")) == "The left door squeaks. Can you look at it?"
    outlook = quotes.new_text_of(letters.read("answer_outlook_html_only"))
    assert outlook == "It runs like a dream.\n\nSee the photo <https://photos.example/quay>."


@pytest.mark.parametrize("quoted", [3_000, 30_000])
def test_words_below_a_very_long_quote_are_kept(quoted: int) -> None:
    """Whoever answers at the foot of a year of letters says more there than at the head."""
    asked = "> Does it start in the morning?\n" * quoted
    assert quotes.new_text(f"{asked}\nNo, it does not start any more.\n") == "No, it does not start any more."
    both = quotes.new_text(f"Thanks!\n\n{asked}\nBut the brakes are broken.\n-- \nAna Pereira\n")
    assert (both[:7], both[-26:]) == ("Thanks!", "But the brakes are broken.")


def test_a_letter_of_many_lines_ends_where_its_writer_ended() -> None:
    lines = [f"Line {number} of a long story." for number in range(5_000)]
    assert quotes.new_text("\n".join(lines)) == "\n".join(lines)


def test_below_the_sign_of_history_a_very_long_mail_has_nothing_new() -> None:
    old = "Does it start in the morning?\n" * 3_000
    assert quotes.new_text(f"No.\n\n-----Original Message-----\nFrom: Rita\nSent: Monday\n\n{old}") == "No."


def test_words_below_a_very_long_quote_in_html_are_kept() -> None:
    quote = f'<blockquote type="cite">{"<p>Does it start in the morning?</p>" * 3_000}</blockquote>'
    page = f"<p>Thanks!</p>{quote}<p>But the brakes are broken.</p>"
    for head in ("Content-Type: text/html\n\n", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n"):
        text = (
            "Thanks!\n" + "> Does it start?\n" * 3_000 + "But the brakes are broken.\n--b\nContent-Type: text/html\n\n"
        )
        mail = incoming.parse(f"{head}{text if 'boundary' in head else ''}{page}".encode())
        assert "But the brakes are broken." in quotes.new_text_of(mail)


def test_an_answer_inside_an_html_quote_is_kept() -> None:
    page = '<blockquote type="cite">Does it start?</blockquote><p>Yes</p><blockquote type="cite">Rita</blockquote>'
    mail = incoming.parse(b"Content-Type: text/html\n\n" + page.encode())
    assert "Yes" in quotes.new_text_of(mail)


@pytest.mark.parametrize("name", ["gmail_signature", "moz-signature", "protonmail_signature_block", "front-signature"])
def test_a_signature_that_the_html_marks_goes_and_words_below_it_stay(name: str) -> None:
    signature = f'<div class="{name}">Ana Pereira<br>loves the sea</div>'
    for below in ("", "<div>Bye</div>"):
        page = f'<div>It squeaks.</div>{signature}{below}<div class="gmail_quote">Hi</div>'
        words = quotes.new_text_of(incoming.parse(b"Content-Type: text/html\n\n" + page.encode()))
        assert words == "It squeaks." if not below else "Bye" in words


def test_words_below_an_endless_page_are_not_lost() -> None:
    page = '<p>Hello</p><div class="gmail_quote">Hi</div>' + "<b></b>" * 20_000 + "<p>It squeaks.</p>"
    assert "It squeaks." in quotes.new_text_of(incoming.parse(b"Content-Type: text/html\n\n" + page.encode()))


WORDS = st.sampled_from(
    ["It squeaks.", "> quoted", "", "On Monday 2026 Rita wrote:", "From: a@b.example", "--", "Thanks,"]
)


@given(st.lists(WORDS, max_size=30))
def test_own_words_above_everything_are_kept(lines: list[str]) -> None:
    assert "My own first sentence." in quotes.new_text("\n".join(["My own first sentence.", *lines]))


@given(st.text(max_size=300))
def test_cutting_any_text_invents_no_word(text: str) -> None:
    assert set(quotes.new_text(text).split()) <= set(text.split())
