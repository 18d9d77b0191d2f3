"""A headless Chromium for the tests that need one, or a plain word that there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-gpu", "--disable-background-networking", "--no-first-run")
MISSING = "no Chromium is installed here (on Debian: apt-get install chromium)"


@contextmanager
def launched() -> Iterator[Browser]:
    """One for a module, not for the whole run: while it lives, no other event loop can run in this thread."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(MISSING)
    rootless = ["--no-sandbox"] if os.geteuid() == 0 else []  # as root its own sandbox refuses to start
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *rootless])
        yield browser
        browser.close()
