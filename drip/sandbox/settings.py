"""What the sandbox is told on its command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    data_dir: Path
    webhook_base: str
    api_key: str | None = None
    sender_domains: frozenset[str] = frozenset()
    fsync: bool = False
    batch_seconds: float = 0.5
    batch_events: int = 1000


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Settings from the command line; wrong usage ends the process with code 2, as argparse does."""
    given = _parser().parse_args(arguments)
    return Settings(
        host=given.host,
        port=given.port,
        data_dir=given.data_dir,
        webhook_base=given.webhook_base.rstrip("/"),
        api_key=given.api_key,
        sender_domains=frozenset(domain.lower() for domain in given.sender_domain),
        fsync=given.fsync,
        batch_seconds=given.batch_seconds,
        batch_events=given.batch_events,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m drip.sandbox",
        description="A local SendGrid: nothing that it takes leaves this machine.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    add("--port", type=int, default=8025)
    add("--data-dir", type=Path, default=Path("var/sandbox"), help="ledger, keys and unposted webhooks")
    add("--webhook-base", default="http://127.0.0.1:8000", help="where /webhooks/sendgrid/... is")
    add("--api-key", default=None, help="refuse every other key with 401 (default: any key will do)")
    add(
        "--sender-domain",
        action="append",
        default=[],
        help="refuse other From domains with 403; may be repeated",
    )
    add("--fsync", action="store_true", help="answer 202 only after the ledger is on disk")
    add("--batch-seconds", type=float, default=0.5, help="longest wait before events are posted")
    add("--batch-events", type=int, default=1000, help="most events in one post")
    return parser
