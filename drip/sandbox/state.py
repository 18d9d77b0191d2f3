"""What one running sandbox holds."""

from dataclasses import dataclass

from aiohttp import web

from drip.sandbox import index, journal, ledger, limits, misbehave, postroom, settings


@dataclass(frozen=True)
class Sandbox:
    settings: settings.Settings
    ledger: ledger.Ledger
    index: index.Index
    journal: journal.Journal
    keys: postroom.Keys
    limits: limits.RateLimit
    misbehaviour: misbehave.Misbehaviour
    postroom: postroom.Postroom


KEY = web.AppKey("sandbox", Sandbox)


def of(request: web.Request) -> Sandbox:
    return request.app[KEY]
