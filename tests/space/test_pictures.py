"""Every file gives the model the same picture through the Space as through `radgrounder predict`.

pytest tests/space/test_pictures.py
"""

import subprocess
import sys
from concurrent.futures import Future

import numpy as np
import pytest
from PIL import Image

from tests.fixtures.paths import ROOT

SPACE = ROOT / "space"
EXAMPLES = sorted(path for path in (SPACE / "examples").iterdir() if path.is_file())
sys.path.insert(0, str(SPACE))

import pictures  # noqa: E402

RAMP = (np.arange(40 * 56).reshape(40, 56) * 7 % 251).astype(np.uint8)
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)


def coloured(mode):
    return Image.fromarray(COLOURS).convert(mode)


FILES = {
    "palette.png": coloured("P"),
    "deep.png": Image.fromarray(RAMP.astype(np.uint16) * 200),
    "grey.png": Image.fromarray(RAMP),
    "grey alpha.png": Image.fromarray(RAMP).convert("LA"),
    "alpha.png": coloured("RGBA"),
    "one bit.png": coloured("1"),
    "cmyk.jpg": coloured("CMYK"),
    "colour.jpg": coloured("RGB"),
    "turned.jpg": coloured("RGB"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_model_sees_the_same_as_by_the_command(name, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6 if name.startswith("turned") else 1  # held sideways
    FILES[name].save(tmp_path / name, exif=exif)
    assert_same(tmp_path / name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_model_sees_the_same_of_every_example(path):
    assert_same(path)


def assert_same(path):
    from radgrounder.predict import open_picture

    page, command = pictures.decode(str(path))[0].for_model(), open_picture(path)
    assert np.array_equal(page.image, command.image) and (page.width, page.height) == (command.width, command.height)


def test_the_page_loads_no_torch():
    check = "import sys, pictures, view, answering; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=SPACE, check=False).returncode == 0


def test_nothing_of_a_visitors_picture_is_kept(tmp_path, monkeypatch):
    import answering

    from tests.fixtures.tiny_models import save_nano

    monkeypatch.setattr(answering, "_loaded", Future())
    answering.load_model(str(save_nano(tmp_path / "nano")))
    answering._loaded.result().generate([coloured("RGB").resize((224, 224))], ["a"], max_new_tokens=1)
    assert len(answering._loaded.result().decoder.features) == 0
