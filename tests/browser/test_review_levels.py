"""What goes together on the review page: it follows at once, without a load, and by the server where no scripts run."""

from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests.browser.conftest import Open, keep
from tests.browser.test_every_page import barriers
from tests.browser.test_review_page import begin
from tests.cli.service import Service
from tests.review.test_together import LABELS, TOGETHER, given, item

from modiste.review.enqueue import Candidate, enqueue
from modiste.review.store import ReviewStore


@pytest.fixture
def shop_of_levels(quick: Service, drawn_catalogue: Path, tmp_path: Path) -> tuple[Service, ReviewStore]:
    """A service with one photo in its queue, and the store."""
    photo = next(path for path in sorted((drawn_catalogue / "images").iterdir()) if path.stat().st_size > 1000)
    found = Candidate("1.jpg", "digest", partial(Image.open, photo), item("sub").questions, "uncertain", 0.9)
    store = ReviewStore.open(tmp_path / "reviews.db")
    enqueue(store, [found], bundle="levels", labels=LABELS, combinations=TOGETHER)
    return quick, store


def question(page: Page, name: str) -> str:
    return f'#decide .question[data-attribute="{name}"]'


def pick(page: Page, name: str, label: str) -> None:
    page.locator(f"{question(page, name)} [data-another]").select_option(label)


def test_what_follows_is_shown_at_once(shop_of_levels: tuple[Service, ReviewStore], open_page: Open) -> None:
    service, store = shop_of_levels
    page = open_page(service.address, bypass_csp=True)
    begin(page, service, "Ada")
    page.evaluate("() => { window.still = true; }")
    pick(page, "sub", "Fragrance")
    expect(page.locator('[data-settled="master"]')).to_have_text("Personal Care")
    article = page.locator(question(page, "article"))
    expect(article.get_by_text("Choose one that fits sub Fragrance: Perfume, Deodorant.")).to_be_visible()
    expect(page.locator(question(page, "master")).get_by_text("Follows from sub Fragrance.")).to_be_visible()
    keep(page, "review-levels-asked")
    assert not barriers(page)
    page.get_by_role("button", name="Accept").click()
    assert page.evaluate("() => window.still"), "nothing is sent while a label is missing"
    pick(page, "article", "Deodorant")
    expect(article.get_by_text("Choose one")).to_be_hidden()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert given(store) == {"master": "Personal Care", "sub": "Fragrance", "article": "Deodorant"}


def test_the_newest_choice_counts_and_what_was_shown_comes_back(
    shop_of_levels: tuple[Service, ReviewStore], open_page: Open
) -> None:
    service, _ = shop_of_levels
    page = open_page(service.address)
    begin(page, service, "Ada")
    pick(page, "sub", "Skin")
    expect(page.locator('[data-settled="article"]')).to_have_text("Cream")
    page.locator(question(page, "sub")).get_by_role("radio", name="Topwear").check()
    expect(page.locator('[data-settled="article"]')).to_have_text("Tshirts")
    expect(page.locator('[data-settled="master"]')).to_have_text("Apparel")


def test_without_scripts_the_server_asks(shop_of_levels: tuple[Service, ReviewStore], open_page: Open) -> None:
    service, store = shop_of_levels
    page = open_page(service.address, java_script_enabled=False)
    begin(page, service, "Ada")
    pick(page, "sub", "Fragrance")
    page.locator(question(page, "sub")).get_by_role("radio", name="another:").check()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Several labels of article go with sub Fragrance: choose one.")).to_be_visible()
    keep(page, "review-levels-without-scripts")
    pick(page, "article", "Perfume")
    page.locator(question(page, "article")).get_by_role("radio", name="another:").check()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert given(store) == {"master": "Personal Care", "sub": "Fragrance", "article": "Perfume"}
