"""The vendor's OpenAPI description -> a compiled check of a mail/send body."""

import functools
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import jsonschema_rs

from drip.sandbox import refusals

OPENAPI = Path(__file__).parent / "openapi" / "tsg_mail_v3.json"
REPORTED = 10  # more problems than this in one answer help nobody


def problems(body: object) -> list[refusals.Refusal]:
    """What the vendor's schema holds against the body; empty when it fits."""
    check = validator()
    try:
        if check.is_valid(body):
            return []
        return [_refusal(error) for error in itertools.islice(check.iter_errors(body), REPORTED)]
    except ValueError:  # nested deeper, or a number longer, than the validator reads
        return [refusals.Refusal("The body is too deep or holds a number that is too long.")]


@functools.cache
def validator() -> jsonschema_rs.Draft202012Validator:
    """Compiled once, with every $ref put in place. Checks a body in microseconds: every mail passes here."""
    document = cast(dict[str, object], json.loads(OPENAPI.read_text(encoding="utf-8")))
    body = _at(document, "#/components/requestBodies/PostMailSend/content/application~1json/schema")
    resolved = _resolved(body, document)
    # The description types top-level custom_args as a string; the vendor's SDKs and API take an object.
    cast(dict[str, object], resolved["properties"])["custom_args"] = {"type": "object"}
    return jsonschema_rs.Draft202012Validator(resolved)


def _resolved(node: dict[str, object], document: dict[str, object]) -> dict[str, object]:
    reference = node.get("$ref")
    if isinstance(reference, str):
        own = {key: value for key, value in node.items() if key != "$ref"}
        node = {**_at(document, reference), **own}
    return {key: _resolved_value(value, document) for key, value in node.items()}


def _resolved_value(value: object, document: dict[str, object]) -> object:
    if isinstance(value, dict):
        return _resolved(value, document)
    if isinstance(value, list):
        return [_resolved_value(item, document) for item in value]
    return value


def _at(document: dict[str, object], reference: str) -> dict[str, object]:
    node: object = document
    for part in _pointer(reference):
        node = cast(dict[str, object], node)[part]
    return cast(dict[str, object], node)


def _pointer(reference: str) -> Iterator[str]:
    return (part.replace("~1", "/").replace("~0", "~") for part in reference.removeprefix("#/").split("/"))


def _refusal(error: jsonschema_rs.ValidationError) -> refusals.Refusal:
    path = [str(part) for part in error.instance_path]
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return refusals.Refusal("This field is required.", ".".join([*path, kind.property]))
    return refusals.Refusal(error.message[:200], ".".join(path) or None)
