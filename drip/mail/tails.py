"""What stands under a letter and is no part of it: signatures behind `-- `, device lines, legal footers."""

from drip.mail import words

SAYS = words.tables("quoting")
LONGEST_DEVICE_LINE = 90
MOST_SIGNATURE_LINES = 12
MOST_CLOSING_LINES = 10
DASHES = ("--", "-- ", "—", "---", "__", "___", "--&nbsp;")


def without(text: str) -> str:
    """The letter without its tail; unchanged if nothing else would be left."""
    lines = text.split("\n")
    for cut in (_footer, _signature, _device, _closing, _name):
        end = cut(lines)
        if end is not None and "".join(lines[:end]).strip():
            lines = _bare(lines[:end])
    return "\n".join(_bare(lines))


def is_footer(lines: list[str]) -> bool:
    """These lines are only what a program or a law department adds."""
    said = [line.strip().lower() for line in lines if line.strip()]
    if not said:
        return True
    is_signature = said[0] in DASHES or set(said[0]) <= set("-_=*")
    return is_signature or is_device(said[0]) or _is_legal(said[0])


def is_device(line: str) -> bool:
    """`Sent from my iPhone`, in many languages; a whole sentence about a desk is none."""
    shown = line.strip(" -*_>\t\u00a0").partition("<http")[0].strip()
    bare = shown.lower()
    if len(bare) > LONGEST_DEVICE_LINE:
        return False
    return (bare.startswith(SAYS["device"]) and _names_a_device(shown)) or bare.endswith(SAYS["device_ends"])


def _names_a_device(shown: str) -> bool:
    """Within a few words, or a make that we don't know: "Sent from my Wiko"."""
    said = shown.replace(",", " ").replace(".", " ").split()
    known = any(device in word.lower() for word in said[:6] for device in SAYS["devices"])
    is_make = len(said) in range(4, 9) and "," not in shown and said[2] == "my" and said[3][:1].isupper()
    return known or is_make


def _device(lines: list[str]) -> int | None:
    """Where the first of the last lines that is a device line stands, if only a little follows it."""
    for place in range(max(0, len(lines) - 8), len(lines)):
        if is_device(lines[place]) and all(len(line) < 100 for line in lines[place + 1 :]):
            return place
    return None


def _signature(lines: list[str]) -> int | None:
    """The line `-- ` (RFC 3676) with at most a dozen lines below it."""
    for place in range(len(lines) - 1, max(-1, len(lines) - MOST_SIGNATURE_LINES - 2), -1):
        if lines[place].strip() in DASHES and place and not any(line.startswith(">") for line in lines[place:]):
            return place
    return None


def _closing(lines: list[str]) -> int | None:
    """Where "Kind regards" stands, if only a name and a few short lines follow it."""
    for place in range(max(1, len(lines) - MOST_CLOSING_LINES), len(lines)):
        said = lines[place].strip(" ,.!*-–").lower()
        below = [line for line in lines[place + 1 :] if line.strip()]
        if said in SAYS["closings"] and below and all(_is_of_a_name(line) for line in below):
            return place
    return None


def _is_of_a_name(line: str) -> bool:
    """Short, no sentence, no afterthought."""
    bare = line.strip()
    is_sentence = bare.endswith(("?", ":")) or (bare.endswith((".", "!")) and len(bare.split()) > 4)
    return (
        len(bare) <= 60
        and len(bare.split()) <= 7
        and not is_sentence
        and not bare.lower().startswith(("ps", "p.s", "p.s.", "nb"))
    )


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
        starts_paragraph = place and (
            not lines[place - 1].strip(" _-=*") or set(lines[place - 1].strip()) <= set("_-=*")
        )
        if starts_paragraph and _is_legal(line.strip().lower()):
            return place
    return None


def _is_legal(line: str) -> bool:
    bare = line.lstrip(" *_->#")
    return bare.startswith(SAYS["footers"]) or (line.endswith("mailing list") and len(line) < 60)


def _bare(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip(" _=\t\u00a0"):
        end -= 1
    start = 0
    while start < end and not lines[start].strip():
        start += 1
    return lines[start:end]
