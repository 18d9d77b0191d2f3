"""[kinds] in config.toml: words of this trade that tell what a reply wants, beside those that Drip knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr, model_validator

from drip.campaigns import fields
from drip.mail import concepts, patterns

FEWEST_LETTERS, MOST_LETTERS, MOST_WORDINGS = 3, 80, 200
EVERYWHERE = frozenset().union(*concepts.SMALL.values())
FORM = re.compile(r"[\w'-]+\*?")


def _wording(value: str) -> str:
    said = patterns.plain(value)
    if len(value) > MOST_LETTERS:
        raise fields.wrong(f"A wording is over {MOST_LETTERS} letters.", "A few words are enough.")
    if sum(letter.isalpha() for letter in said) < FEWEST_LETTERS:
        raise fields.wrong(f'"{value}" is too short: it would fit too much.', "Write three letters at least.")
    if all(word in EVERYWHERE or word == "_" for word in said.split()):
        raise fields.wrong(f'"{value}" stands in nearly every mail.', "Write more of the sentence.")
    if not all(_is_word(word) for word in said.split()):
        hint = "Write words only: word, word* (what starts so), a/b (either), _ (a few words in between)."
        raise fields.wrong(f'"{value}" holds signs that are no words.', hint)
    return said


def _is_word(word: str) -> bool:
    return word == "_" or all(FORM.fullmatch(form) for either in word.split("/") for form in either.split("~"))


Wordings = Annotated[tuple[Annotated[StrictStr, AfterValidator(_wording)], ...], Field(max_length=MOST_WORDINGS)]


class KindWords(BaseModel):
    """Wordings by kind; a kind that is left out has only what Drip knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opt_out: Wordings = ()
    leaving: Wordings = ()
    problem: Wordings = ()
    wrong_person: Wordings = ()
    question: Wordings = ()
    buying: Wordings = ()
    referral: Wordings = ()
    not_now: Wordings = ()
    praise: Wordings = ()
    courtesy: Wordings = ()

    @model_validator(mode="after")
    def _each_once(self) -> KindWords:
        kind_of: dict[str, str] = {}
        for kind, wording in self.all():
            if kind_of.setdefault(wording, kind) != kind:
                raise fields.wrong(f'"{wording}" stands under {kind_of[wording]} and {kind}.', "Delete one of them.")
        return self

    def all(self) -> Iterator[tuple[str, str]]:
        """Kind and wording, in the order of the kinds."""
        for kind in type(self).model_fields:
            yield from ((kind, wording) for wording in getattr(self, kind))
