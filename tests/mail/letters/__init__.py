"""Small mails that stand for a kind of sender each, and how to open them."""

from pathlib import Path

from bench import reply_corpus
from drip.mail import incoming

FOLDER = Path(__file__).parent
# Real mails of public projects; they lie beside the repository where they lie at all.
CORPUS = reply_corpus.folder() or FOLDER / "no corpus"


def raw(name: str) -> bytes:
    """The bytes of one mail."""
    return (FOLDER / f"{name}.eml").read_bytes()


def read(name: str) -> incoming.Incoming:
    """One mail as values."""
    return incoming.parse(raw(name))
