"""A mail that the provider took apart, as MIME again."""

import base64
import hashlib
import itertools
import re
import urllib.parse

from drip.providers.sendgrid import forms, posts

LONGEST_BLOCK = 512 * 1024  # of header fields: no mail has so many, and each would cost memory
LONGEST_NAME = 200
LONGEST_HEADER = 10_000  # of one that we write from a form field
FILE = "application/octet-stream"
_ATTACHMENT = re.compile(r"attachment(\d{1,4})", re.ASCII)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_MEDIA = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,120}", re.ASCII)
_WORD = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}", re.ASCII | re.IGNORECASE)
# Codecs for mail: Python has others, which are slow or mean something else.
_CODEC = re.compile(r"(utf|us-?ascii|iso|latin|windows|cp|koi8|gb|big5|euc|shift|mac|tis)[a-z0-9_.:+-]*", re.IGNORECASE)
_OWN = (b"from", b"to", b"cc", b"subject")


def holds_mail(form: forms.Form) -> bool:
    """Whether there is anything of a mail in it, if only a sender."""
    return any(form.value(name).strip() for name in ("headers", "text", "html", "from", "subject"))


def mime(form: forms.Form) -> bytes:
    """The same bytes for the same form, so that a repeated post is known again.

    Header fields stay as they came, but for those that described the parts as they were; text, html and attachments
    keep their bytes, charset, type and name. What was a report stays one.
    """
    fields = _fields(form.value("headers")[:LONGEST_BLOCK])
    kept = [field for field in fields if not _name(field).startswith(b"content-") and _name(field) != b"mime-version"]
    head = [*kept, *_missing(form, {_name(field) for field in kept}), b"MIME-Version: 1.0"]
    return b"".join(field + b"\r\n" for field in head) + _body(form, _report_type(fields))


def _fields(block: bytes) -> list[bytes]:
    """Whole header fields. A line that is none would end the header for whoever reads it next, so it is left out."""
    lines = re.sub(rb"\r\n?", b"\n", block.replace(b"\0", b""))
    fields = re.split(rb"\n(?![ \t])", lines)
    return [field.replace(b"\n", b"\r\n") for field in fields if _FIELD.match(field)]


def _name(field: bytes) -> bytes:
    return field.partition(b":")[0].strip().lower()


def _missing(form: forms.Form, present: set[bytes]) -> list[bytes]:
    """The form's own From, To, Cc and Subject, where the header block has none."""
    charsets = form.table("charsets")
    absent = (name.decode() for name in _OWN if name not in present)
    said = ((name, _ascii(_decoded(form.value(name), charsets.get(name)))) for name in absent)
    return [f"{name.title()}: {text}".encode() for name, text in said if text]


def _decoded(raw: bytes, charset: object) -> str:
    codec = charset if isinstance(charset, str) and _CODEC.fullmatch(charset) else "utf-8"
    try:
        text = raw[:LONGEST_HEADER].decode(codec, "replace")
    except LookupError:
        text = raw[:LONGEST_HEADER].decode("utf-8", "replace")
    return posts.line(text, LONGEST_HEADER)


def _ascii(text: str) -> str:
    """Neighbouring words and quoted names beyond ASCII as one encoded word (RFC 2047); the rest as it is."""
    if text.isascii():
        return text
    runs = itertools.groupby(re.findall(r'"[^"]*"|[^\s"]+', text), key=str.isascii)
    return " ".join(" ".join(run) if plain else _encoded(" ".join(run).replace('"', "")) for plain, run in runs)


def _encoded(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _report_type(fields: list[bytes]) -> str | None:
    """A delivery report is known by its outermost type (RFC 3462); None for any other mail."""
    said = next((field for field in fields if _name(field) == b"content-type"), b"")
    kind, parameters = forms.options(said.partition(b":")[2].replace(b"\r\n", b""))
    if kind != "multipart/report":
        return None
    given = parameters.get("report-type", "")
    return given if _WORD.fullmatch(given) else "delivery-status"


def _body(form: forms.Form, report_type: str | None) -> bytes:
    digest = _digest(form)
    attached = _attached(form)
    words = _words(form, f"words-{digest}")
    if report_type:
        return _joined(f"multipart/report; report-type={report_type}", [words, *attached], f"parts-{digest}")
    return _joined("multipart/mixed", [words, *attached], f"parts-{digest}") if attached else words


def _digest(form: forms.Form) -> str:
    """For boundaries: nobody can write a mail that contains a digest of itself."""
    digest = hashlib.sha256()
    for part in form.parts.values():
        digest.update(hashlib.sha256(part.value).digest())
    return digest.hexdigest()[:40]


def _words(form: forms.Form, boundary: str) -> bytes:
    charsets = form.table("charsets")
    said = {name: form.value(name) for name in ("text", "html") if form.value(name)} or {"text": b""}
    leaves = [
        _leaf(f"text/{'plain' if name == 'text' else 'html'}{_charset(charsets.get(name))}", value)
        for name, value in said.items()
    ]
    return _joined("multipart/alternative", leaves, boundary) if len(leaves) > 1 else leaves[0]


def _attached(form: forms.Form) -> list[bytes]:
    numbered = [(int(found[1]), part) for part in form.parts.values() if (found := _ATTACHMENT.fullmatch(part.name))]
    infos = form.table("attachment-info")
    ids = {str(name): content_id for content_id, name in form.table("content-ids").items()}
    return [
        _attachment(part, posts.table(infos.get(part.name)), ids.get(part.name))
        for _, part in sorted(numbered, key=lambda pair: pair[0])
    ]


def _attachment(part: forms.Part, info: dict[str, object], known_id: str | None) -> bytes:
    """`info` is the provider's, from the mail; the form's own headers stand in for what it leaves out."""
    said, parameters = forms.options(part.content_type.encode("utf-8"))
    media = next((kind for kind in (posts.line(info.get("type"), 200).lower(), said) if _MEDIA.fullmatch(kind)), FILE)
    if media.startswith("multipart/"):
        media = FILE  # without its boundary nobody could read it
    charset = _charset(info.get("charset") or parameters.get("charset")) if media.startswith("text/") else ""
    content_id = re.sub(r"[^!-~]|[<>]", "", posts.line(info.get("content-id") or known_id, LONGEST_NAME))
    headers = [f"Content-ID: <{content_id}>"] if content_id else []
    name = _file_name(info.get("filename") or info.get("name") or part.file_name)
    headers.append(f"Content-Disposition: {'inline' if content_id else 'attachment'}{name}")
    return _leaf(media + charset, part.value, *headers)


def _file_name(given: object) -> str:
    """The parameter (RFC 2231); the last step of a path, nothing for no name."""
    name = re.split(r"[/\\]", posts.line(given, 2000))[-1].strip()[-LONGEST_NAME:]
    return f"; filename*=utf-8''{urllib.parse.quote(name, safe='')}" if name else ""


def _charset(given: object) -> str:
    return f'; charset="{given}"' if isinstance(given, str) and _WORD.fullmatch(given) else '; charset="utf-8"'


def _leaf(content_type: str, value: bytes, *headers: str) -> bytes:
    """Base64 keeps every byte; a mail within a mail may not be encoded (RFC 2046 5.2.1)."""
    plain = content_type.startswith("message/")
    encoding = "8bit" if plain else "base64"
    head = (f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}", *headers, "", "")
    content = value if plain else base64.encodebytes(value).replace(b"\n", b"\r\n")
    return "\r\n".join(head).encode() + content


def _joined(content_type: str, entities: list[bytes], boundary: str) -> bytes:
    head = f'Content-Type: {content_type}; boundary="{boundary}"\r\n\r\n'.encode()
    parts = (b"--" + boundary.encode() + b"\r\n" + entity + b"\r\n" for entity in entities)
    return head + b"".join(parts) + b"--" + boundary.encode() + b"--\r\n"
