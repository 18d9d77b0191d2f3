"""The folders of templates/emails: each letter's source with the shared frame around it, or what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from drip.campaigns import problems
from drip.mail import grammar, render

FRAME = "_layout"
MARKER = re.compile(r"\{\{-?\s*content\s*-?\}\}")
FILES: dict[str, render.Part] = {"subject.txt": "subject", "body.txt": "text", "body.html": "html"}
NEEDED = ("subject.txt", "body.txt")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a templates folder holds for the letters asked for, and which files (`body.txt`) a frame stands around."""

    letters: dict[str, render.LetterSource]
    problems: list[problems.Problem]
    frames: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _File:
    """One template file: its name as people know it, its text (None if there is none), and its mistakes."""

    name: str
    text: str | None
    problems: list[problems.Problem]


def names(folder: Path) -> list[str]:
    """The letters that exist, in alphabetical order."""
    if not folder.is_dir():
        return []
    return sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name != FRAME)


def read(folder: Path, wanted: Iterable[str], shown_as: str) -> Shelf:
    """The letters asked for; those whose folder is missing are left to the caller, who knows who asked."""
    frames = {name: _frame(folder, name, shown_as) for name in ("body.txt", "body.html")}
    wrong = [problem for frame in frames.values() for problem in frame.problems]
    found = Shelf({}, wrong, frozenset(name for name, frame in frames.items() if frame.text is not None))
    existing = set(names(folder))
    for name in dict.fromkeys(wanted):
        if name in existing:
            _add(found, folder, name, frames, shown_as)
    return found


def _add(found: Shelf, folder: Path, name: str, frames: dict[str, _File], shown_as: str) -> None:
    files = {file: _file(folder / name / file, f"{shown_as}/{name}/{file}") for file in FILES}
    wrong = [problem for file in files.values() for problem in file.problems]
    wrong += [_no_file(files[file].name) for file in NEEDED if files[file].text is None and not files[file].problems]
    for file, part in FILES.items():
        wrong += _mistakes(files[file], part)
    found.problems.extend(wrong)
    if wrong or any(frame.problems for frame in frames.values()):
        return
    source = _source(files, frames)
    found.letters[name] = source
    found.problems.extend(_whole(files, source))


def _source(files: dict[str, _File], frames: dict[str, _File]) -> render.LetterSource:
    subject, text, html = (files[name].text for name in FILES)
    framed = _framed(frames["body.txt"].text, text or "")
    return render.LetterSource(
        (subject or "").strip(), framed, None if html is None else _framed(frames["body.html"].text, html)
    )


def _framed(frame: str | None, body: str) -> str:
    return body if frame is None else MARKER.sub(lambda _marker: body.strip("\n"), frame, count=1)


def _whole(files: dict[str, _File], source: render.LetterSource) -> list[problems.Problem]:
    """What is wrong only once frame and body are one text; the body's file is named, for it differs."""
    by_part = {part: files[file].name for file, part in FILES.items()}
    return [
        problems.Problem(by_part[one.part], 1, f"Inside the frame: {one.message}", one.suggestion)
        for one in render.problems(source)
    ]


def _mistakes(file: _File, part: render.Part) -> list[problems.Problem]:
    if file.text is None:
        return []
    if not file.text.strip():
        return [problems.Problem(file.name, 1, "This file is empty.", "Write a line, or delete a body.html.")]
    if part == "subject" and "\n" in file.text.strip():
        return [_second_line(file.name, file.text)]
    found = render.part_problems(part, file.text)
    return [problems.Problem(file.name, one.line, one.message, one.suggestion) for one in found]


def _frame(folder: Path, name: str, shown_as: str) -> _File:
    """The shared frame, if there is one; it holds the marker once."""
    file = _file(folder / FRAME / name, f"{shown_as}/{FRAME}/{name}")
    if file.text is None:
        return file
    if len(MARKER.findall(file.text)) != 1:
        wrong = problems.Problem(file.name, 1, "The frame needs one place for the letter.", "Write {{ content }} once.")
        return _File(file.name, file.text, [wrong])
    part = FILES[name]
    bare = _File(file.name, MARKER.sub("", file.text), [])
    return _File(file.name, file.text, _mistakes(bare, part))


def _file(path: Path, name: str) -> _File:
    try:
        if path.stat().st_size > grammar.MAX_SOURCE_BYTES:
            return _File(name, None, [_too_long(name)])
        return _File(name, path.read_text(encoding="utf-8-sig"), [])
    except FileNotFoundError:
        return _File(name, None, [])
    except UnicodeDecodeError:
        return _File(name, None, [problems.Problem(name, 1, "This file is not UTF-8.", "Save it as UTF-8.")])
    except OSError as error:
        wrong = problems.Problem(name, 1, f"This file cannot be read: {error.strerror}.", "Check its permissions.")
        return _File(name, None, [wrong])


def _no_file(name: str) -> problems.Problem:
    return problems.Problem(name, 1, "This file is missing.", "Write it; a letter needs subject.txt and body.txt.")


def _second_line(name: str, text: str) -> problems.Problem:
    blank = text[: len(text) - len(text.lstrip())].count("\n")
    return problems.Problem(name, blank + 2, "A subject is one line.", "Put the rest into body.txt.")


def _too_long(name: str) -> problems.Problem:
    size = grammar.MAX_SOURCE_BYTES // 1000
    return problems.Problem(name, 1, f"This file is over {size} kB.", "A check-in is a few lines.")
