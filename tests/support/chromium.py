"""The installed Chromium, for tests that look at the page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    # A page whose answer a test changes has no address of its own, and may then not reach this machine.
    "--disable-features=LocalNetworkAccessChecks",
    # The tabs of one browser share a process, which they do anyway where there are many: starting one takes long.
    "--process-per-site",
)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Gives the browser; Playwright keeps an event loop running while it lives, so it should not live long."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        yield browser
        browser.close()
