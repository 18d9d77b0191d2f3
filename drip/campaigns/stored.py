"""The house as SQL keeps it: plain JSON, and the digests that tell whether anything has changed."""

import hashlib
import json

from drip.campaigns import definition

Letters = dict[str, dict[str, str | None]]


def letters(house: definition.House, campaign: definition.Campaign) -> Letters:
    """The text of every template that the campaign uses, by name."""
    used = {step.template: house.letters[step.template] for step in campaign.steps}
    return {
        name: {"subject": source.subject, "text": source.text, "html": source.html} for name, source in used.items()
    }


def plan(campaign: definition.Campaign) -> dict[str, object]:
    """The campaign without the file that it came from."""
    return campaign.model_dump(mode="json", exclude={"toml"})


def company(house: definition.House) -> dict[str, object]:
    """Who writes."""
    return house.company.model_dump(mode="json")


def sending(house: definition.House) -> dict[str, object]:
    """The rules of sending, and with them what becomes of replies and which words tell their kinds, if any do."""
    kinds = house.kinds.model_dump(mode="json", exclude_defaults=True)
    replies = {"replies": house.replies.model_dump(mode="json")}
    return house.sending.model_dump(mode="json") | replies | ({"kinds": kinds} if kinds else {})


def reps(house: definition.House) -> list[dict[str, object]]:
    """Those who sign, in their order."""
    return [rep.model_dump(mode="json") for rep in house.reps]


def digest(house: definition.House, campaign: definition.Campaign) -> str:
    """Another one for any other plan or letter."""
    return _sha(plan(campaign), letters(house, campaign))


def house_digest(house: definition.House) -> str:
    """Another one for any other word in any of the files that counts."""
    parts = [digest(house, campaign) for campaign in house.campaigns]
    return _sha(company(house), sending(house), reps(house), parts)


def _sha(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
