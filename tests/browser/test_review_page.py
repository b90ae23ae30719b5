"""A whole review round in a real browser, by keys, with two people at once."""

from pathlib import Path

import polars as pl
from PIL import Image
from playwright.sync_api import Page, expect
from tests.browser.conftest import PHONE, Open, keep
from tests.cli.service import Service


def queue_photos(page: Page, folder: Path, count: int) -> None:
    """Puts dark photos, about which nothing is accepted, into the queue by way of the tag page."""
    files = []
    for number in range(count):
        files.append(folder / f"{number}.png")
        Image.new("RGB", (60, 80), (number, number, number)).save(files[-1])
    page.get_by_label("Send uncertain answers to the review queue").check()
    page.set_input_files("#photos", files)
    expect(page.locator("[data-answer]")).to_have_count(count)


def begin(page: Page, service: Service, who: str) -> None:
    page.goto(f"{service.address}/review/")
    page.get_by_label("What are you called?").fill(who)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".review-photo img")).to_be_visible()


def shown(page: Page) -> str:
    return page.locator(".review-photo figcaption").inner_text()


def test_two_people_review_at_once(quick: Service, open_page: Open, tmp_path: Path) -> None:
    ada, bob = open_page(quick.address), open_page(quick.address)
    queue_photos(ada, tmp_path, 5)
    begin(ada, quick, "Ada")
    begin(bob, quick, "Bob")
    first, second = shown(ada), shown(bob)
    assert first != second
    keep(ada, "review-wide-light")

    # Ada picks the second label of the first question, keeps the other, and accepts.
    ada.keyboard.press("2")
    ada.keyboard.press("1")
    ada.keyboard.press("Enter")
    expect(ada.get_by_text("Saved.")).to_be_visible()
    third = shown(ada)
    assert third not in {first, second}

    # Bob takes another label from the list of all.
    bob.keyboard.press("o")
    expect(bob.locator("[data-another]:focus")).to_have_count(1) if bob.locator("[data-another]").count() else None
    bob.keyboard.press("Escape")
    bob.keyboard.press("3")
    bob.keyboard.press("Enter")
    expect(bob.get_by_text("Saved.")).to_be_visible()

    # Ada skips, takes that back, and takes back what she had decided.
    ada.keyboard.press("s")
    expect(ada.get_by_text("Passed on to others")).to_be_visible()
    ada.keyboard.press("u")
    expect(ada.get_by_text("Taken back; here it is again.")).to_be_visible()
    assert shown(ada) == third
    ada.keyboard.press("u")
    expect(ada.get_by_text("Taken back; here it is again.")).to_be_visible()
    assert shown(ada) == first

    # Both go on to the end, in turn.
    for _ in range(10):
        for page in (ada, bob):
            if page.locator("#decide").count():
                page.keyboard.press("Enter")
                expect(page.get_by_text("Saved.")).to_be_visible()
            else:
                page.reload()
    for page in (ada, bob):
        page.goto(f"{quick.address}/review/")
        expect(page.get_by_text("Nothing is waiting for you")).to_be_visible()
        expect(page.get_by_text("5 of 5 photos decided")).to_be_visible()

    with ada.expect_download() as download:
        ada.get_by_role("link", name="Export the corrections").click()
    download.value.save_as(tmp_path / "corrections.csv")
    table = pl.read_csv(tmp_path / "corrections.csv")
    assert table.height == 10
    assert set(table["reviewer"]) == {"Ada", "Bob"}
    changed = table.filter(pl.col("before") != pl.col("after"))
    assert changed["reviewer"].to_list() == ["Bob"]
    ada.get_by_role("link", name="Who decided what").click()
    expect(ada.get_by_text("(taken back)").first).to_be_visible()
    keep(ada, "record-wide-light")


def test_a_label_is_picked_from_the_list_by_keys(shop: Service, open_page: Open, photos: list[Path]) -> None:
    page = open_page(shop.address)
    page.get_by_label("Send uncertain answers to the review queue").check()
    page.set_input_files("#photos", photos)
    expect(page.locator(".card")).to_have_count(len(photos))
    expect(page.get_by_role("link", name="review queue").first).to_be_visible()
    begin(page, shop, "Cyd")
    # The last one is no level, so that nothing else follows from it.
    question = page.locator("#decide > .question:has([data-another])").last
    question.locator("input:checked").focus()
    page.keyboard.press("o")
    chosen = question.locator("[data-another]")
    expect(chosen).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(chosen).not_to_have_value("")
    expect(question.get_by_role("radio", name="another:")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()


def test_a_key_pressed_twice_decides_once(quick: Service, open_page: Open, tmp_path: Path) -> None:
    page = open_page(quick.address)
    queue_photos(page, tmp_path, 3)
    begin(page, quick, "Ada")
    page.keyboard.press("Enter", delay=0)
    page.keyboard.press("Enter", delay=0)
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto(f"{quick.address}/review/")
    done = page.locator("progress").get_attribute("value")
    assert done in {"1", "2"}, "the second press may already be meant for the next photo"


def test_it_works_by_touch_on_a_phone(quick: Service, open_page: Open, tmp_path: Path) -> None:
    page = open_page(quick.address, **PHONE, color_scheme="dark")
    queue_photos(page, tmp_path, 2)
    begin(page, quick, "Ada")
    keep(page, "review-phone-dark")
    page.locator(".choice", has_text="bright").tap()
    page.get_by_role("button", name="Accept").tap()
    expect(page.get_by_text("1 of 2 photos decided")).to_be_visible()


def test_it_works_without_scripts(quick: Service, open_page: Open, tmp_path: Path) -> None:
    page = open_page(quick.address)
    queue_photos(page, tmp_path, 2)
    plain = open_page(f"{quick.address}/review/", java_script_enabled=False)
    begin(plain, quick, "Ada")
    plain.get_by_role("button", name="Accept").click()
    expect(plain.get_by_text("1 of 2 photos decided")).to_be_visible()
    plain.get_by_role("button", name="Undo").click()
    expect(plain.get_by_text("0 of 2 photos decided")).to_be_visible()
