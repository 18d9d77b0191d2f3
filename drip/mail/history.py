"""Lines by which a mail program introduces older mail."""

from drip.mail import header_blocks, words

SAYS = words.tables("quoting")
LONGEST_LINE = 500
LONGEST_INTRODUCTION = 4  # lines that say something
SHORTEST_WRAPPED = 40
RULED = ("---", "___", "===", "***", "———", "–––", "~~~")
BIDI = "\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
INVISIBLE = " *_|\t\u00a0" + BIDI
RULER = " -_=*~#—–―•\t\u00a0" + BIDI
COLONS = (":", "：", "︰", ": >", ":>")
VERBS = frozenset(SAYS["wrote"])
BELOW_IS_OLD = frozenset(SAYS["below_is_old"])
CLOSES = (">", ")", "]", "›", "》")


def first(lines: list[str], introduced: dict[int, int]) -> tuple[int, int] | None:
    """Where only older mail follows: the first line of its introduction, and the first behind that.

    `introduced`: what `introductions` found in the same lines.
    """
    quoted = quote_follows(lines)
    text = "\n".join(lines).lower()
    labelled = header_blocks.labels(lines)
    above = tuple(said for said in SAYS["reply_above"] if said in text)
    for place, line in enumerate(lines):
        if not line or len(line) > LONGEST_LINE:
            continue
        if says_below_is_old(line, above):
            return place, place + 1
        if line.lstrip().startswith(">"):
            continue
        if length := header_blocks.length(lines, place, labelled):
            return place, place + length
        if (length := introduced.get(place, 0)) and not quoted[min(place + length, len(lines))]:
            return place, place + length
    return None


def quote_follows(lines: list[str]) -> list[bool]:
    """For each line and the end: whether the next line that says something is quoted with `>`."""
    out = [False] * (len(lines) + 1)
    for place in range(len(lines) - 1, -1, -1):
        bare = lines[place].lstrip(" \t\u00a0" + BIDI)
        out[place] = bare.startswith(">") if bare else out[place + 1]
    return out


def introductions(lines: list[str]) -> dict[int, int]:
    """Lines such as "On Monday, Ana wrote:" in any language: where each starts, and how many lines it has.

    The shortest such lines count: what stands above them was written now.
    """
    found: dict[int, int] = {}
    quoted = quote_follows(lines)
    text = "\n".join(lines).lower()
    verbs = tuple(verb for verb in SAYS["wrote_inside"] if verb in text)
    for place, line in enumerate(lines):
        if (may_end(line) or (quoted[place + 1] and line.lower().startswith(SAYS["opens_alone"]))) and (
            length := _ending(lines, place, is_quoted=quoted[place + 1], verbs=verbs)
        ):
            found[place - length + 1] = length
    return found


def may_end(line: str) -> bool:
    """Whether an introduction could end with this line: by a colon or its verb."""
    bare = line[-80:].rstrip(INVISIBLE)
    if bare.endswith(COLONS):
        return True
    if bare.endswith((">", "----", "————")):
        return "@" in line or line.lstrip().startswith(("----", "————"))
    return bare.lower().endswith(SAYS["wrote"])


def _ending(lines: list[str], last: int, *, is_quoted: bool, verbs: tuple[str, ...]) -> int:
    """How many lines the introduction has that ends here; 0 if none does."""
    joined, said, best = "", 0, 0
    for place in range(last, max(-1, last - LONGEST_INTRODUCTION * 2), -1):
        bare = lines[place].strip(INVISIBLE)
        if not bare and place != last and _goes_on(joined):
            continue
        joined, said = f"{bare} {joined}".strip(), said + 1
        if (
            not bare
            or (bare.startswith(">") and (said > 1 or len(bare) > 20))
            or said > LONGEST_INTRODUCTION
            or len(joined) > LONGEST_LINE
        ):
            break
        if said > 1 and bare.endswith((".", "!", "?", ":", ";")):
            break  # a sentence of its own
        low = joined.lower()
        if (said == 1 or _opens(bare)) and is_introduction(low, is_quoted=is_quoted, verbs=verbs):
            best = last - place + 1
            if header_blocks.has_year(low):
                break
    return best


def _goes_on(joined: str) -> bool:
    """Behind an empty line only a piece stands that cannot be a sentence: `<ana@buyers.example> wrote:`."""
    return joined.startswith(("<", ">", "mailto:")) or (joined.lower().rstrip(" :：") in VERBS)


def _opens(line: str) -> bool:
    """The first of several lines starts as such lines do, or is a long one that holds the date."""
    return line.lower().startswith(SAYS["opens"]) or (len(line) > SHORTEST_WRAPPED and header_blocks.has_year(line))


def is_introduction(line: str, *, is_quoted: bool, verbs: tuple[str, ...] = SAYS["wrote_inside"]) -> bool:
    """One line in lower case; `is_quoted`: the next line that says something is quoted."""
    if line.startswith(("----", "————")) and line.endswith(("----", "————")):
        return _tail_has_verb(line.strip("-— "), verbs)
    has_when, has_whom = header_blocks.has_date(line), "@" in line
    if is_quoted and line.startswith(SAYS["opens_alone"]) and (has_when or has_whom):
        return len(line) < 200
    if not line.endswith(COLONS):
        is_certain = has_when and has_whom and (is_quoted or line.startswith("on "))
        return is_certain and (_tail_has_verb(line, verbs) or (is_quoted and line.endswith(">"))) and len(line) < 200
    if not has_when and not has_whom and not is_quoted:
        return False
    said = line.rstrip(" :：︰>*" + BIDI) if line.endswith((": >", ":>")) else line.rstrip(" :：︰*" + BIDI)
    if said.endswith(SAYS["wrote"]) or _head_has_verb(said, verbs):
        return has_when or has_whom or (is_quoted and len(line) < 80)
    if len(line) > 250:
        return False
    if not has_whom:
        return is_quoted and header_blocks.has_year(line) and header_blocks.has_time(line)
    if line.startswith(SAYS["opens_alone"]):
        return said.endswith(CLOSES) or has_when
    is_dated = has_when and (header_blocks.has_time(line) or is_quoted)
    return is_dated and (is_quoted or said.endswith(CLOSES))


def _tail_has_verb(line: str, verbs: tuple[str, ...]) -> bool:
    tail = line[-60:].rstrip(" .:：)")
    return tail.endswith(SAYS["wrote"]) or any(verb in tail for verb in verbs)


def _head_has_verb(line: str, verbs: tuple[str, ...]) -> bool:
    """`Am 3. Mai schrieb Ana <ana@...>:` has its verb in the middle."""
    last = line.replace("(a)", "").split()[-14:]
    return not VERBS.isdisjoint([word.strip(",") for word in last]) or any(verb in line for verb in verbs)


def says_below_is_old(line: str, reply_above: tuple[str, ...] = SAYS["reply_above"]) -> bool:
    """`-----Original Message-----`: without its dashes it may be a sentence, so it has to stand alone."""
    stripped = line.strip()
    if stripped.startswith(">") or len(stripped) > 120:
        return False
    bare = stripped.strip(RULER).lower().replace("i\u0307", "i")
    if not bare:
        return False
    if (reply_above and any(said in bare for said in reply_above)) or bare.startswith("original message processed by"):
        return True
    said = bare.rstrip(" :：").strip(RULER)
    if stripped[:3] in RULED and stripped[-3:] in RULED and len(bare) < 60:
        known = said in BELOW_IS_OLD or any(word in bare for word in SAYS["message"])
        return known or bare.startswith("forwarded by ")
    stands_out = stripped[:1] in "-_=*—–" or (stripped.endswith((":", "：")) and (" " in said or len(said) > 12))
    return stands_out and said in BELOW_IS_OLD


def apart(line: str) -> list[str]:
    """`Thanks! On Monday ... Ana wrote:` or `On Monday ... Ana wrote:   How is it?`: the two lines that were meant."""
    if ":   " in line[:LONGEST_LINE] and "@" in line:
        head, _, rest = line.partition(":   ")
        if len(head) < LONGEST_LINE and is_introduction(f"{head.strip(INVISIBLE)}:".lower(), is_quoted=False):
            return [f"{head}:", rest]
    if len(line) > LONGEST_LINE or not line.endswith("wrote:") or line.lstrip().startswith((">", "On ")):
        return [line]
    place = max(line.rfind(" On "), line.rfind("-On "))
    if place < 0 or not header_blocks.has_date(line[place:]):
        return [line]
    return [line[: place + 1].rstrip("- "), line[place + 1 :]]
