"""What a person does on the Space, in headless Chromium against a real server with a nano that learned three sentences."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from refrad2d.conversations import prompt
from refrad2d.grounding import Span, render
from refrad2d.labels import labels
from tests.conftest import make_once
from tests.fixtures.paths import ROOT

pytest.importorskip("gradio", reason="the Space needs gradio")
sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")

SPACE = ROOT / "space"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PATIENCE_MS = 20_000

REPORT = render(
    "Liver and spleen are smooth.",
    [Span(0, 5, "liver", (0, 0.25, 0.5, 0.75)), Span(10, 16, "spleen", (0.6, 0.5, 0.9, 0.8))],
)
BEFUND = render("Die Leber ist glatt.", [Span(4, 9, "liver", (0, 0.25, 0.5, 0.75))])
LESSONS = [
    (prompt("report_boxes", "en"), REPORT),
    (prompt("report_boxes", "de"), BEFUND),
    (prompt("vqa", "en", question="Is the liver visible?"), "yes"),
    (prompt("locate", "en", name="heart"), render("heart", [Span(0, 5, "heart", (0.25, 0.25, 0.75, 0.75))])),
]


def train_nano(out: Path) -> None:
    """A nano of two small layers that has learned LESSONS by heart, whatever the picture, with a head that draws."""
    import torch

    from radgrounder.masks.head import MaskHead
    from radgrounder.masks.shape import MaskShape
    from radgrounder.masks.storage import save_head
    from radgrounder.models.nano import NanoSize, build_model, build_processor

    torch.set_num_threads(1)  # threads that wait for each other make such small steps many times slower
    size = NanoSize(image=32, patch=16, width=48, tower_layers=1, decoder_layers=2, heads=2, vocabulary=420)
    texts = [text for lesson in LESSONS for text in lesson] * 3 + [label.english for label in labels()]
    processor = build_processor(texts, size)
    model = build_model(processor, size, seed=1).train()
    picture = Image.fromarray(np.zeros((32, 32, 3), dtype=np.uint8))
    prompts, answers = zip(*LESSONS, strict=True)
    batch = processor(
        images=[picture] * len(LESSONS), text=[processor.image_token + p for p in prompts], suffix=list(answers),
        return_tensors="pt", padding=True,
    )  # fmt: skip
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0)
    for _ in range(200):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if loss < 0.05:
            break
    model.save_pretrained(out)
    processor.save_pretrained(out)
    head = MaskHead(MaskShape.of(model.config))
    torch.nn.init.constant_(head.weights[-1].bias, 3.0)  # of every pixel it says yes, without lessons
    save_head(head, out)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of `python space/app.py`, which ends with the tests, and on its own after five minutes."""
    model = make_once(tmp_path_factory, "space-nano", train_nano)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = ["timeout", "300", sys.executable, str(SPACE / "app.py"), "--model", str(model), "--port", str(port)]
    log = tmp_path_factory.mktemp("space") / "log"
    uploads = tmp_path_factory.mktemp("uploads")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TMPDIR": str(uploads)}
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
        for _ in range(240):
            try:
                urlopen(url, timeout=5).close()
                break
            except (URLError, OSError):
                assert process.poll() is None, log.read_text()
                time.sleep(0.25)
        yield url
        process.terminate()
        process.wait(20)
    assert not [path for path in uploads.rglob("*") if path.is_file()]  # what visitors brought is gone with the server


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip(f"browser tests need {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(server, chromium):
    """Open the page as `visit(size, locale)`; `foreign` collects requests that went elsewhere."""
    contexts = []

    def open_page(size=DESKTOP, locale="en-US"):
        context = chromium.new_context(viewport=size, locale=locale, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.foreign = []
        page.on("request", lambda request: _is_foreign(request.url, server) and page.foreign.append(request.url))
        page.goto(server)
        page.wait_for_selector("#rg-examples button")
        return page

    yield open_page
    for context in contexts:
        context.close()


def _is_foreign(url: str, server: str) -> bool:
    return not url.startswith((server, "data:", "blob:"))


def choose_example(page, caption="Abdomen"):
    page.get_by_role("button", name=caption).click()
    page.wait_for_selector("svg.rg-picture")


def upload(page, path):
    page.set_input_files("#rg-file input[type=file]", str(path))


def chosen(page) -> list[str]:
    """What is marked: classes of the marked elements with the number of their span."""
    script = "found => found.map(e => e.classList[0] + e.dataset.span)"
    return sorted(page.eval_on_selector_all("[data-span].chosen", script))


def shows(page, selector: str, text: str) -> None:
    """Wait until an element holds the text."""
    sync_api.expect(page.locator(selector)).to_contain_text(text, timeout=PATIENCE_MS)


def test_a_box_and_its_phrase_show_each_other(visit):
    page = visit()
    choose_example(page)
    page.click("#rg-run-report")
    shows(page, "#rg-result .rg-text", "are smooth.")
    page.locator('.rg-box[data-span="1"] .rg-target').click()
    assert chosen(page) == ["rg-box1", "rg-phrase1", "rg-row1"]
    page.locator(".rg-phrase", has_text="Liver").click()
    assert chosen(page) == ["rg-box0", "rg-phrase0", "rg-row0"]
    page.click("#rg-window label:has-text('Bone')")  # another picture below the same boxes
    page.wait_for_function("document.querySelector('.rg-box[data-span=\"0\"].chosen')")
    page.locator('.rg-box[data-span="1"]').focus()
    page.keyboard.press("Enter")
    assert chosen(page) == ["rg-box1", "rg-phrase1", "rg-row1"]
    page.locator('.rg-row[data-span="1"]').click()
    assert chosen(page) == []
    assert page.foreign == []


def shown_masks(page) -> list[str]:
    """The numbers of the spans whose mask can be seen."""
    script = (
        "found => found.filter(e => getComputedStyle(e).visibility === 'visible').map(e => e.parentNode.dataset.span)"
    )
    return page.eval_on_selector_all(".rg-mask", script)


def test_a_chosen_finding_shows_its_mask_with_its_box(visit):
    page = visit(PHONE)
    choose_example(page)
    page.click("#rg-run-report")
    shows(page, "#rg-result", "The mask that the model drew appears with its box.")
    assert page.locator(".rg-mask").count() == 2 and shown_masks(page) == []
    page.locator(".rg-phrase", has_text="Liver").click()
    assert shown_masks(page) == ["0"]
    page.locator('.rg-row[data-span="1"]').click()
    assert shown_masks(page) == ["1"]
    page.click("#rg-window label:has-text('Bone')")
    page.wait_for_function("document.querySelector('.rg-box[data-span=\"1\"].chosen')")
    assert shown_masks(page) == ["1"]
    page.locator('.rg-row[data-span="1"]').click()
    assert shown_masks(page) == []


def test_the_downloaded_json_holds_the_boxes(visit):
    page = visit()
    choose_example(page)
    page.click("#rg-run-report")
    with page.expect_download() as download:
        page.click(".rg-download")
    answer = json.loads(Path(download.value.path()).read_text())
    assert answer["text"] == "Liver and spleen are smooth."
    assert [span["pixel_box"] for span in answer["spans"]][0] == [0, 72, 144, 216]  # of 288 px


def test_a_visitor_asks_and_locates(visit):
    page = visit(PHONE)
    choose_example(page, "Chest")
    page.get_by_role("tab", name="Question").click()
    page.click("#rg-run-vqa")
    shows(page, ".rg-alert", "The question is empty")
    page.fill("#rg-question textarea", "Is the liver visible?")
    page.click("#rg-run-vqa")
    shows(page, "#rg-result .rg-text", "yes")
    assert page.locator(".rg-alert").count() == 0
    page.get_by_role("tab", name="Where is").click()
    page.fill("#rg-structure input", "kidney")
    page.press("#rg-structure input", "Enter")
    page.click("#rg-run-locate")
    shows(page, ".rg-alert", "such as right kidney, left kidney")
    page.fill("#rg-structure input", "")
    page.locator("#rg-structure input").press_sequentially("hear")
    page.get_by_role("option", name="heart", exact=True).click()
    page.click("#rg-run-locate")
    shows(page, "#rg-result h2", "Location")
    assert page.locator(".rg-box").count() == 1


def test_the_page_speaks_the_language_of_the_browser_and_the_chosen_one(visit):
    page = visit(locale="de-DE")
    choose_example(page)  # before the page could turn German
    shows(page, "#rg-notice", "Kein Medizinprodukt")
    shows(page, "#rg-window", "Knochen")
    page.click("#rg-run-report")
    shows(page, "#rg-result .rg-text", "ist glatt.")
    shows(page, ".rg-row", "Leber")
    page.click("#rg-language label:has-text('English')")
    shows(page, "#rg-notice", "Not a medical device")
    shows(page, ".rg-row", "liver")  # the page changes, what the model said does not
    shows(page, "#rg-result .rg-text", "ist glatt.")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_files_are_judged_by_their_content(visit, tmp_path):
    page = visit()
    page.click("#rg-run-report")
    shows(page, ".rg-alert", "Choose an example or upload a picture first.")
    upload(page, SPACE / "examples" / "pelvis")  # DICOM without extension
    shows(page, ".rg-caption", "MR · axial")
    (tmp_path / "holiday.png").write_text("no picture")
    upload(page, tmp_path / "holiday.png")
    shows(page, ".rg-alert", "This file is no picture that can be read here")
    upload(page, SPACE / "examples" / "trunk.png")
    sync_api.expect(page.locator(".rg-alert")).to_have_count(0, timeout=PATIENCE_MS)
    sync_api.expect(page.locator(".rg-caption")).to_have_text("288 × 288 px")  # a PNG tells neither modality nor plane


# Everything to press that can be seen; boxes in the picture are as large as what they enclose, and easier to hit
SMALL_TARGETS = """() => [...document.querySelectorAll('button, a, input, textarea, [role=tab], .rg-chips label')]
  .filter(e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.offsetWidth > 1)
  .map(e => [e.innerText || e.ariaLabel || e.id, e.offsetWidth, e.offsetHeight])
  .filter(([, width, height]) => height > 1 && (width < 44 || height < 44))"""
# Text on the first ancestor with an opaque ground, by the formula of WCAG 2.2
FAINT_TEXTS = """() => {
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('body *')].filter(e => !e.closest('svg, style, script') && e.offsetWidth > 1
      && e.checkVisibility({opacityProperty: true, visibilityProperty: true})
      && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && getComputedStyle(e).fontSize !== '0px')
    .map(e => { const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
      return [e.innerText.slice(0, 30), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; })
    .filter(([, contrast]) => contrast < 4.5); }"""


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_page_fits_fingers_and_eyes(visit, size):
    page = visit(size)
    choose_example(page)
    page.click("#rg-run-report")
    page.locator(".rg-phrase").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(FAINT_TEXTS) == []
    page.locator("#rg-run-report").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_the_endpoint_gives_the_json_of_the_command(server):
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    client = Client(server, verbose=False)
    picture = handle_file(SPACE / "examples" / "chest")
    answer = client.predict(picture, "locate", "en", "heart", api_name="/predict")
    assert set(answer) >= {"text", "answer", "width", "height", "spans"} and answer["width"] == 288
    assert set(answer["spans"][0]) >= {"start", "end", "label", "box", "pixel_box", "confidence"}
    with pytest.raises(AppError, match="The question is empty"):
        client.predict(picture, "vqa", "en", " ", api_name="/predict")
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/predict"]
