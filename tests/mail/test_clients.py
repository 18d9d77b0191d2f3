"""Whatever program and language a reply comes from, its new words come out as they were written, and nothing else."""

from email.message import EmailMessage

import pytest

from drip.mail import incoming, quotes
from tests.mail import clients, shapes

OLD = "How is your Quay 3 after the first month?\n\nDo tell me.\n\nRita"
QUOTED = "\n".join(f"> {line}".rstrip() for line in OLD.split("\n"))
BLOCK_VALUES = (clients.RITA, "1. 9. 2026 09:00", "ana@buyers.example", "Quay 3")
NOTICES = [
    "This e-mail and any attachments are confidential and intended only for the addressee.",
    "The information transmitted is intended solely for the person to which it is addressed and may contain "
    "confidential and/or privileged material. If you received this in error, please delete it.",
    "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, informieren Sie bitte "
    "den Absender und vernichten Sie diese Mail.",
    "Ce message est confidentiel et réservé à son destinataire. Si vous l'avez reçu par erreur, merci de le détruire.",
    "Este mensaje es confidencial y va dirigido a su destinatario. Si lo ha recibido por error, le rogamos lo borre.",
    "Le informazioni contenute in questo messaggio sono riservate e confidenziali.",
    "Antes de imprimir este e-mail, pense no ambiente.",
    "To unsubscribe from this group, send a mail to boats+unsubscribe@groups.example.",
    "Virus-free. www.avast.com <https://www.avast.example/sig>",
    "Diese E-Mail wurde von Avast-Antivirussoftware auf Viren geprüft.",
]
SIGNATURES = [
    "-- \nAna Pereira\nHead of Boats\nQuay Street 3, Lisbon",
    "--\nAna",
    "Ana Pereira\nHead of Boats\nT +351 21 123 45 67\nana@buyers.example\nwww.buyers.example",
    "Kind regards,\n\nAna Pereira\nHead of Boats\nTel.: +351 21 123 45 67",
    "Mit freundlichen Grüßen\n\nAna Pereira\nLeitung Boote\nTelefon: 030 / 12 34 56 78\nE-Mail: ana@buyers.example",
]


def letter(language: str) -> str:
    return clients.LETTERS.get(language.split()[0], clients.LETTERS["en"])


def block(language: str) -> list[str]:
    colon = "：" if language.startswith(("zh", "ja")) else ":"
    return [f"{label}{colon} {value}" for label, value in zip(clients.BLOCKS[language], BLOCK_VALUES, strict=True)]


@pytest.mark.parametrize("language", clients.INTRODUCTIONS)
def test_the_line_above_a_quote_goes_in_every_language(language: str) -> None:
    for line in clients.INTRODUCTIONS[language]:
        for below in (f"\n\n{QUOTED}", f"\n{QUOTED}", f"\n\n{OLD}"):
            assert quotes.new_text(f"{letter(language)}\n\n{line}{below}") == letter(language)


@pytest.mark.parametrize("language", clients.BLOCKS)
def test_the_block_above_an_older_mail_goes_in_every_language(language: str) -> None:
    lines = block(language)
    bold = [f"*{line.replace(line[len(label)], line[len(label)] + '*', 1)}" for label, line in zip(
        clients.BLOCKS[language], lines, strict=True
    )]  # fmt: skip
    for shown in (lines, bold, [f"> {line}" for line in lines]):
        old = QUOTED if shown[0].startswith(">") else OLD
        assert quotes.new_text(f"{letter(language)}\n\n" + "\n".join([*shown, "", old])) == letter(language)


@pytest.mark.parametrize("ruler", clients.RULERS)
def test_a_ruler_that_names_the_older_mail_goes(ruler: str) -> None:
    head = "From: Rita Moss\nDate: 1 Sep 2026\nTo: Ana\nSubject: Quay\n\n"
    assert quotes.new_text(f"It squeaks.\n\n{ruler}\n{head}{OLD}") == "It squeaks."
    if ruler.strip("_"):
        assert quotes.new_text(f"It squeaks.\n\n{ruler}\n\n{OLD}") == "It squeaks."


@pytest.mark.parametrize("device", clients.DEVICES)
def test_what_a_telephone_adds_goes(device: str) -> None:
    for below in ("", f"\n\n{clients.INTRODUCTIONS['en'][0]}\n\n{QUOTED}"):
        assert quotes.new_text(f"It squeaks.\n\n{device}{below}") == "It squeaks."


@pytest.mark.parametrize("tail", NOTICES + SIGNATURES)
def test_signatures_and_notices_go(tail: str) -> None:
    for below in ("", f"\n\n{clients.INTRODUCTIONS['de'][0]}\n\n{QUOTED}"):
        assert quotes.new_text(f"It squeaks.\n\n{tail}{below}") == "It squeaks."


def test_a_greeting_with_a_name_is_part_of_the_letter() -> None:
    for said in ("Kind regards,\nAna", "Viele Grüße\nAna Pereira", "Thanks!\nAna"):
        assert quotes.new_text(f"It squeaks.\n\n{said}\n\n{clients.INTRODUCTIONS['en'][0]}\n{QUOTED}").endswith(said)


@pytest.mark.parametrize("page", clients.PAGES)
def test_the_html_of_every_program_gives_the_letter(page: str) -> None:
    for new in clients.LETTERS.values():
        mail = EmailMessage()
        mail.set_content(clients.PAGES[page].format(new=new.replace("\n", "<br>"), old=clients.OLD), subtype="html")
        assert quotes.new_text_of(incoming.parse(mail.as_bytes())) == new


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_whole_replies_of_many_programs_give_the_letter(shape: str) -> None:
    for new in clients.LETTERS.values():
        assert quotes.new_text(shape.format(new=new, old=shapes.OLD, quoted=shapes.QUOTED)) == new


def test_a_language_that_nobody_told_us_of_is_read_by_its_shape() -> None:
    line = f"Zorbo 2026-09-01 09:00 {clients.RITA} kletnu:"
    assert quotes.new_text(f"Skrip dor.\n\n{line}\n\n{QUOTED}") == "Skrip dor."
    fields = [f"Uz: {clients.RITA}", "Plim: 1. 9. 2026 09:00", "Ap: ana@buyers.example", "Vort: Quay 3"]
    assert quotes.new_text("Skrip dor.\n\n" + "\n".join(fields) + f"\n\n{OLD}") == "Skrip dor."


OWN_WORDS = [
    "My new details:\nAna Pereira\nQuay Street 3\n+351 21 123 45 67",
    "I will be there at:\nDate: Friday\nTime: 10:00\nFrom: Paris\nTo: Lisbon",
    "The number on the box is 2026-09-01 09:00, see below:\n- one\n- two",
    "Name: Ana\nPhone: +351 21 123 45 67\nDate of purchase: 1.9.2026",
    "He wrote: it squeaks.\nShe said: it does not.",
    "Call me: +351 21 123 45 67",
    "Questions:\n1. Does it start?\n2. Does it stop?\n\nAnswers:\nyes, no",
    "Sent from my desk, which is easier than from my telephone.",
    "I bought it on 3 May 2026.\nRita sold it to me.",
    "Antwort:\nJa, bitte.",
    "Hi\n\nUnsubscribe from this list please.",
    "Hi\n\nTo stop receiving these, what must I do?",
    "Hallo\n\nBitte prüfen Sie die Rechnung.",
    "Hola\n\nLa información contenida en el manual no vale.",
    "Hallo\n\nDe inhoud van deze doos klopt niet.",
    "Hello\n\nDisclaimer: I am no expert, but the door squeaks.",
    "Bonjour\n\nPensez à me rappeler demain.",
    "Hola\n\nDe conformidad con lo hablado, acepto.",
    "Hej\n\nDenne mail er mit svar.",
    "Hello\n\nThis message is my answer.",
    "E-Mail: ana@buyers.example\nTermin: 1.9.2026 10:00\nName: Ana\nTelefon: 123",
    "Betreff: Termin\nDatum: Freitag\nVon: Hamburg\nAn: Kiel",
    "Email: ana@buyers.example\nDate: 1/9/2026 10:00\nTime: 10:00",
    "Subject: the door\nIt squeaks.",
    "To: Rita\nFrom: Ana\nI love it.",
    "On Monday it squeaked:\n\nfirst the door,\nthen the roof.",
    "The confidential part is that I like it.",
    "----- Option 1 -----\nblue\n----- Option 2 -----\nred",
    "What about the virus in error 5? In error 6 it is gone.",
    "👍",
    "2026",
    "yes",
    "Grüße an Rita, und: die Tür quietscht.",
    "To: whom it may concern\nit squeaks.",
    "Thanks\nthe door squeaks\ncan you call me tomorrow",
    "Danke\ndie Tür quietscht\nbitte um Rückruf",
    "Sent from my iPhone\nplease call me tomorrow",
    "Merci\nla porte grince encore\nje rappelle demain",
    "Cheers\nsee you at the boat show\nthe door still squeaks though",
    "My address is now:\n\nAna Pereira\nQuay Street 3\n1200 Lisbon\n+351 21 123 45 67",
]


@pytest.mark.parametrize("said", OWN_WORDS)
def test_no_word_of_a_person_is_lost(said: str) -> None:
    for below in (
        "",
        f"\n\n{clients.INTRODUCTIONS['fr'][0]}\n\n{QUOTED}",
        "\n\n" + "\n".join(block("de")) + f"\n\n{OLD}",
    ):
        assert quotes.new_text(f"Hello Rita,\n\n{said}{below}") == f"Hello Rita,\n\n{said}"


@pytest.mark.parametrize("language", clients.LETTERS)
def test_answers_in_between_are_kept_with_what_they_answer(language: str) -> None:
    introduction = clients.INTRODUCTIONS.get(language, clients.INTRODUCTIONS["en"])[0]
    inline = f"> Does it start?\n\n{letter(language)}\n\n> Does it stop?\n\n{letter(language)}"
    assert quotes.new_text(f"{introduction}\n{inline}\n\n> Rita").endswith(inline)
