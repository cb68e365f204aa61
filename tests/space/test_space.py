"""The parts of the Space without a browser: what a file becomes, what the page says, what the repo promises."""

import base64
import csv
import io
import json
import re
import struct
import subprocess
import sys
import zlib
from concurrent.futures import Future
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom import dcmread

from tests.fixtures.paths import ROOT

SPACE = ROOT / "space"
EXAMPLES = sorted(path for path in (SPACE / "examples").iterdir() if path.is_file())
sys.path.insert(0, str(SPACE))

import pictures  # noqa: E402
import texts  # noqa: E402
import view  # noqa: E402

from radgrounder.inference.picture import Original  # noqa: E402
from radgrounder.metrics.masks import boundary, encode_rle  # noqa: E402
from refrad2d.labels import LANGUAGES, labels  # noqa: E402
from refrad2d.windows import WINDOWS  # noqa: E402


def refusal_of(path: Path) -> str:
    with pytest.raises(texts.Refusal) as caught:
        pictures.read_picture(path)
    return str(caught.value)


def saved(dataset, path: Path) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def header():
    return dcmread(SPACE / "examples" / "abdomen.dcm")


def span(start, end, box=(0.1, 0.1, 0.5, 0.5), label="liver"):
    pixel_box = [c * 100 for c in box]
    return {"start": start, "end": end, "label": label, "box": box, "pixel_box": pixel_box, "confidence": 0.5}


# --- files ---


def test_sixteen_bits_of_grey_are_not_clipped(tmp_path):
    ramp = np.arange(0, 64000, 1000, dtype=np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    assert np.array_equal(pictures.read_picture(tmp_path / "deep.png").values, ramp)


def test_oblong_pixels_make_an_oblong_picture(tmp_path, header):
    header.PixelSpacing = [2, 1]
    picture = pictures.read_picture(saved(header, tmp_path / "oblong"))
    assert picture.aspect == 2
    assert 'viewBox="0 0 1000 2000"' in view.draw_picture(picture, [], "", window="bone", language="en")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text.png", b"no picture at all"),
        ("empty.png", b""),
        ("cut.png", (SPACE / "examples" / "trunk.png").read_bytes()[:4000]),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert refusal_of(tmp_path / name) == "not_a_picture"


def test_a_picture_of_one_pixel_is_too_small(tmp_path):
    Image.new("L", (1, 1)).save(tmp_path / "one.png")
    assert refusal_of(tmp_path / "one.png") == "too_small"


def test_a_small_file_of_a_huge_picture_is_refused(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    ihdr = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(png)
    assert refusal_of(tmp_path / "bomb.png") == "too_large"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("Modality", "US", "not_a_slice"),
        ("ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"], "not_a_slice"),
        ("BurnedInAnnotation", "YES", "burned_in"),
    ],
)
def test_dicom_that_is_no_slice_is_refused(tmp_path, header, field, value, reason):
    setattr(header, field, value)
    assert refusal_of(saved(header, tmp_path / "IM")) == reason


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_window_shows_every_example(path):
    picture = pictures.decode(str(path))[0]
    for window in pictures.window_names(picture.modality):
        shown = np.asarray(pictures.show_in_window(picture, window))
        assert shown.dtype == np.uint8 and shown.max() > shown.min()


def test_a_chest_opens_in_the_lung_window():
    chest, abdomen = (pictures.decode(str(SPACE / "examples" / name))[0] for name in ("chest", "abdomen.dcm"))
    assert [pictures.first_window(picture) for picture in (chest, abdomen)] == ["lung", "soft_tissue"]


# --- texts and pictures on the page ---


def test_every_text_stands_in_both_languages():
    with (SPACE / "texts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert all(row[language].strip() and None not in row for row in rows for language in LANGUAGES)
    assert len({row["key"] for row in rows}) == len(rows)


def test_every_window_and_refusal_has_a_text():
    source = "".join(path.read_text(encoding="utf-8") for path in SPACE.glob("*.py"))
    keys = [f"window_{name}" for name in (*WINDOWS, pictures.FULL_RANGE, pictures.MODEL_WINDOW)]
    keys += re.findall(r'Refusal\("(\w+)"', source) + list(pictures._REFUSALS.values()) + ["not_a_slice"]
    assert all(texts.say(key, language) for key in keys for language in LANGUAGES)


WORDS = st.text(st.sampled_from("ab <>&\"'`${}\\äß\n"), max_size=40)


@given(WORDS, st.lists(st.integers(0, 40), max_size=8))
def test_marked_phrases_leave_the_text_as_it_is(text, cuts):
    cuts = sorted({min(cut, len(text)) for cut in cuts})
    spans = [span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    html = view._mark_phrases(text, spans)
    assert unescape(re.sub(r"<b>\d+</b>|<[^>]*>", "", html)) == text


def test_model_text_cannot_bring_elements_of_its_own():
    answer = {"text": "<img src=x onerror=alert(1)>", "answer": None, "width": 9, "height": 9, "spans": [span(0, 12)]}
    assert "<img" not in view.write_answer("report", answer, "en", spoken="en")
    picture = Original(np.zeros((9, 9), np.uint8), None)
    assert "<img" not in view.draw_picture(picture, answer["spans"], answer["text"], window="full", language="en")


def test_a_small_box_lies_on_top_of_a_large_one():
    picture = Original(np.zeros((90, 90), np.uint8), None)
    spans = [span(0, 1, (0.4, 0.4, 0.45, 0.45)), span(2, 3, (0, 0, 1, 1))]
    svg = view.draw_picture(picture, spans, "a b", window="full", language="en")
    assert re.findall(r'class="rg-box" data-span="(\d)"', svg) == ["1", "0"]


def veil_of(svg):
    """The mask in a picture, as levels of opacity (rows, columns), and its colours."""
    found = re.search(r'class="rg-mask" href="data:image/png;base64,([^"]+)"', svg)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(found.group(1)))).convert("RGBA"))
    return shown[..., 3], {tuple(colour) for colour in shown[shown[..., 3] > 0][:, :3].tolist()}


def test_a_mask_lies_in_the_group_of_its_box_with_a_firm_edge():
    mask = np.zeros((90, 70), bool)
    mask[20:50, 10:30] = mask[40:60, 25:60] = True
    spans = [span(0, 1), {**span(2, 3, (0.6, 0.6, 0.9, 0.9)), "mask": encode_rle(mask)}]
    picture = Original(np.zeros((90, 70), np.uint8), None)
    svg = view.draw_picture(picture, spans, "a b", window="full", language="en")
    first, second = svg.index('data-span="0"'), svg.index('data-span="1"')
    assert svg.count("rg-mask") == 1 and first < second < svg.index("rg-mask")
    opacity, colours = veil_of(svg)
    assert np.array_equal(opacity > 0, mask) and np.array_equal(opacity == view.EDGE, boundary(mask))
    assert colours == {tuple(bytes.fromhex(view.colour(1)[1:]))}


def test_a_mask_of_a_huge_picture_is_sent_no_larger_than_it_is_shown():
    mask = np.ones((3 * view.MAX_SIDE, 40), bool)
    opacity, _ = veil_of(view._draw_mask(0, {"mask": encode_rle(mask)}, 1000, 1000))
    assert max(opacity.shape) <= view.MAX_SIDE and (opacity > 0).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_says_where_there_is_no_mask(language):
    mask = encode_rle(np.ones((4, 4), bool))
    answer = {
        "text": "a b",
        "answer": None,
        "width": 9,
        "height": 9,
        "spans": [span(0, 1), {**span(2, 3), "mask": mask}],
    }
    html = view.write_answer("report", answer, language, spoken="en", masks=True)
    rows = re.findall(r"<li>.*?</li>", html)
    missing = f"<small>{texts.say('no_mask', language)}</small>"
    assert missing in rows[0] and missing not in rows[1] and texts.say("masks_hint", language) in html
    html = view.write_answer("report", answer, language, spoken="en")
    assert missing not in html and texts.say("no_masks", language) in html  # a model without a head


def test_a_box_of_both_kidneys_is_not_listed_as_one():
    text = "Both kidneys and the right kidney."
    spans = [{**span(0, 12), "label": "kidney_right"}, {**span(21, 33), "label": "kidney_right"}]
    names = [view._name(span, text, "en", "de") for span in spans]
    assert names == ["Both kidneys", view.display("kidney_right", "de")]


def test_the_side_letters_follow_the_plane():
    svg = {plane: view._mark_sides(plane, 100, 100) for plane in ("axial", "sagittal", None)}
    letters = {plane: "".join(re.findall(r">(\w)</text>", text)) for plane, text in svg.items()}
    assert letters == {"axial": "RLAP", "sagittal": "APHF", None: ""}


def test_the_downloaded_boxes_are_the_answer():
    answer = {"text": "Leber groß.", "answer": None, "width": 90, "height": 90, "spans": [span(0, 5)]}
    html = view.write_answer("report", answer, "de", spoken="de")
    link = re.search(r'href="data:application/json;base64,([^"]+)"', html)
    assert json.loads(base64.b64decode(link.group(1))) == json.loads(json.dumps(answer))


def test_the_picture_in_the_page_is_lossless():
    picture = pictures.decode(str(SPACE / "examples" / "abdomen.dcm"))[0]
    data = base64.b64decode(view.data_url(pictures.show_in_window(picture, "liver")).partition(",")[2])
    assert np.array_equal(Image.open(io.BytesIO(data)), pictures.show_in_window(picture, "liver"))


# --- asking ---


@pytest.fixture
def asked(monkeypatch):
    """What reaches the model."""
    import answering

    calls = []
    model = SimpleNamespace(
        predict=lambda picture, **given: calls.append(given) or SimpleNamespace(to_json=dict), gives_masks=True
    )
    monkeypatch.setattr(answering, "_loaded", SimpleNamespace(result=lambda: model))
    return calls


def ask(**given):
    import answering

    return answering.answer(pictures.decode(str(SPACE / "examples" / "chest"))[0], language="en", **given)


def test_markup_that_a_visitor_types_is_taken_apart(asked):
    from refrad2d.grounding import has_markup

    ask(task="vqa", question="Is <loc0001> in <image> the liver?")
    assert not has_markup(asked[0]["question"]) and "liver" in asked[0]["question"]


def test_only_classes_of_the_slice_s_modality_are_written(asked):
    ask(task="report")
    assert asked[0]["modality"] == "CT"


def test_a_model_with_a_mask_head_is_asked_for_masks_another_is_not(asked):
    import answering

    ask(task="report")
    answering._loaded.result().gives_masks = False
    ask(task="report")
    assert [call["masks"] for call in asked] == [True, False]


def test_only_a_model_that_is_there_gives_masks(monkeypatch):
    import answering

    for outcome, wanted in ((None, False), (ValueError("none"), False), (False, False), (True, True)):
        loaded = Future()
        if isinstance(outcome, ValueError):
            loaded.set_exception(outcome)
        elif outcome is not None:
            loaded.set_result(SimpleNamespace(gives_masks=outcome))
        monkeypatch.setattr(answering, "_loaded", loaded)
        assert answering.gives_masks() is wanted


def test_a_page_says_when_the_model_abstains():
    silent = {"text": "", "answer": "", "width": 9, "height": 9, "spans": [], "confidence": 0.01, "abstained": True}
    for language in LANGUAGES:
        html = view.write_answer("vqa", silent, language, spoken=language)
        assert unescape(html).count(texts.say("abstained", language)) == 1
        assert texts.say("no_boxes", language) not in unescape(html)
    html = view.write_answer("vqa", {**silent, "abstained": False}, "en", spoken="en")
    assert texts.say("no_text", "en") in unescape(html) and texts.say("abstained", "en") not in unescape(html)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"task": "vqa", "question": " \n"}, "empty_question"),
        ({"task": "locate", "question": None}, "empty_structure"),
        ({"task": "locate", "question": "unicorn"}, "unknown_structure"),
        ({"task": "locate", "question": "kidney"}, "near_structures"),
        ({"task": "vqa", "question": "a" * 501}, "too_long"),
        ({"task": "report", "clinical_info": "a" * 501}, "too_long"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(asked, given, reason):
    with pytest.raises(texts.Refusal, match=reason):
        ask(**given)
    assert not asked


def test_a_name_of_several_structures_is_told_them(asked):
    with pytest.raises(texts.Refusal) as caught:
        ask(task="locate", question="kidney")
    assert "such as right kidney, left kidney, or" in caught.value.tell("en")


def test_a_name_of_no_structure_is_a_message_on_the_page(asked):
    pytest.importorskip("gradio")
    import page

    picture = pictures.decode(str(SPACE / "examples" / "chest"))[0]
    visit, message = page._ask("locate", "de", page.Visit(picture), "Niere")
    assert visit.answer is None and "etwa rechte Niere, linke Niere, oder" in message and 'role="alert"' in message


def test_a_model_that_did_not_load_is_said_so(monkeypatch):
    import answering

    monkeypatch.setattr(answering, "_loaded", Future())
    answering._loaded.set_exception(ValueError("no model folder"))
    with pytest.raises(texts.Refusal, match="no_model"):
        ask(task="report")


# --- the page and its repo ---


def test_all_121_classes_can_be_chosen_in_both_languages():
    pytest.importorskip("gradio")
    import page

    for language in LANGUAGES:
        choices = page._structure_choices(language)
        assert {name for _, name in choices} == {label.name for label in labels()}
        assert len({shown for shown, _ in choices}) == 121


def test_the_page_is_bounded_and_sends_no_statistics():
    pytest.importorskip("gradio")
    import page

    app = page.build_page()
    assert app._queue.max_size == page.QUEUE and not app.analytics_enabled and app.delete_cache == page.CACHE_S
    assert page.LAUNCH["max_file_size"] == pictures.MAX_BYTES and page.LAUNCH["run_history"] is False


def test_the_front_matter_names_what_is_here():
    gradio = pytest.importorskip("gradio")
    import yaml

    front = yaml.safe_load((SPACE / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert front["sdk"] == "gradio" and front["sdk_version"].split(".")[0] == gradio.__version__.split(".")[0]
    assert (SPACE / front["app_file"]).is_file() and front["python_version"] in ("3.12.12", "3.10.13")


def test_requirements_leave_torch_and_gradio_to_the_hub():
    lines = (SPACE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {re.split(r"[<>=\[ ]", line)[0] for line in lines if line and not line.startswith("#")}
    assert "pydicom" in names and not names & {"torch", "torchvision", "gradio", "spaces"}


def test_without_a_model_the_app_says_what_to_give():
    pytest.importorskip("gradio")
    ended = subprocess.run(
        [sys.executable, str(SPACE / "app.py"), "--model", str(SPACE)], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2 and "is no model folder. Give the output of `radgrounder release`" in ended.stderr
