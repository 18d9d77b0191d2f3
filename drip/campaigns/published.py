"""What has been published, read from SQL: the newest house rules, and versions, which never change."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from drip import errors
from drip.campaigns import calendar, definition
from drip.mail import render
from drip.models import fixed
from drip.models.campaign import CampaignVersion, Publication


class NothingPublishedError(errors.DripError):
    """No campaign has been published yet: run `drip campaigns publish`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The company, its sending rules and what becomes of replies, as published."""

    id: int
    company: definition.Company
    sending: definition.Sending
    replies: definition.Replies
    kinds: definition.KindWords

    @property
    def hours(self) -> calendar.Hours:
        return self.sending.hours

    def zone(self, timezone: str | None, country: str | None) -> ZoneInfo:
        """Where the customer's clock hangs: their own zone, their country's only one, or the company's."""
        return calendar.zone_of(calendar.zone_for(timezone, country, self.company.timezone).zone_name)


@dataclass(frozen=True, slots=True)
class Version:
    """One published text of a campaign, ready to plan and to render; a letter is compiled when it is first asked for
    (an import plans thousands of steps and renders none)."""

    id: int
    campaign_id: int
    number: int
    campaign: definition.Campaign
    letters: dict[str, render.LetterSource]

    def letter(self, step: str) -> render.Compiled:
        """The letter of a step; KeyError when the version has no such step."""
        return _compile(self.letters[self.step(step).template])

    def step(self, step: str) -> definition.Step:
        """The step by its id; KeyError when there is none."""
        return next((found for found in self.campaign.steps if found.id == step), None) or _missing(step)


def rules(session: Session) -> Rules:
    """The newest publication's rules, the same for the whole session; raises NothingPublishedError."""
    known: Rules | None = session.info.get("rules")
    return known or rules_of(session, fixed.run(session, _NEWEST).first())


_NEWEST = select(Publication.id, Publication.digest).order_by(Publication.id.desc()).limit(1)


def rules_of(session: Session, newest: Sequence[Any] | None) -> Rules:
    """The same, where somebody has read the newest publication's id and digest already."""
    if newest is None:
        raise NothingPublishedError(str(NothingPublishedError.__doc__))
    number, digest = newest
    if (digest, number) not in _rules:
        _rules[digest, number] = parsed(session.get_one(Publication, number))
    found = session.info["rules"] = _rules[digest, number]
    return found


def parsed(row: Publication) -> Rules:
    """The rules of one publication; what it does not say keeps its default."""
    company = definition.Company.model_validate(row.company)
    sending = dict(row.sending)
    policy = definition.Replies.model_validate(sending.pop("replies", {}))
    kinds = definition.KindWords.model_validate(sending.pop("kinds", {}))
    return Rules(row.id, company, definition.Sending.model_validate(sending), policy, kinds)


def version(session: Session, version_id: int) -> Version:
    """A version by its id; read once a process, since its text never changes."""
    known: dict[int, Version] = session.info.setdefault("versions", {})
    if version_id not in known:
        meet(session, version_id, fixed.run(session, _DIGEST, id=version_id).scalar_one())
    return known[version_id]


def meet(session: Session, version_id: int, digest: str) -> None:
    """A version whose digest somebody has read already, so that this session need not ask."""
    known: dict[int, Version] = session.info.setdefault("versions", {})
    if version_id not in known:
        if (digest, version_id) not in _versions:
            _versions[digest, version_id] = _compiled(session.get_one(CampaignVersion, version_id))
        known[version_id] = _versions[digest, version_id]


_DIGEST = select(CampaignVersion.digest).where(CampaignVersion.id == bindparam("id"))

# By digest and id: two databases that one process opens (tests do) number their versions alike.
_versions: dict[tuple[str, int], Version] = {}
_rules: dict[tuple[str, int], Rules] = {}


def _compiled(row: CampaignVersion) -> Version:
    letters = {name: _source(parts) for name, parts in row.letters.items()}
    campaign = definition.Campaign.model_validate(row.definition)
    return Version(row.id, row.campaign_id, row.number, campaign, letters)


def _source(parts: dict[str, str | None]) -> render.LetterSource:
    return render.LetterSource(parts["subject"] or "", parts["text"] or "", parts["html"])


@lru_cache(maxsize=4096)
def _compile(source: render.LetterSource) -> render.Compiled:
    return render.compile(source)


def _missing(step: str) -> definition.Step:
    raise KeyError(step)
