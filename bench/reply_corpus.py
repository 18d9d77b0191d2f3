"""What Drip makes of a mail, in the words of the scorers of the corpus of real replies beside this project."""

from drip.mail import incoming, kinds, machines, quotes

NOBODYS_DOMAINS: frozenset[str] = frozenset()


def extract(message: bytes | str) -> str:
    """The new words: of a whole mail (bytes) or of a bare text (str)."""
    if isinstance(message, str):
        return quotes.new_text(message)
    return quotes.new_text_of(incoming.parse(message))


def label(message: bytes) -> str:
    """Who wrote a whole mail: human, auto_reply, out_of_office, bounce_hard, bounce_soft, complaint, list or other."""
    told = machines.told(incoming.parse(message), NOBODYS_DOMAINS)
    return "other" if told.sender is machines.Sender.notice else told.sender.value


def kind(text: str, lang: str | None = None) -> tuple[str, bool]:
    """What a person wants, and whether it is urgent. `lang` is not needed: the product is never told it."""
    said = kinds.understand(text)
    return said.kind.value, said.urgent
