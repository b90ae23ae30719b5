"""Reviewing for one reason in a real browser: what an audit found, by keys, by touch, and without scripts."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests.browser.conftest import Open, keep
from tests.browser.test_every_page import SCREENS, barriers
from tests.browser.test_review_page import begin, shown
from tests.cli.service import Service

from modiste.review.enqueue import Candidate, enqueue
from modiste.review.items import Question
from modiste.review.store import ReviewStore

LABELS = {"Class": ("Shirts", "Tshirts", "Tops", "Dress", "Jeans", "Kurtas", "Skirts"), "colour": ("Blue", "Red")}

WRONG = "The catalogue's label may be wrong"
COPY = "A copy of the photo has another label"


@pytest.fixture
def audited(quick: Service, drawn_catalogue: Path, tmp_path: Path) -> Service:
    """A service whose queue holds what an audit found: two suspect labels and a copy."""
    photo = next(path for path in sorted((drawn_catalogue / "images").iterdir()) if path.stat().st_size > 1000)
    suspect = (
        Question("Class", "Tshirts", 0.86, (("Tshirts", 0.86), ("Tops", 0.09)), catalogue_label="Shirts"),
        Question("colour", "Blue", 0.95, (("Blue", 0.95),), catalogue_label="Blue", asked=False),
    )
    copied = (Question("Class", None, catalogue_label="Polos"),)
    found = [
        Candidate("images/1.jpg", "digest", partial(Image.open, photo), suspect, "suspect_label", 0.9),
        Candidate("images/2.jpg", "digest", partial(Image.open, photo), suspect, "suspect_label", 0.8),
        Candidate("images/3.jpg", "digest", partial(Image.open, photo), copied, "copy_with_other_label", 1.0),
    ]
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        assert enqueue(store, found, bundle="audit", labels=LABELS).new == 3
    return quick


def reasons(page: Page) -> Any:
    return page.get_by_role("navigation", name="Why photos are in the queue")


def test_somebody_reviews_what_an_audit_found_by_keys(audited: Service, open_page: Open) -> None:
    page = open_page(audited.address)
    begin(page, audited, "Ada")
    assert shown(page) == "images/3.jpg", "the highest priority"
    reasons(page).get_by_role("link", name=WRONG).click()
    expect(page.get_by_text("In the catalogue: Shirts. Suggested: Tshirts.")).to_be_visible()
    expect(page.get_by_text("0 of 2 photos decided")).to_be_visible()
    assert shown(page) == "images/1.jpg"
    page.keyboard.press("2")  # the catalogue's label was right
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert shown(page) == "images/2.jpg"
    page.keyboard.press("Enter")  # what is suggested
    expect(page.get_by_text(f"Nothing is waiting for you: {WRONG}")).to_be_visible()
    expect(page.get_by_text("2 of 2 photos decided")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("Taken back; here it is again.")).to_be_visible()
    assert shown(page) == "images/2.jpg"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is waiting for you")).to_be_visible()
    reasons(page).get_by_role("link", name="All").click()
    assert shown(page) == "images/3.jpg"
    page.get_by_role("link", name="Who decided what").click()
    expect(page.get_by_role("cell", name=WRONG)).to_have_count(4)


@pytest.mark.parametrize("screen", SCREENS)
def test_both_labels_are_for_everybody(audited: Service, open_page: Open, screen: str) -> None:
    page = open_page(audited.address, bypass_csp=True, **SCREENS[screen])
    begin(page, audited, "Ada")
    reasons(page).get_by_role("link", name=WRONG).click()
    expect(page.get_by_text("In the catalogue: Shirts. Suggested: Tshirts.")).to_be_visible()
    page.locator("#decide summary").click()
    keep(page, f"reasons-{screen}")
    assert not barriers(page)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_reason_is_kept_without_scripts(audited: Service, open_page: Open) -> None:
    page = open_page(f"{audited.address}/review/?reason=copy_with_other_label", java_script_enabled=False)
    page.get_by_label("What are you called?").fill("Ada")
    page.get_by_role("button", name="Begin").click()
    assert shown(page) == "images/3.jpg"
    expect(page.get_by_text("In the catalogue: Polos.")).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text(f"Nothing is waiting for you: {COPY}")).to_be_visible()
    page.get_by_role("button", name="Undo my last").click()
    assert shown(page) == "images/3.jpg"
