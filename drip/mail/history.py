"""Lines by which a mail program introduces older mail."""

from drip.mail import words

SAYS = words.tables("quoting")
LONGEST_LINE = 500
LONGEST_INTRO = 4  # lines
RULED = ("---", "___", "===", "***", "———", "–––")
INVISIBLE = " *_\t\u00a0\u200e\u202a\u202c\u200f|"
ENDS = (":", "：", ">", "-", "—", "wrote", "sent", "schrieb", "写道")
VERBS = frozenset(SAYS["wrote"])
FROM = frozenset(SAYS["from"])
OTHER = frozenset(SAYS["other"])
BELOW_IS_OLD = frozenset(SAYS["below_is_old"])
SOON = 6
BLOCK = 8  # lines in which the fields of a header block must stand
RULER = " -_=*~#—–―•\t\u00a0\u200b\u200e"


def starts(lines: list[str], place: int) -> int:
    """If only older mail follows from this line on: the number of the line after its introduction, else 0."""
    line = lines[place]
    bare = line.strip(RULER + ">").lower()
    if not bare or len(line) > LONGEST_LINE:
        return 0
    if _says_below_is_old(line, bare) or any(said in bare[:120] for said in SAYS["reply_above"]):
        return place + 1
    if line.lstrip().startswith(">"):
        return 0
    if length := header_block(lines[place : place + BLOCK]):
        return place + length
    length = introduction(lines[place : place + LONGEST_INTRO + 1])
    return place + length if length and not _quote_follows(lines[place + length : place + length + SOON]) else 0


def apart(line: str) -> list[str]:
    """`Thanks! On Monday ... Ana wrote:` on one line, as the two lines that were meant."""
    if len(line) > LONGEST_LINE or not line.rstrip().endswith("wrote:") or line.lstrip().startswith((">", "On ")):
        return [line]
    place = max(line.rfind(" On "), line.rfind("-On "))
    if place < 0 or not _has_date(line[place:]):
        return [line]
    return [line[: place + 1].rstrip("- "), line[place + 1 :]]


def _says_below_is_old(line: str, bare: str) -> bool:
    """`-----Original Message-----`: without its dashes it may be a sentence, so it has to stand alone."""
    stripped = line.strip()
    if stripped.startswith(">"):
        return False
    if stripped[:3] in RULED and stripped[-3:] in RULED and len(bare) < 60:
        return any(word in bare for word in SAYS["message"]) or bare.startswith("forwarded by ")
    said = bare.rstrip(" :：").strip(RULER)
    return (stripped[:1] in "-_=*—–" or stripped.endswith(":")) and said in BELOW_IS_OLD


def header_block(lines: list[str]) -> int:
    """How many of these lines are a block "From: ... Sent: ... To: ..." of an older mail; 0 if none."""
    labels = [_label(line) for line in lines]
    if not labels or labels[0] not in FROM | OTHER:
        return 0
    seen, length = [], 0
    for place, label in enumerate(labels):
        if label in FROM or label in OTHER:
            seen.append(label)
            length = place + 1
        elif not lines[place].strip() and len(seen) >= 2:
            break
    named = set(seen)
    if len(named) >= 3:
        is_block = bool(named & FROM) or _looks_sent(lines[:length])
    else:
        is_block = len(named) == 2 and _looks_sent(lines[:length])
    return length if is_block else 0


def _label(line: str) -> str:
    """The word before the colon: `*Sent:* Monday` gives `sent`."""
    bare = line.strip(" *>_\t\u00a0|").lower()[:60]
    name, colon, _ = bare.replace("：", ":").partition(":")
    return name.strip(" *\u00a0") if colon else ""


def _looks_sent(lines: list[str]) -> bool:
    """Few fields: an address and a time among them make the difference to "From: Paris, To: Rome"."""
    return any("@" in line for line in lines) and any(_has_time(line) for line in lines)


def introduction(lines: list[str]) -> int:
    """How many of these lines are "On Monday, Ana wrote:", in any of our languages; 0 if none.

    The shortest such lines count: what stands above them was written now.
    """
    if not any(line.rstrip(INVISIBLE).endswith(ENDS) for line in lines[:LONGEST_INTRO]):
        return 0
    joined = ""
    for length, line in enumerate(lines[:LONGEST_INTRO], start=1):
        bare = line.strip(INVISIBLE)
        if not bare or len(bare) > LONGEST_LINE or (bare.startswith(">") and (length == 1 or not bare.endswith(":"))):
            return 0
        joined = f"{joined} {bare}".strip()
        if _is_introduction(joined.lower(), is_quoted=_quote_follows(lines[length : length + SOON])):
            return length if length == 1 or _opens(lines[0], lines[1]) else 0
    return 0


def _opens(line: str, below: str) -> bool:
    """The first of several lines starts as such lines do, or holds the date; if the next does so, that is the first."""
    bare, next_bare = line.strip(INVISIBLE).lower(), below.strip(INVISIBLE).lower()
    if bare.startswith(SAYS["opens"]):
        return not (next_bare.startswith(SAYS["opens"]) and _has_date(next_bare))
    return _has_date(bare) and not next_bare.startswith(SAYS["opens"])


def _is_introduction(line: str, is_quoted: bool) -> bool:
    if line.startswith(("----", "————")) and line.endswith(("----", "————")):
        return _tail_has_verb(line.strip("-— "))
    has_when, has_whom = _has_date(line), "@" in line
    if not line.endswith((":", "：", ": >")):
        is_certain = has_when and has_whom and (is_quoted or line.startswith("on "))
        return is_certain and (_tail_has_verb(line) or (is_quoted and line.endswith(">"))) and len(line) < 200
    if not has_when and not has_whom and not is_quoted:
        return False
    said = line.rstrip(" :：*")
    if _tail_has_verb(said) or _head_has_verb(said):
        return has_when or has_whom or (is_quoted and len(line) < 80)
    return has_whom and (_has_time(line) or has_when) and said.endswith((">", ")", "]")) and len(line) < 250


def _tail_has_verb(line: str) -> bool:
    tail = line[-60:].rstrip(" .:：")
    return tail.endswith(SAYS["wrote"]) or "写道" in tail or "님이 작성" in tail


def _head_has_verb(line: str) -> bool:
    """`Am 3. Mai schrieb Ana <ana@...>:` has its verb in the middle."""
    last = line.replace("(a)", "").split()[-14:]
    return any(word.strip(",") in VERBS for word in last) or " a écrit" in line or "님이 작성" in line


def _has_date(line: str) -> bool:
    return sum(letter.isdigit() for letter in line) >= 3


def _has_time(line: str) -> bool:
    """Two digits, a colon or a point, two digits: 15:19 or 18.30."""
    return any(
        line[place] in ":.h時时点" and line[place - 1 : place].isdigit() and line[place + 1 : place + 3].isdigit()
        for place in range(1, len(line) - 2)
    )


def _quote_follows(lines: list[str]) -> bool:
    following = next((line for line in lines if line.strip()), "")
    return following.lstrip().startswith(">")
