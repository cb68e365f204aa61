"""The gallery: one file, both boxes, every picture once.

pytest tests/radgrounder/results/test_gallery.py
"""

from html.parser import HTMLParser

import pytest

from radgrounder.evaluation.run import run
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.fixtures.tiny_evaluations import TEST_BOXES, TRAIN_BOXES, Seer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = {
        "train": [make_row(20 + n, f"trained{n}", box) for n, box in enumerate(TRAIN_BOXES)],
        "test": [make_row(n, f"p{n}", box, site="AB"[n % 2]) for n, box in enumerate(TEST_BOXES * 3)],
    }
    return write_dataset(tmp_path_factory.mktemp("data") / "refrad2d", rows)


@pytest.fixture(scope="module")
def page(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    run(Seer(), "refrad2d", data, out, samples=20)
    return (out / "gallery.html").read_text()


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.hrefs, self.ids = [], set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found.get("class")))
        self.ids |= {found["id"]} if "id" in found else set()
        self.hrefs |= {found["href"]} if tag == "use" else set()


def test_the_gallery_draws_both_boxes(page):
    tags = Page(page).tags
    assert tags.count(("rect", "true")) > 0 and tags.count(("rect", "predicted")) > 0


def test_every_picture_of_the_gallery_is_stored_once(page):
    parsed = Page(page)
    assert parsed.hrefs == {f"#{name}" for name in parsed.ids}


def test_the_gallery_loads_nothing_and_runs_nothing(page):
    assert "<script" not in page and "http" not in page


def test_the_gallery_has_the_subgroups(page):
    assert all(f"<h2>{title}" in page for title in ("locate (12)", "locate, site A (6)", "report, language de (12)"))


def test_what_a_model_writes_brings_no_elements(data, tmp_path):
    class Rude(Seer):
        def answer(self, image, prompt):
            return "<script>alert(1)</script>"

    run(Rude(), "refrad2d", data, tmp_path, samples=20)
    text = (tmp_path / "gallery.html").read_text()
    assert "<script" not in text and "&lt;script&gt;" in text
