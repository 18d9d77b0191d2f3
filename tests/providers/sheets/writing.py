"""Sheets on disk, as a test wants them."""

from pathlib import Path
from typing import Any

from drip.providers.sheets import lines

HEADER = "email,order_id,purchased_at"


def sheet(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "orders.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(
    folder: Path, content: str | bytes, encoding: str = "utf-8", date_format: str | None = None
) -> list[lines.Line]:
    """Every line of a sheet."""
    return list(lines.lines(lines.opened(sheet(folder, content, encoding), "shop", date_format)))


def one(folder: Path, content: str, **options: Any) -> dict[str, Any]:
    """What the only line says; it must be without problems."""
    [line] = read(folder, content, **options)
    assert line.problems == ()
    return dict(line.said)
