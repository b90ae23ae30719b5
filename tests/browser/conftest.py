"""A real browser, Debian's Chromium, on services in processes of their own; everything stays on loopback."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from tests.cli.service import Service, served

CHROMIUM = os.environ.get("MODISTE_CHROMIUM") or shutil.which("chromium")

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
)

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

PATIENCE = 60_000
"""Milliseconds; on a busy machine everything takes its time."""

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer than a module: while Playwright runs, no other event loop can in this thread."""
    if CHROMIUM is None:
        pytest.fail("there is no Chromium: apt-get install chromium, or name one in MODISTE_CHROMIUM")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shop(drawn_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The bundle that ships, on a drawn catalogue."""
    with served(tmp_path_factory.mktemp("shop"), "--catalogue", str(drawn_catalogue)) as service:
        yield service


@pytest.fixture
def quick(brightness_bundle: Path, tmp_path: Path) -> Iterator[Service]:
    """A bundle whose answers are known, and an empty queue."""
    with served(tmp_path, "--bundle", str(brightness_bundle)) as service:
        yield service


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens a page in a browser of its own, which must have nothing to complain of."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "favicon" not in message.text:
            complaints.append(message.text)

    def make(address: str, **options: Any) -> Page:
        context = browser.new_context(**(WIDE | options))
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def photos(drawn_catalogue: Path) -> list[Path]:
    """Photos of a drawn catalogue that can be read."""
    from PIL import Image

    found = []
    for path in sorted((drawn_catalogue / "images").iterdir()):
        try:
            with Image.open(path) as picture:
                picture.load()
        except OSError:
            continue
        found.append(path)
        if len(found) == 6:
            return found
    pytest.fail("the drawn catalogue has no photos")


def keep(page: Page, name: str, *, whole: bool = True) -> None:
    """Keeps a screenshot as output of the tests."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)
