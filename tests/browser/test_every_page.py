"""Every page: for everybody (axe, WCAG 2.1 AA), on every screen, in the light and in the dark."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect
from tests.browser.conftest import PHONE, WIDE, Open, keep
from tests.cli.service import Service, served

PAGES = {
    "tag": "/",
    "review": "/review/",
    "record": "/review/record",
    "catalogue": "/catalogue",
    "model": "/model",
    "reference": "/docs",
    "missing": "/nowhere",
}

SCREENS: dict[str, dict[str, Any]] = {
    "wide-light": WIDE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
}

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def barriers(page: Page) -> list[str]:
    """What axe finds serious, with where it is."""
    found = Axe().run(page, options=WCAG).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"][:3]
    ]


def until_whole(page: Page, name: str) -> None:
    """Waits for what is looked up while the page is open."""
    if name == "catalogue":
        expect(page.get_by_role("heading", name="Balance")).to_be_visible()
    if name == "model":
        expect(page.locator(".confusions").first).to_be_visible()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_for_everybody(shop: Service, open_page: Open, name: str, screen: str) -> None:
    # The page's policy forbids what axe does to look at it.
    if name == "missing":
        page = open_page(shop.address, bypass_csp=True, **SCREENS[screen])
        page.set_content(page.request.get(shop.address + PAGES[name], headers={"accept": "text/html"}).text())
    else:
        page = open_page(shop.address + PAGES[name], bypass_csp=True, **SCREENS[screen])
    until_whole(page, name)
    keep(page, f"page-{name}-{screen}")
    assert not barriers(page)
    overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, "a page must not be wider than its screen"


@pytest.mark.parametrize("screen", SCREENS)
def test_answers_and_questions_are_for_everybody(
    shop: Service, open_page: Open, photos: list[Path], screen: str
) -> None:
    page = open_page(shop.address, bypass_csp=True, **SCREENS[screen])
    page.get_by_label("Send uncertain answers to the review queue").check()
    page.set_input_files("#photos", photos)
    expect(page.locator(".card")).to_have_count(len(photos))
    page.get_by_role("button", name="Show the heat map of Class").first.click()
    expect(page.get_by_text("yellow areas count most")).to_be_visible()
    keep(page, f"answers-{screen}")
    assert not barriers(page)
    page.goto(f"{shop.address}/review/")
    page.get_by_label("What are you called?").fill(f"Ada {screen}")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#decide")).to_be_visible()
    keep(page, f"questions-{screen}")
    assert not barriers(page)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_what_takes_a_while_comes_into_the_page(drawn_catalogue: Path, tmp_path: Path, open_page: Open) -> None:
    with served(tmp_path, "--catalogue", str(drawn_catalogue)) as service:
        page = open_page(f"{service.address}/model", bypass_csp=True)
        page.evaluate("() => { window.still = true; }")
        expect(page.locator("[data-waiting]")).to_be_visible()
        assert not barriers(page)
        expect(page.locator(".confusions").first).to_be_visible()
        assert page.evaluate("() => window.still"), "it was loaded again"
        expect(page.locator("[data-job-status]")).to_have_text("The result is here.")


def test_everything_is_reached_by_the_keyboard(shop: Service, open_page: Open) -> None:
    page = open_page(shop.address)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#photos")).to_be_focused()


def test_nothing_is_loaded_from_elsewhere(shop: Service, open_page: Open) -> None:
    page = open_page(shop.address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES.values():
        if path != "/nowhere":
            page.goto(shop.address + path)
    assert asked
    assert all(url.startswith((shop.address, "data:")) for url in asked)


def test_people_sign_in(brightness_bundle: Path, tmp_path: Path, open_page: Open) -> None:
    with served(tmp_path, "--bundle", str(brightness_bundle), key="open sesame") as service:
        page = open_page(f"{service.address}/model", bypass_csp=True)
        assert not barriers(page)
        keep(page, "sign-in")
        page.get_by_label("Key").fill("open sesame")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Model")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
