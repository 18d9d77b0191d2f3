"""What stands under a letter and is no part of it: signatures behind `-- `, device lines, legal footers."""

from drip.mail import contacts, words

SAYS = words.tables("tails")
LONGEST_DEVICE_LINE = 110
MOST_SIGNATURE_LINES = 12
MOST_CLOSING_LINES = 10
DASHES = ("--", "-- ", "—", "---", "__", "___", "--&nbsp;", "–")
ROUNDS = 4
MOST_TAIL = 200  # lines at the end that are looked at
NOT_OF_A_LETTER = " *_->#[("
CLOSINGS = frozenset(SAYS["closings"])
NOT_OF_A_NAME = ("ps", "p.s", "p.s.", "nb", "pd", "p.d", "n.b", "pps")
MARKS = " -–—*_>~\t\u00a0\u200b\u200e\u200f\u202a\u202b\u202c"


def letter(text: str) -> str:
    """The letter without what programs and law departments put under it; its own greeting and name stay."""
    return _without(text, (_footer, _signature, _device, _signed, _name))


def without(text: str) -> str:
    """The letter without its greeting and name too."""
    return _without(text, (_footer, _signature, _device, _signed, _closing, _name))


def is_footer(lines: list[str]) -> bool:
    """These lines are only what a program or a law department adds."""
    said = [line.strip().lower() for line in lines if line.strip()]
    if not said:
        return True
    is_signature = said[0] in DASHES or set(said[0]) <= set("-_=*")
    return is_signature or is_device(said[0]) or _is_legal(said[0])


def is_sign_off(lines: list[str]) -> bool:
    """These lines are only a greeting, a name and perhaps a few lines more of a signature."""
    said = [line.strip() for line in lines if line.strip()]
    if not said or len(said) > MOST_CLOSING_LINES:
        return False
    head, _, name = said[0].partition(",")
    closes = is_closing(said[0]) or (
        is_closing(head) and 0 < len(name.split()) <= 3 and not name.rstrip().endswith("?")
    )
    return closes and all(_is_of_a_name(line) for line in said[1:])


def is_closing(line: str) -> bool:
    """`Kind regards,`"""
    return line.strip(" ,.!*-–").lower() in CLOSINGS


def is_device(line: str) -> bool:
    """`Sent from my iPhone`, in many languages; a whole sentence about a desk is none."""
    shown = _without_links(line).strip(MARKS)
    bare = shown.lower()
    if not bare or len(bare) > LONGEST_DEVICE_LINE:
        return False
    if bare.endswith(SAYS["device_ends"]):
        return _names_a_device(shown)
    return bare.startswith(SAYS["device"]) and _names_a_device(shown)


def _without_links(line: str) -> str:
    if len(line) > LONGEST_DEVICE_LINE * 8:
        return line
    pieces = line.split("<http")
    return "".join([pieces[0], *(piece.partition(">")[2] for piece in pieces[1:])])


def _names_a_device(shown: str) -> bool:
    """Within a few words, or a make that we don't know: "Sent from my Wiko", "Sent from Nine"."""
    said = shown.replace(",", " ").replace(".", " ").split()
    known = any(device in word.lower() for word in said[:6] for device in SAYS["devices"])
    is_make = len(said) in range(4, 9) and "," not in shown and said[2] == "my" and said[3][:1].isupper()
    is_short = len(said) == 3 and said[0].lower() == "sent" and said[2][:1].isupper() and not shown.endswith(("?", "!"))
    return known or is_make or is_short


def _without(text: str, cuts: tuple[object, ...]) -> str:
    """Unchanged if nothing else would be left."""
    whole = text.split("\n")
    letter, lines = whole[:-MOST_TAIL], whole[-MOST_TAIL:]
    for _ in range(ROUNDS):
        before = len(lines)
        for cut in cuts:
            end = cut(lines) if callable(cut) else None
            if end is not None and (letter or "".join(lines[:end]).strip()):
                lines = _bare(lines[:end])
        if len(lines) == before:
            break
    return "\n".join(_bare([*letter, *lines]))


def _device(lines: list[str]) -> int | None:
    """Where the first of the last lines that is a device line stands, if only a little follows it."""
    for place in range(max(0, len(lines) - 8), len(lines)):
        if is_device(lines[place]) and all(map(_may_sign, lines[place + 1 :])):
            return place
    return None


def _signature(lines: list[str]) -> int | None:
    """The line `-- ` (RFC 3676) with at most a dozen lines below it, or another ruler above a name and its numbers."""
    for place in range(len(lines) - 1, max(-1, len(lines) - MOST_SIGNATURE_LINES * 2), -1):
        bare = lines[place].strip()
        if not bare or not place or set(bare) - set("-–—_=*~"):
            continue
        below = [line for line in lines[place + 1 :] if line.strip()]
        if len(below) > MOST_SIGNATURE_LINES or any(line.startswith(">") for line in below):
            return None
        if bare in DASHES or not below or contacts.is_block(below) or contacts.is_name(below):
            return place
    return None


def _signed(lines: list[str]) -> int | None:
    """Where the last paragraphs are a name, a title and the numbers at which to call; with the greeting above it.

    A greeting with only a name below it is part of the letter.
    """
    for place in range(max(1, len(lines) - MOST_SIGNATURE_LINES - 4), len(lines)):
        below = [line for line in lines[place:] if line.strip()]
        if not below:
            return None
        if is_closing(lines[place]):
            named = len(below) > 2 and (contacts.starts_with_a_name(below[1:]) or contacts.is_contact(below[1]))
            if named and (contacts.is_block(below[1:]) or all(map(contacts.is_title, below[1:]))):
                return place
        elif _is_apart(lines, place) and contacts.starts_with_a_name(below) and contacts.is_block(below):
            return place
    return None


def _is_apart(lines: list[str], place: int) -> bool:
    """A paragraph starts here, and the one above does not announce it."""
    above = next((line.rstrip() for line in reversed(lines[:place]) if line.strip()), "")
    return not lines[place - 1].strip() and not above.endswith((":", "："))


def _closing(lines: list[str]) -> int | None:
    """Where "Kind regards" stands, if only a name and a few short lines follow it."""
    for place in range(max(1, len(lines) - MOST_CLOSING_LINES), len(lines)):
        below = [line for line in lines[place + 1 :] if line.strip()]
        if is_closing(lines[place]) and below and all(map(_is_of_a_name, below)) and all(map(_may_sign, below)):
            return place
    return None


def _may_sign(line: str) -> bool:
    """An empty line, a piece of a signature, or another line of a program."""
    is_own = contacts.is_title(line) or contacts.is_contact(line) or contacts.is_one_word(line)
    return not line.strip(MARKS) or is_own or is_device(line) or _is_legal(line.strip().lower())


def _is_of_a_name(line: str) -> bool:
    """Short, no sentence, no afterthought."""
    bare = line.strip()
    is_sentence = bare.endswith(("?", ":")) or (bare.endswith((".", "!")) and len(bare.split()) > 4)
    is_short = len(bare) <= 60 and len(bare.split()) <= 7
    return is_short and not is_sentence and not bare.lower().startswith(NOT_OF_A_NAME)


def _name(lines: list[str]) -> int | None:
    """`-Ana Pereira` or `/Ana` as the last line, if no other line is an item of a list."""
    last = lines[-1].strip() if lines else ""
    starts = ("-", "–", "—", "/", "~")
    is_name = (
        last.startswith(starts) and len(last) > 2 and 1 <= len(last.strip("-–—/~ .").split()) <= 3 and len(last) < 40
    )
    is_list = any(line.strip().startswith(starts) for line in lines[:-1])
    return len(lines) - 1 if is_name and not is_list and not last.endswith(("?", "!")) else None


def _footer(lines: list[str]) -> int | None:
    """The first paragraph that reads like a legal notice or a list's footer, with all below it."""
    for place, line in enumerate(lines):
        if not place or not line:
            continue
        above = lines[place - 1].strip()
        starts_paragraph = not above.strip("_-=*") or set(above) <= set("_-=*")
        if starts_paragraph and (_is_legal(_below_its_picture(lines, place)) or _is_notice(lines, place)):
            return place
    return None


def _below_its_picture(lines: list[str], place: int) -> str:
    """The line, or the next one where this is only a link or a picture."""
    line = lines[place].strip().lower()
    is_picture = line.startswith(("<http", "http", "[image", "[cid", "[http")) and " " not in line.removeprefix(
        "[image: "
    )
    return lines[place + 1].strip().lower() if is_picture and place + 1 < len(lines) else line


def _is_legal(line: str) -> bool:
    bare = line.lstrip(NOT_OF_A_LETTER)
    return bare.startswith(SAYS["footers"]) or (line.endswith("mailing list") and len(line) < 60)


def _is_notice(lines: list[str], place: int) -> bool:
    """A paragraph that says "confidential" and "recipient", or the like: what no person writes."""
    bare = lines[place].strip().lower().lstrip(NOT_OF_A_LETTER)
    starts, leaves = bare.startswith(SAYS["footers_perhaps"]), bare.startswith(SAYS["footers_with_a_link"])
    if len(lines[place]) < 30 and not starts and not leaves:
        return False
    said: list[str] = []
    for line in lines[place : place + 12]:
        if not line.strip():
            break
        said.append(line.lower()[:1_000])
    paragraph = " ".join(said)[:3_000]
    if leaves and any(mark in paragraph for mark in ("http", "www.", "@")):
        return True
    found = sum(word in paragraph for word in SAYS["notices"])
    return (starts and found >= 1) or (len(paragraph) > 80 and found >= 2)


def _bare(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip(" _=\t\u00a0ᐧ") or _is_picture(lines[end - 1].strip())):
        end -= 1
    start = 0
    while start < end and not lines[start].strip():
        start += 1
    return lines[start:end]


def _is_picture(line: str) -> bool:
    """`[cid:image001.png@01D1]`: where a logo stood."""
    is_named = line.startswith(("[cid:", "[image:", "<image0", "[logo", "[facebook", "[linkedin", "[twitter"))
    return is_named and line.endswith(("]", ">")) and len(line) < 200
