"""A headless Chromium for tests that look at pages: found on this machine, never downloaded."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tests.present import need

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",  # containers run tests as root, where the sandbox refuses to start
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MILLISECONDS = 60_000


def chromium_path() -> str:
    """Where Chromium is. Skips the test (fails it where ``CI=true``) when playwright or Chromium is missing."""
    need("playwright", find_spec("playwright") is not None, 'it drives the browser: pip install ".[browser]"')
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    need("Chromium", path is not None, "the page is tried in it: install chromium")
    assert path is not None
    return path


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running Chromium, closed afterwards."""
    path = chromium_path()
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


class Visitor:
    """One page in one window. ``mistakes``: whatever the page logged as an error, scripts' and policy's alike."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.mistakes: list[str] = []
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.on(
            "console",
            lambda line: self.mistakes.append(line.text) if line.type in ("error", "warning") else None,
        )


@asynccontextmanager
async def visitor(
    browser: Browser,
    url: str,
    *,
    width: int = 1400,
    height: int = 900,
    locale: str = "en-GB",
    is_dark: bool = False,
) -> AsyncIterator[Visitor]:
    """Somebody who opens ``url`` in a fresh window: of this size in pixels, with this language and taste."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        timezone_id="UTC",
        color_scheme="dark" if is_dark else "light",
        reduced_motion="reduce",
    )
    try:
        someone = Visitor(await context.new_page())
        await someone.page.goto(url)
        await someone.page.wait_for_selector("[data-pane]")
        yield someone
    finally:
        await context.close()
