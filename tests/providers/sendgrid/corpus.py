"""Real posts of the provider, kept beside the project; where they are missing, their tests have no cases."""

import json
from pathlib import Path

SENDGRID = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "sendgrid"


def files(pattern: str) -> list[str]:
    """Names below the corpus."""
    return sorted(path.relative_to(SENDGRID).as_posix() for path in SENDGRID.glob(pattern))


def content(name: str) -> bytes:
    return (SENDGRID / name).read_bytes()


def table(name: str) -> dict[str, str]:
    """A JSON object of texts."""
    return {key: value for key, value in json.loads(content(name)).items() if isinstance(value, str)}
