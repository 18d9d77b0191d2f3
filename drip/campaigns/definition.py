"""config.toml, campaigns/*.toml and templates/emails become a House, or a list of every mistake in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drip.campaigns import (
    calendar,
    checks,
    conditions,
    config_files,
    fields,
    footers,
    house,
    kind_words,
    letters,
    problems,
    replies,
)

Company = house.Company
Sending = house.Sending
Replies = replies.Replies
KindWords = kind_words.KindWords
Rep = house.Rep
Step = house.Step
Campaign = house.Campaign
House = house.House
Match = conditions.Match
When = conditions.When
PurchaseFacts = conditions.PurchaseFacts
matches = conditions.matches
matcher = conditions.matcher
holds = conditions.holds
Problem = problems.Problem
ConfigError = problems.ConfigError

SECTIONS = ("company", "sending", "replies", "kinds", "reps", "campaigns")
ANYWHERE = ("campaigns",)
TEMPLATES = "templates/emails"


def load(config_path: Path, templates: Path | None = None) -> house.House:
    """The house of a config.toml; raises ConfigError with every mistake of all its files at once.

    `templates` is the folder of the letters: templates/emails beside config.toml unless given.
    """
    files, found = config_files.read(config_path)
    folder = templates or config_path.parent / "templates" / "emails"
    shelf = letters.read(folder, [str(step.get("template")) for step, _ in _steps(files)], TEMPLATES)
    found += [*shelf.problems, *_without_folder(files, set(letters.names(folder))), *_unknown_sections(files)]
    campaigns = _campaigns(files, found)
    main = next((file for file in files if file.name == config_path.name), None)
    made = _house(main, found) if main else None
    policy = _table(main, "replies", Replies, found) if main else Replies()
    words = _table(main, "kinds", KindWords, found) if main else KindWords()
    if found or made is None or main is None:
        raise problems.ConfigError(found)
    company, sending, reps = made
    return house.House(
        company=company,
        sending=sending,
        reps=reps,
        campaigns=campaigns,
        letters=shelf.letters,
        toml=main.text,
        replies=policy,
        kinds=words,
        warnings=footers.lacking(shelf, company, TEMPLATES),
    )


def _house(
    main: config_files.TomlFile, found: list[Problem]
) -> tuple[house.Company, house.Sending, tuple[house.Rep, ...]] | None:
    reps = _reps(main, found)
    company = _section(main, "company", house.Company, found)
    sending = _section(main, "sending", house.Sending, found)
    return (company, sending, reps) if company and sending else None


def _section(
    main: config_files.TomlFile, name: str, kind: type[checks.Model], found: list[Problem]
) -> checks.Model | None:
    if name not in main.values:
        found.append(main.at().problem(f"[{name}] is missing.", f"Write a table [{name}]; see README.md."))
        return None
    made, wrong = checks.model(kind, main.values[name], main.at(name))
    found.extend(wrong)
    return made


def _table(main: config_files.TomlFile, name: str, kind: type[checks.Model], found: list[Problem]) -> checks.Model:
    """The table may be missing: its defaults are sound."""
    made, wrong = checks.model(kind, main.values.get(name, {}), main.at(name))
    found.extend(wrong)
    return made or kind()


def _reps(main: config_files.TomlFile, found: list[Problem]) -> tuple[house.Rep, ...]:
    value, zone = main.values.get("reps"), _company_zone(main)
    if not isinstance(value, list) or not value:
        found.append(main.at("reps").problem("There is no rep.", "Write at least one [[reps]] with email and name."))
        return ()
    made: dict[str, house.Rep] = {}
    for index, one in enumerate(value):
        filled = {"timezone": zone, **one} if isinstance(one, dict) else one
        rep, wrong = checks.model(house.Rep, filled, main.at("reps", index))
        found.extend(wrong)
        if rep and rep.email in made:
            place = main.at("reps", index, "email")
            found.append(place.problem(f"The rep {rep.email} stands here twice.", "Delete one of them."))
        elif rep:
            made[rep.email] = rep
    return tuple(made.values())


def _company_zone(main: config_files.TomlFile) -> str:
    zone = checks.table(main.values.get("company")).get("timezone")
    return zone if isinstance(zone, str) and zone in calendar.zone_names() else "UTC"


def _campaigns(files: list[config_files.TomlFile], found: list[Problem]) -> tuple[house.Campaign, ...]:
    made: list[house.Campaign] = []
    seen: dict[str, str] = {}
    for file in files:
        for name, plan in _plans(file, found):
            if name in seen:
                wrong = f'The campaign "{name}" stands in {seen[name]} too.'
                found.append(file.at("campaigns", name).problem(wrong, "Give one of them another name."))
            seen.setdefault(name, file.name)
            if campaign := _campaign(file, name, plan, found):
                made.append(campaign)
    return tuple(made)


def _plans(file: config_files.TomlFile, found: list[Problem]) -> Iterator[tuple[str, object]]:
    value = file.values.get("campaigns", {})
    if isinstance(value, dict):
        yield from value.items()
    else:
        place = file.at("campaigns")
        found.append(
            place.problem("A campaign needs a name.", "Write [campaigns.NAME], such as [campaigns.first-year].")
        )


def _campaign(file: config_files.TomlFile, name: str, value: object, found: list[Problem]) -> house.Campaign | None:
    place = file.at("campaigns", name)
    plan, wrong = checks.model(house.Plan, value, place)
    wrong += _steps_out_of_order(checks.tables(checks.table(value).get("steps")), place)
    _, misnamed = checks.model(house.Named, {"name": name}, place)
    found += [*wrong, *misnamed]
    if plan is None or misnamed:
        return None
    return house.Campaign(**dict(plan), name=name, source=file.name, toml=file.text)


def _steps_out_of_order(steps: list[dict[str, object]], campaign: checks.Place) -> Iterator[Problem]:
    seen: set[object] = set()
    latest = -1
    for index, step in enumerate(steps):
        name, day = step.get("id"), step.get("day")
        if isinstance(name, str) and name in seen:
            place = campaign.at("steps", index, "id")
            yield place.problem(f'The step "{name}" stands here twice.', "Give each step an id of its own.")
        seen.add(str(name))
        if type(day) is not int:
            continue
        if 0 <= day < latest:
            place = campaign.at("steps", index, "day")
            yield place.problem(f"Day {day} comes after day {latest}.", "Put the steps in order of their days.")
        latest = max(latest, day)


def _steps(files: list[config_files.TomlFile]) -> Iterator[tuple[dict[str, object], checks.Place]]:
    """Every step of every campaign as it stands in the files, right or wrong."""
    for file in files:
        for name, plan in checks.table(file.values.get("campaigns")).items():
            for index, step in enumerate(checks.tables(checks.table(plan).get("steps"))):
                yield step, file.at("campaigns", name, "steps", index)


def _without_folder(files: list[config_files.TomlFile], existing: set[str]) -> Iterator[Problem]:
    for step, place in _steps(files):
        name = step.get("template")
        if isinstance(name, str) and fields.IDENTIFIER.fullmatch(name) and name not in existing:
            otherwise = f"Write {TEMPLATES}/{name}/subject.txt and body.txt."
            hint = problems.did_you_mean(name, existing, otherwise)
            yield place.at("template").problem(f'There is no template "{name[:80]}".', hint)


def _unknown_sections(files: list[config_files.TomlFile]) -> Iterator[Problem]:
    for index, file in enumerate(files):
        known = SECTIONS if index == 0 else ANYWHERE
        for key in file.values:
            if key not in known:
                here = f"Known here: {', '.join(known)}."
                hint = "It belongs in config.toml." if key in SECTIONS else problems.did_you_mean(key, known, here)
                yield file.at(key).problem(f'There is no section "{key[:80]}" here.', hint)
