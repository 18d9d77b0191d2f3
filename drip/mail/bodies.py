"""Which parts of a mail are its words, and what they say."""

from collections.abc import Iterator

from drip.mail import charsets, html_text, mime, tnef

MAX_TEXT = 2_000_000  # characters considered (reference S23)
WORDS = ("text/plain", "text/html")
TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")


def leaves(part: mime.Part) -> Iterator[mime.Part]:
    """All parts that hold a body, in the order of the mail; no deeper than mime.MAX_DEPTH."""
    if part.content_type.startswith("multipart/") and part.children:
        for child in part.children:
            yield from leaves(child)
    else:
        yield part


def is_body(part: mime.Part) -> bool:
    """Words to be read in place, not a file beside them."""
    disposition = part.first("content-disposition").partition(";")[0].strip().lower()
    named = "filename" in part.first("content-disposition").lower() or bool(part.parameters.get("name"))
    return kind(part) in WORDS and disposition != "attachment" and not (named and disposition)


def kind(part: mime.Part) -> str:
    """The content type, plain text if none is given or it is nonsense."""
    if part.content_type.startswith("multipart/"):
        return "text/plain"
    return part.content_type if part.content_type.count("/") == 1 else "text/plain"


def words(top: mime.Part) -> tuple[str, str | None]:
    """The mail's text and its HTML, if it has any; text comes from the HTML where nothing else says it."""
    found = _words(top)
    html = "\n".join(body for is_html, body in found if is_html)[:MAX_TEXT] or None
    text = "\n".join(_shown(is_html, body) for is_html, body in _preferred(top))[:MAX_TEXT]
    if not text.strip():
        text = _packed(top)[:MAX_TEXT]
    return _one_kind_of_line_end(text), html


def _words(part: mime.Part) -> list[tuple[bool, str]]:
    bodies = [one for one in leaves(part) if is_body(one)]
    return [(kind(one) == "text/html", _decoded(one)) for one in bodies]


def _preferred(part: mime.Part) -> list[tuple[bool, str]]:
    """Of alternatives the text, if it says something; of all else every word in order."""
    if not part.children:
        return _words(part)
    chosen = [_preferred(child) for child in part.children]
    if part.content_type == "multipart/alternative":
        saying = [one for one in chosen if any(body.strip() for _, body in one)]
        plain = [one for one in saying if not any(is_html for is_html, _ in one)]
        return (plain or saying or [[]])[0]
    return [one for child in chosen for one in child]


def _packed(top: mime.Part) -> str:
    """The letter inside of a winmail.dat, where Exchange left none beside it."""
    for part in leaves(top):
        if part.content_type in TNEF or part.decoded[:4] == tnef.SIGNATURE:
            letter = tnef.read(part.decoded)
            if letter is not None and letter.text.strip():
                return letter.text
    return ""


def _decoded(part: mime.Part) -> str:
    return charsets.text(part.decoded[: MAX_TEXT * 4], part.parameters.get("charset"))[:MAX_TEXT]


def _shown(is_html: bool, body: str) -> str:
    return html_text.text(body) if is_html else body


def _one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
