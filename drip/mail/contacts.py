"""The lines of a signature: name, title, company, street, and the numbers and pages at which to reach somebody."""

import re

from drip.mail import words

SAYS = words.tables("tails")
LONGEST = 90
MOST_WORDS = 12
# A telephone number: eight digits at least, with what people put between them.
DIGIT = re.compile(r"\d")
NOT_OF_A_NUMBER = re.compile(r"[^\d\s()+./|:–-]")
STARTS = tuple(SAYS["contact_labels"])


def is_block(lines: list[str]) -> bool:
    """Lines that are a signature: short, no sentence, and one in six says how to reach its writer."""
    if not 2 <= len(lines) <= 14 or not all(map(_may_stand_in_one, lines)):
        return False
    reaching = sum(map(is_contact, lines))
    return reaching * 6 >= len(lines) and reaching >= 1 and not is_contact_asked(lines)


def is_name(lines: list[str]) -> bool:
    """Two to four short lines below a ruler, the first of them a name in capitals: `Dr. Ana Pereira`, `Lisbon`."""
    return 2 <= len(lines) <= 4 and starts_with_a_name(lines) and all(len(line.split()) <= 5 for line in lines)


def starts_with_a_name(lines: list[str]) -> bool:
    """The first line is a few words, each with a capital, and no number."""
    return is_title(lines[0]) and DIGIT.search(lines[0]) is None and ":" not in lines[0]


def is_title(line: str) -> bool:
    """A few words with capitals, as in a name, a title, a company or a street; no sentence is written so."""
    bare = line.strip(" *_|,\t\u00a0-–—")
    said = bare.replace("-", " ").replace("/", " ").replace("|", " ").replace("&", " ").split()
    if not 1 <= len(said) <= 7 or len(bare) > LONGEST or bare.endswith(("?", ":")):
        return False
    is_sentence = bare.endswith((".", "!")) and len(said) > 4
    return not is_sentence and all(word[:1].isupper() or word[:1].isdigit() or len(word) <= 3 for word in said)


def is_one_word(line: str) -> bool:
    """`ana`, without a capital, as people sign from a telephone."""
    return len(line.split()) == 1 and not line.rstrip().endswith(("?", "!", ".", ":")) and len(line.strip()) <= 20


def is_contact_asked(lines: list[str]) -> bool:
    """`My new address is:` above the lines makes them news."""
    return any(line.rstrip().endswith(("?", ":")) and not is_contact(line) for line in lines)


def is_contact(line: str) -> bool:
    """A number, an address or a page, with its label or alone."""
    bare = line.strip(" *_|\t\u00a0").lower()
    if not bare or len(bare) > LONGEST:
        return False
    said = bare.split()
    if _is_number(bare):
        return True
    if any(word.strip("<>[]()|,;").startswith(("http://", "https://", "www.")) for word in said) and len(said) <= 3:
        return True
    if any("@" in word[1:-1] for word in said) and len(said) <= 4:
        return True
    return bare.startswith(STARTS) and len(DIGIT.findall(bare)) >= 5


def _is_number(bare: str) -> bool:
    """Hardly anything else than digits."""
    digits = len(DIGIT.findall(bare))
    return digits >= 7 and len(NOT_OF_A_NUMBER.findall(bare)) <= 12 and digits <= 32


def _may_stand_in_one(line: str) -> bool:
    bare = line.strip()
    said = bare.split()
    is_sentence = bare.endswith(("?", "!")) or (bare.endswith((".", ":")) and len(said) > 5)
    return len(bare) <= LONGEST and len(said) <= MOST_WORDS and not is_sentence and not bare.startswith(">")
