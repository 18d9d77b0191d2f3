"""GATE: the last look. One transaction locks, sees, judges and writes; what it lets pass is `handed`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from drip import clock, config
from drip.campaigns import published
from drip.engine.handoffs import hold
from drip.engine.sending import breaker, escalate, gate_writes, ramp, verdict
from drip.engine.sending.draft import Draft, Objection, Written
from drip.models import campaign, customer, outbox, suppression, system


@dataclass(frozen=True, slots=True)
class Handed:
    """A message that may leave: its attempt, and the monotonic second at which the gate looked."""

    message_id: str
    attempt: int
    looked_at: float
    content: bytes
    zone_name: str


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything that one gate has locked and read."""

    now: system.Now
    around: verdict.Surroundings
    running: frozenset[int]
    customers: dict[int, Row[Any]]
    rows: dict[str, Row[Any]]
    suppressed: suppression.Suppressed
    holds: dict[int, Row[Any]]
    contacted: dict[int, date]
    provider: Row[Any]
    allowed: tuple[str, ...] | None


def gate(session: Session, settings: config.Settings, drafts: Sequence[Draft]) -> list[Handed]:
    """Judge up to a few dozen drafts; commits nothing itself, and hands out nothing before the caller's commit.

    Locks, in this order: system (shared), campaigns (shared), customers, messages. A stop updates one of the first
    three in its own transaction, so it comes wholly before this look or wholly after it.
    """
    scene = _look(session, settings, drafts)
    looked_at = clock.monotonic()
    judged = [
        gate_writes.Judged(
            draft, scene.rows[draft.message_id], verdict.judge(_sight(session, scene, draft), scene.around)
        )
        for draft in drafts
        if draft.message_id in scene.rows
    ]
    judged = ramp.limited(session, list(escalate.escalated(session, judged)), scene.around)
    gate_writes.write(session, judged, scene.customers, scene.now)
    handed = [_handed(each, looked_at) for each in judged if isinstance(each.verdict, verdict.Pass)]
    if drafts and not handed:
        breaker.give_back(session, drafts[0].lease_token, scene.now)
    return handed


def _look(session: Session, settings: config.Settings, drafts: Sequence[Draft]) -> _Scene:
    system.lock_shared(session)
    running = campaign.lock_shared(session, {draft.campaign_id for draft in drafts})
    customers = customer.lock_for_gate(session, {draft.customer_id for draft in drafts})
    moment = system.moment(session)
    now, rules = moment.now, published.rules_of(session, moment.published)
    rows = outbox.lock_claimed(session, {draft.message_id: draft.fence for draft in drafts}, now.real_at)
    for version_id, digest in {(row.version_id, row.digest) for row in rows.values()}:
        published.meet(session, version_id, digest)
    return _Scene(
        now=now,
        around=_surroundings(now, rules, settings),
        running=running,
        customers=customers,
        rows=rows,
        suppressed=suppression.among(session, customers, {draft.address_hash for draft in drafts}),
        holds=hold.in_force(session, customers, now.business_at),
        contacted=_contacted(session, rules, drafts, now),
        provider=moment.provider,
        allowed=rules.sending.allowlist if settings.mode is config.Mode.allowlist else None,
    )


def _surroundings(now: system.Now, rules: published.Rules, settings: config.Settings) -> verdict.Surroundings:
    runs = now.state is system.SystemState.running and settings.mode is not config.Mode.off
    return verdict.Surroundings(
        now=now.business_at,
        may_leave=runs,
        why_not="" if runs else now.reason or f"mode {settings.mode}",
        hours=rules.hours,
        cap_days=rules.sending.cap_days,
        expires_after=timedelta(days=rules.sending.expires_after_days),
    )


def _contacted(session: Session, rules: published.Rules, drafts: Sequence[Draft], now: system.Now) -> dict[int, date]:
    zones = {draft.customer_id: draft.zone for draft in drafts}
    return customer.contacted(session, zones, now.business_at, rules.sending.cap_days)


def _sight(session: Session, scene: _Scene, draft: Draft) -> verdict.Sight:
    row, who = scene.rows[draft.message_id], scene.customers[draft.customer_id]
    held = scene.holds.get(draft.customer_id)
    return verdict.Sight(
        due_at=row.due_at,
        planned_at=row.planned_at,
        zone=draft.zone,
        erased=who.erased_at is not None,
        enrollment_state=row.enrollment_state,
        enrollment_reason=row.enrollment_reason,
        purchase_status=row.purchase_status,
        suppressed=scene.suppressed.reason(draft.customer_id, draft.address_hash),
        campaign_runs=draft.campaign_id in scene.running,
        changed=draft.versions != (who.version, row.purchase_version, row.enrollment_version),
        held=held.reason if held else None,
        held_until=held.until if held else None,
        held_seconds=_held_seconds(session, scene, draft, row),
        objection=verdict.Skip(draft.letter.reason, draft.letter.detail)
        if isinstance(draft.letter, Objection)
        else None,
        listed=listed(scene.allowed, who.email),
        contacted=scene.contacted.get(draft.customer_id),
        provider=breaker.objection(scene.provider, draft.lease_token, scene.now.real_at),
    )


def _held_seconds(session: Session, scene: _Scene, draft: Draft, row: Row[Any]) -> float:
    """Asked only where it decides: for a step that would have expired without it."""
    if scene.now.business_at < row.planned_at + scene.around.expires_after:
        return 0.0
    return hold.seconds_held(session, draft.customer_id, row.planned_at, scene.now.business_at)


def listed(allowed: tuple[str, ...] | None, address: str) -> bool:
    """Whether mode `allowlist` lets us write to this address; without a list, everybody is on it."""
    return allowed is None or address in allowed or address.rpartition("@")[2] in allowed


def _handed(each: gate_writes.Judged, looked_at: float) -> Handed:
    draft, letter = each.draft, each.draft.letter
    assert isinstance(letter, Written)
    return Handed(draft.message_id, each.row.attempt + 1, looked_at, letter.content, draft.zone.key)
