"""The columns of a RefRad2D row, the configs that show them, and the splits. Column names exist only here.

A row is one slice. It is stored structured (text, spans, boxes); markup is rendered from it, never stored.
"""

from datasets import Features, Image, Value

try:  # datasets < 4 has no List
    from datasets import List
except ImportError:
    from datasets import Sequence

    def List(feature, length=-1):
        """A list of features; `Sequence` would turn a list of structs into a struct of lists, [feature] does not."""
        return [feature] if isinstance(feature, dict) else Sequence(feature, length=length)


SPLITS = ("train", "validation", "test")
DEFAULT_CONFIG = "report"
SFT_SPLITS = ("train", "validation")  # a model is never trained on the test patients

BOX = List(Value("float64"), length=4)  # xyxy in [0, 1], ends exclusive, from the native mask
SPAN = {
    "start": Value("int32"),
    "end": Value("int32"),
    "label": Value("string"),
    "labels": List(Value("string")),
    "box": BOX,
}
REPORT = {
    "clinical_question": Value("string"),
    "clinical_info": Value("string"),
    "findings": Value("string"),
    "spans": List(SPAN),
    "origin": Value("string"),  # original | translated
}
VQA = {
    "question": Value("string"),
    "answer": Value("string"),
    "language": Value("string"),  # de | en
    "type": Value("string"),  # open | yesno | multiple
    "choices": List(Value("string")),
    "spans": List(SPAN),  # places in the answer, for grounded questions
    "source": Value("string"),  # text | mask | metadata
}
PROVENANCE = {
    "slice_rule": Value("string"),  # named, finding, structure, middle; joined by + where sentences came by several
    "curator": Value("string"),
    "segmenter": Value("string"),
    "blanked": Value("int32"),  # boxes of burnt-in text that were filled
    "version": Value("string"),
}
ROW = {
    "id": Value("string"),
    "patient": Value("string"),
    "study": Value("string"),
    "series": Value("string"),
    "modality": Value("string"),  # CT | MR
    "body_part": Value("string"),
    "plane": Value("string"),  # axial | coronal | sagittal
    "spacing": List(Value("float64"), length=2),  # mm between rows, mm between columns, of the native slice
    "image": Image(),  # 224 px RGB windows: what the model sees
    "mask": Image(),  # 8-bit unified class ids, native size
    "objects": List({"label": Value("string"), "box": BOX, "area": Value("int32")}),
    "sex": Value("string"),
    "age": Value("int32"),  # decade: 60 means 60 to 69
    "site": Value("string"),
    "report": {"de": REPORT, "en": REPORT},
    "vqa": List(VQA),
    "findings": List({"label": Value("string"), "box": BOX, "source": Value("string")}),
    "provenance": PROVENANCE,
}
MESSAGE = {"role": Value("string"), "content": List({"type": Value("string"), "text": Value("string")})}
SFT = {"image": Image(), "messages": List(MESSAGE), "length": Value("int32")}
ARCHIVE = {  # what a WebDataset sample has beyond the row: native values, hu = pixels * slope + intercept for CT
    "pixels": Image(),
    "slope": Value("float64"),
    "intercept": Value("float64"),
}

_WHO = ("id", "patient", "study", "series", "modality", "body_part", "plane", "spacing", "sex", "age", "site")
CONFIG_COLUMNS = {
    "report": (*_WHO, "image", "report", "provenance"),
    "vqa": (*_WHO, "image", "vqa", "provenance"),
    "grounded": (*_WHO, "image", "mask", "objects", "report", "findings", "provenance"),
    "sft": ("image", "messages", "length"),
}
CONFIGS = tuple(CONFIG_COLUMNS)
FILES = {
    "report": "data/slices",
    "vqa": "data/slices",
    "grounded": "grounded/grounded",
    "sft": "sft/sft",
}  # <stem>-<split>-*


def features(config: str) -> Features:
    """The `datasets` features of a config, or of the "slices" files that report and vqa are views of.

    ValueError names the configs if there is none of this name.
    """
    if config == "slices":
        return Features(ROW)
    if config not in CONFIG_COLUMNS:
        raise ValueError(f"Unknown config {config!r}. Choose from {', '.join(CONFIGS)}.")
    columns = SFT if config == "sft" else ROW
    return Features({name: columns[name] for name in CONFIG_COLUMNS[config]})
