"""A blank page that loads modules of static/js: no server runs, and collaborators can be replaced by stubs."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from nono.environment import PROJECT

ORIGIN: Final = "http://nono.test"


class ModulePage:
    """One tab on an origin of its own, whose files come from static/ or from stubs."""

    def __init__(self, context: BrowserContext) -> None:
        self.tab: Page = context.new_page()
        self.errors: list[str] = []
        self._html = ""
        self._stubs: dict[str, str] = {}
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        context.route("**/*", self._serve)

    def open(self, html: str = "", **stubs: str) -> "ModulePage":
        """Opens a page with this body; stubs are sources by the name of the module that they replace."""
        self._html = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><body>{html}</body></html>'
        self._stubs = stubs
        self.tab.goto(f"{ORIGIN}/")
        return self

    def open_with_stopped_clock(self, html: str = "", **stubs: str) -> "ModulePage":
        """Opens a page whose timers only run when a test says so (``tab.clock.run_for``)."""
        self.tab.clock.install()
        self.open(html, **stubs)
        self.tab.clock.pause_at(self.tab.evaluate("Date.now() / 1000 + 60"))
        return self

    def run(self, script: str, argument: Any = None) -> Any:
        """Runs the body of an async function with `argument` and `load("folder/module.js")`, and returns its result."""
        return self.tab.evaluate(
            f"async (argument) => {{ const load = (path) => import(`/static/js/${{path}}`); {script} }}", argument
        )

    def _serve(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        stub = self._stubs.get(address.path.rpartition("/")[2].removesuffix(".js"))
        file = PROJECT / address.path.lstrip("/")
        if address.path == "/":
            route.fulfill(body=self._html, content_type="text/html")
        elif stub is not None:
            route.fulfill(body=stub, content_type="text/javascript")
        elif address.path.startswith("/static/") and file.is_file():
            route.fulfill(path=file, content_type="text/javascript")
        else:
            route.fulfill(status=404)


@pytest.fixture
def page(chromium: Browser) -> Iterator[ModulePage]:
    """A page without storage; an uncaught error in it fails the test."""
    with chromium.new_context(viewport={"width": 800, "height": 600}) as context:
        context.set_default_timeout(10_000)
        module_page = ModulePage(context)
        yield module_page
    assert module_page.errors == []
