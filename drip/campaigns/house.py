"""What marketing configures, as frozen values: the company, its rules of sending, its reps and its plans."""

from __future__ import annotations

import functools
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from drip.campaigns import calendar, conditions, fields, kind_words, problems
from drip.campaigns import replies as reply_rules
from drip.mail import render


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Company(_Frozen):
    """Who writes: name and postal address stand in every mail, the zone stands in for unknown ones."""

    name: fields.Line
    postal_address: fields.Line
    timezone: fields.ZoneName
    country: fields.Country | None = None


class Sending(_Frozen):
    """From which domain, in which hours, and how often at most."""

    domain: fields.Domain
    inbound_domain: fields.Domain
    window: fields.Window = "09:00-17:00"
    days: fields.Days = fields.DAYS[:5]
    holidays: tuple[fields.Date, ...] = ()
    cap: fields.Cap = "1/day"
    cool_off_days: fields.QuietDays = 3
    expires_after_days: fields.Expiry = 7
    after_outage: Literal["skip", "latest", "shift", "ask"] = "skip"
    ramp: fields.Ramp = ()
    click_tracking: fields.Flag = False
    open_tracking: fields.Flag = False
    allowlist: tuple[fields.AddressOrDomain, ...] = ()

    @functools.cached_property
    def hours(self) -> calendar.Hours:
        opens, closes = fields.window_times(self.window)
        days = frozenset(fields.DAYS.index(day) for day in self.days)
        return calendar.Hours(opens, closes, days, frozenset(self.holidays))

    @functools.cached_property
    def cap_days(self) -> int:
        """A customer gets one check-in at most in this many local days."""
        return fields.cap_days(self.cap)


class Rep(_Frozen):
    """Somebody who sells: signs the check-ins, gets the answers; without a zone of their own, on company time."""

    email: fields.Email
    name: fields.Line
    timezone: fields.ZoneName
    phone: fields.Line | None = None


class Step(_Frozen):
    """One check-in: its day after the anchor, its letter, and when it is worth writing."""

    id: fields.Identifier
    day: fields.StepDay
    template: fields.Identifier
    when: conditions.When | None = None
    owner: Literal["machine", "rep"] = "machine"


class Plan(_Frozen):
    """What stands under [campaigns.NAME]."""

    title: fields.Line
    anchor: Literal["purchased_at", "delivered_at"] = "purchased_at"
    match: conditions.Match = conditions.Match()
    repeat_purchase: Literal["newest", "both", "first"] = "newest"
    priority: fields.Priority = 0
    steps: tuple[Step, ...] = Field(min_length=1)


class Named(_Frozen):
    """A campaign's name."""

    name: fields.Identifier


class Campaign(Plan):
    """A plan with its name, the file that it came from and that file's text."""

    name: fields.Identifier
    source: str = "config.toml"
    toml: str = ""

    @functools.cached_property
    def days(self) -> tuple[tuple[str, int], ...]:
        """Every step's id and day, in order."""
        return tuple((step.id, step.day) for step in self.steps)


class House(_Frozen):
    """All that marketing has configured, without a mistake; everything in the order of the files. `warnings`: what is
    allowed, but seldom meant."""

    company: Company
    sending: Sending
    reps: tuple[Rep, ...]
    campaigns: tuple[Campaign, ...]
    letters: dict[str, render.LetterSource]
    toml: str
    replies: reply_rules.Replies = reply_rules.Replies()
    kinds: kind_words.KindWords = kind_words.KindWords()
    warnings: tuple[problems.Problem, ...] = ()
