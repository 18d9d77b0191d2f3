"""A seeded sample of what `make faults` does whole; each harness runs in a process of its own, as from the shell."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.faults import grounds, roles, tracer


def harness(module: str, *arguments: str) -> list[dict[str, Any]]:
    """Its figures; fails with every breach that it has found."""
    command = [sys.executable, "-m", f"tests.faults.{module}", *arguments, "--json"]
    run = subprocess.run(command, cwd=tracer.ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("database", grounds.KINDS)
def test_whoever_is_killed_at_whatever_line_nothing_is_sent_twice_and_nothing_is_lost(database: str) -> None:
    found = harness("every_line", "--role", *roles.ROLES, "--database", database, "--sample", "1/400")
    assert {each["role"] for each in found} == {*roles.ROLES}
    assert sum(each["hits"] for each in found) > sum(each["trials"] for each in found) / 2


@pytest.mark.parametrize("database", grounds.KINDS)
def test_whatever_stops_a_customer_no_mail_starts_after_it(database: str) -> None:
    (found,) = harness("races", "--database", database, "--trials", "40", "--minutes", "0.3")
    raced = found["trials"] + found["others"]
    assert found["prevented"] + found["crossed"] + len(found["late"]) == raced > 0
