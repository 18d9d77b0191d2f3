"""Why something was skipped, put off, cancelled, paused or ended: the one list."""

from enum import StrEnum


class Reason(StrEnum):
    """Stored beside a state; the sentence for people is made in `drip.engine.telling.explain`."""

    expired = "expired"
    before_first_step = "before_first_step"
    condition_false = "condition_false"
    missing_data = "missing_data"
    suppressed = "suppressed"
    unsubscribed = "unsubscribed"
    bounced = "bounced"
    complained = "complained"
    refunded = "refunded"
    cancelled_purchase = "cancelled_purchase"
    replied = "replied"
    handoff_open = "handoff_open"
    cool_off = "cool_off"
    out_of_office = "out_of_office"
    not_now = "not_now"
    capped = "capped"
    outside_window = "outside_window"
    superseded = "superseded"
    campaign_paused = "campaign_paused"
    system_paused = "system_paused"
    replaced_by_rep = "replaced_by_rep"
    wrong_person = "wrong_person"
    erased = "erased"
    manual = "manual"
    # ours beside INTERFACES.md's
    changed = "changed"  # customer or purchase changed between rendering and the gate
    not_listed = "not_listed"  # mode allowlist, and the address is not on the list
    provider_busy = "provider_busy"  # 429
    provider_down = "provider_down"  # no connection, or the breaker is open
    refused = "refused"  # 400 or 413: this mail will never be taken
    no_answer = "no_answer"  # the provider may or may not have it
    ramp = "ramp"  # a young domain has sent as much as it may today
    restored = "restored"  # the database went back in time: it may have been sent before that
    outage = "outage"  # Drip, its database or the provider was away on its day
    merged = "merged"  # the purchase now belongs to another enrollment
