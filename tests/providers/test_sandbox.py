"""Asking the sandbox to hurry."""

from pathlib import Path

from drip.providers import sandbox as sandboxes
from tests import sandbox_process


def test_the_sandbox_posts_what_it_has_and_says_so(tmp_path: Path) -> None:
    with sandbox_process.started(tmp_path) as running:
        sandbox = sandboxes.Sandbox(running.url)
        assert [sandbox.flush(), sandbox.flush()] == [True, True]
        sandbox.close()


def test_a_sandbox_that_is_not_there_does_no_harm() -> None:
    sandbox = sandboxes.Sandbox(f"http://127.0.0.1:{sandbox_process.free_port()}")
    assert [sandbox.flush(), sandbox.flush()] == [False, False]
    sandbox.close()
