"""The tag page in a real browser."""

import base64
import io
import json
from pathlib import Path

import polars as pl
from playwright.sync_api import Page, expect
from tests.browser.conftest import PHONE, Open, keep
from tests.cli.service import Service

DROP = """([content, name]) => {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
    }
}"""

PASTE = """([content, name]) => {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: carried }));
}"""


def answered(page: Page, count: int) -> None:
    expect(page.locator("[data-answer]")).to_have_count(count)


def test_photos_from_the_file_picker_are_answered(
    shop: Service, open_page: Open, photos: list[Path], tmp_path: Path
) -> None:
    page = open_page(shop.address)
    bad = tmp_path / "<b>bad.png"
    bad.write_bytes(b"no picture")
    page.set_input_files("#photos", [*photos[:3], bad])
    answered(page, 3)
    expect(page.get_by_text("not a picture of an accepted format")).to_be_visible()
    expect(page.get_by_role("heading", name="<b>bad.png")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("4 photos done")
    card = page.locator("[data-answer]").first
    expect(card.locator(".answer")).to_have_count(8)
    expect(card.locator(".path")).to_contain_text("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}")
    keep(page, "tag-wide-light")


def test_photos_that_are_dropped_or_pasted_are_answered(shop: Service, open_page: Open, photos: list[Path]) -> None:
    page = open_page(shop.address)
    for number, script in enumerate((DROP, PASTE)):
        content = base64.b64encode(photos[number].read_bytes()).decode()
        page.evaluate(script, [content, photos[number].name])
        answered(page, number + 1)
        expect(page.get_by_role("heading", name=photos[number].name)).to_be_visible()


def test_a_heat_map_shows_on_a_click_and_on_hovering(shop: Service, open_page: Open, photos: list[Path]) -> None:
    page = open_page(shop.address)
    page.set_input_files("#photos", photos[0])
    answered(page, 1)
    photo = page.locator(".card-photo img").first
    plain = photo.get_attribute("src")
    button = page.get_by_role("button", name="Show the heat map of Class")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("yellow areas count most")).to_be_visible()
    assert photo.get_attribute("src") != plain
    assert "Heat map of Class" in (photo.get_attribute("alt") or "")
    keep(page, "tag-heat-map")
    button.click()
    expect(photo).to_have_attribute("src", plain or "")
    page.locator("[data-attribute=gender]").hover()
    expect(page.get_by_text("yellow areas count most")).to_be_visible()
    page.locator("h1").hover()
    expect(photo).to_have_attribute("src", plain or "")


def test_answers_are_copied(shop: Service, open_page: Open, photos: list[Path], tmp_path: Path) -> None:
    page = open_page(shop.address, permissions=["clipboard-read", "clipboard-write"])
    formula = tmp_path / "=1+1.jpg"
    formula.write_bytes(photos[0].read_bytes())
    page.set_input_files("#photos", formula)
    answered(page, 1)
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.get_by_role("status")).to_contain_text("Copied as JSON")
    (one,) = json.loads(page.evaluate("() => navigator.clipboard.readText()"))
    assert one["name"] == "=1+1.jpg"
    assert set(one["answers"]["Class"]) == {"label", "probability", "decision", "top"}
    page.get_by_role("button", name="Copy as CSV").click()
    expect(page.get_by_role("status")).to_contain_text("Copied as CSV")
    table = pl.read_csv(io.StringIO(page.evaluate("() => navigator.clipboard.readText()")))
    assert table["photo"].to_list() == ["'=1+1.jpg"]
    assert table["Class"].to_list() == [one["answers"]["Class"]["label"]]
    page.get_by_role("button", name="Clear").click()
    answered(page, 0)


def test_without_scripts_it_is_a_form(shop: Service, open_page: Open, photos: list[Path]) -> None:
    page = open_page(shop.address, java_script_enabled=False)
    page.set_input_files("#photos", photos[:2])
    page.get_by_label("Heat map of").select_option("Class")
    page.get_by_role("button", name="Tag photos").click()
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator(".heat")).to_have_count(2)
    page.get_by_text("As JSON and CSV, to copy").click()
    assert len(json.loads(page.get_by_label("JSON").input_value())) == 2
    keep(page, "tag-without-scripts")


def test_on_a_phone_it_takes_photos(shop: Service, open_page: Open, photos: list[Path]) -> None:
    page = open_page(shop.address, **PHONE, color_scheme="dark")
    expect(page.get_by_text("Take a photo")).to_be_visible()
    page.set_input_files("#camera", photos[0])
    answered(page, 1)
    page.get_by_role("button", name="Show the heat map of Class").tap()
    expect(page.get_by_text("yellow areas count most")).to_be_visible()
    keep(page, "tag-phone-dark")
