"""How mail programs of many makes and languages quote, name their device and sign: what a reply may look like."""

from tests.mail.clients.blocks import BLOCKS, RULERS
from tests.mail.clients.devices import DEVICES
from tests.mail.clients.introductions import INTRODUCTIONS, RITA
from tests.mail.clients.letters import LETTERS
from tests.mail.clients.pages import OLD, PAGES

__all__ = ["BLOCKS", "DEVICES", "INTRODUCTIONS", "LETTERS", "OLD", "PAGES", "RITA", "RULERS"]
