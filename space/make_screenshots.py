"""The pictures of docs/images, from a running Space.

python space/make_screenshots.py http://127.0.0.1:7860 docs/images
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 300_000  # a report on a busy machine
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def save(page: Page, path: Path) -> None:
    """The whole page as a PNG of 256 colours."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    shot.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {shot.width} × {shot.height}, {path.stat().st_size:,} bytes")


def open_example(browser: Browser, url: str, size: dict, locale: str) -> Page:
    """The page with the abdominal example."""
    page = browser.new_page(viewport=size, locale=locale, reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.get_by_role("button", name="Abdomen").click()
    page.wait_for_selector("svg.rg-picture")
    return page


def main(url: str, out: Path) -> None:
    """A report on a desktop, where the liver is on a phone; what is chosen shows its mask if the model has a head."""
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        desktop = open_example(browser, url, {"width": 1280, "height": 900}, "en-US")
        desktop.click("#rg-run-report")
        desktop.wait_for_selector("#rg-result h2")
        if desktop.locator(".rg-phrase").count():
            desktop.locator(".rg-phrase").first.click()
        save(desktop, out / "space-desktop.png")
        phone = open_example(browser, url, {"width": 390, "height": 844}, "de-DE")
        phone.get_by_role("tab", name="Wo ist").click()
        phone.locator("#rg-structure input").press_sequentially("Leber")
        phone.get_by_role("option", name="Leber", exact=True).click()
        phone.click("#rg-run-locate")
        phone.wait_for_selector("#rg-result h2")
        if phone.locator(".rg-phrase").count():
            phone.locator(".rg-phrase").first.click()
        save(phone, out / "space-phone.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
