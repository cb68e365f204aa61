"""The page: `build_page()` gives the Gradio app, its texts from texts.csv, its looks from style.css."""

from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import gradio as gr
from answering import MAX_CHARACTERS, answer, gives_masks
from pictures import FULL_RANGE, MAX_BYTES, decode, first_window, read_picture, show_in_window, window_names
from PIL import Image
from starlette.middleware import Middleware
from texts import Refusal, say
from uploads import Guard
from view import draw_picture, show_examples, write_answer

from radgrounder.inference.picture import Original
from radgrounder.inference.tasks import TASKS
from refrad2d.labels import LANGUAGES, labels

HERE = Path(__file__).parent
EXAMPLES = {  # key of the caption in texts.csv -> file
    "example_abdomen": "abdomen.dcm",
    "example_chest": "chest",
    "example_head": "head.dcm",
    "example_coronal": "trunk.png",
    "example_pelvis": "pelvis",
}
CACHE_S = (60, 300)  # every minute, uploads older than five minutes are deleted; the page no longer needs them
SESSION_S = 3600
QUEUE = 16


@dataclass(frozen=True)
class Visit:
    """What a visitor has before them: the picture, its window, the last answer, its task and language, and whether the
    model gave it masks."""

    picture: Original | None = None
    window: str = FULL_RANGE
    answer: dict[str, Any] | None = None
    task: str = "report"
    spoken: str = "en"
    masks: bool = False

    def draw(self, language: str) -> str:
        """The picture with the boxes of the answer, as HTML."""
        said = self.answer or {"spans": [], "text": ""}
        return draw_picture(self.picture, said["spans"], said["text"], window=self.window, language=language)

    def write(self, language: str) -> str:
        """The answer as HTML, empty if there is none."""
        if not self.answer:
            return ""
        return write_answer(self.task, self.answer, language, spoken=self.spoken, masks=self.masks)


@cache
def _thumbnails() -> list[tuple[str, Image.Image]]:
    pictures = {key: decode(str(HERE / "examples" / name))[0] for key, name in EXAMPLES.items()}
    shown = {key: show_in_window(picture, first_window(picture)) for key, picture in pictures.items() if picture}
    for thumbnail in shown.values():
        thumbnail.thumbnail((144, 144))
    return list(shown.items())


def _message(refusal: Refusal, language: str) -> str:
    return f'<p role="alert" class="rg-alert">{refusal.tell(language)}</p>'


def _window_choices(picture: Original | None, language: str) -> list[tuple[str, str]]:
    names = window_names(picture.modality if picture else None)
    return [(say(f"window_{name}", language), name) for name in names]


def _structure_choices(language: str) -> list[tuple[str, str]]:
    return sorted((label.display(language), label.name) for label in labels())


def _open(path: str | None, language: str, visit: Visit) -> tuple[Visit, None, str]:
    """A new file: (visit, nothing left in the drop zone, message)."""
    if path is None:
        return visit, None, ""
    try:
        picture = read_picture(path)
    except Refusal as refusal:
        return visit, None, _message(refusal, language)
    return Visit(picture, first_window(picture)), None, ""


def _open_example(language: str, visit: Visit, chosen: gr.EventData) -> tuple[Visit, None, str]:
    name = list(EXAMPLES.values())[int(chosen.index)]
    return _open(str(HERE / "examples" / name), language, visit)


def _ask(task: str, language: str, visit: Visit, *texts: str) -> tuple[Visit, str]:
    """A question to the model: (visit, message)."""
    names = ("clinical_info", "clinical_question") if task == "report" else ("question",)
    language = language if language in LANGUAGES else "en"
    try:
        said = answer(
            visit.picture, task=task, language=language, **dict(zip(names, map(_readable, texts), strict=True))
        )
    except Refusal as refusal:
        return visit, _message(refusal, language)
    return replace(visit, answer=said, task=task, spoken=language, masks=gives_masks()), ""


def _change_window(window: str, visit: Visit) -> Visit:
    return replace(visit, window=window)


def _show(language: str, visit: Visit) -> tuple[str, Any, str]:
    """What a visit looks like in the language that the page has by now: (result, window, picture)."""
    choices = _window_choices(visit.picture, language)
    window = gr.Radio(choices, value=visit.window, label=say("window", language), visible=visit.picture is not None)
    return visit.write(language), window, visit.draw(language)


def _predict(image: str, task: str, language: str, question: str) -> dict[str, Any]:
    """Report, answer or place for a PNG, JPEG or DICOM file; `question` is what to ask, or the structure to find."""
    language = language if language in LANGUAGES else "en"
    try:
        if image is None:
            raise Refusal("no_image")
        if task not in TASKS:
            raise Refusal("unknown_task")
        return answer(read_picture(image), task=task, language=language, question=_readable(question))
    except Refusal as refusal:
        raise gr.Error(refusal.tell(language), print_exception=False) from refusal


def _readable(text: object) -> str:
    """A text from outside without what no tokenizer can encode; nothing for what is no text."""
    return text.encode("utf-8", "ignore").decode() if isinstance(text, str) else ""


def _preferred_language(request: gr.Request) -> str:
    """German for browsers that ask for it first, else English."""
    return "de" if request.headers.get("accept-language", "").lower().startswith("de") else "en"


def _script(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _header(language: str) -> str:
    return f"<h1>{say('title', language)}</h1><p>{say('tagline', language)}</p>"


def _notice(language: str) -> str:
    return f'<p role="note">{say("notice", language)}</p>'


class _Page:
    """The components, and the events between them; built inside gr.Blocks."""

    def __init__(self, language: str) -> None:
        self.visit = gr.State(Visit(), time_to_live=SESSION_S)
        with gr.Row(elem_id="rg-head"):
            self.header = gr.HTML(_header(language), elem_id="rg-title", apply_default_css=False)
            names = [("English", "en"), ("Deutsch", "de")]
            self.language = gr.Radio(names, value=language, show_label=False, container=False, elem_id="rg-language")
        self.notice = gr.HTML(_notice(language), elem_id="rg-notice", apply_default_css=False)
        with gr.Row(elem_id="rg-main"):
            with gr.Column(scale=6, min_width=320):
                self._build_picture(language)
            with gr.Column(scale=5, min_width=320):
                self._build_tasks(language)
        self._connect()

    def _build_picture(self, language: str) -> None:
        self.file = gr.File(label=say("upload", language), height=76, elem_id="rg-file")
        self.examples = gr.HTML(
            show_examples(_thumbnails(), language), js_on_load=_script("examples.js"), elem_id="rg-examples",
            apply_default_css=False,
        )  # fmt: skip
        self.picture = gr.HTML(
            Visit().draw(language), js_on_load=_script("viewer.js"), elem_id="rg-picture", apply_default_css=False
        )
        self.window = gr.Radio(
            _window_choices(None, language), value=FULL_RANGE, label=say("window", language), visible=False,
            elem_id="rg-window", elem_classes="rg-chips",
        )  # fmt: skip

    def _build_tasks(self, language: str) -> None:
        limit = {"max_length": MAX_CHARACTERS}
        self.tabs, self.runs = {}, {}
        with gr.Tabs(elem_id="rg-tabs"):
            with gr.Tab(say("tab_report", language), id="report") as self.tabs["report"]:
                with gr.Accordion(say("context", language), open=False, elem_id="rg-context") as self.context:
                    self.info = gr.Textbox(label=say("clinical_info", language), elem_id="rg-info", **limit)
                    self.reason = gr.Textbox(label=say("clinical_question", language), elem_id="rg-reason", **limit)
                self._add_run("report", language)
            with gr.Tab(say("tab_vqa", language), id="vqa") as self.tabs["vqa"]:
                self.question = gr.Textbox(
                    label=say("question", language), placeholder=say("question_hint", language), elem_id="rg-question",
                    **limit,
                )  # fmt: skip
                self._add_run("vqa", language)
            with gr.Tab(say("tab_locate", language), id="locate") as self.tabs["locate"]:
                self.structure = gr.Dropdown(
                    _structure_choices(language), value=None, label=say("structure", language), allow_custom_value=True,
                    elem_id="rg-structure",
                )  # fmt: skip
                self._add_run("locate", language)
        self.message = gr.HTML("", elem_id="rg-message", apply_default_css=False)
        self.result = gr.HTML("", js_on_load=_script("viewer.js"), elem_id="rg-result", apply_default_css=False)

    def _add_run(self, task: str, language: str) -> None:
        self.runs[task] = gr.Button(say(f"run_{task}", language), variant="primary", elem_id=f"rg-run-{task}")

    def _connect(self) -> None:
        quiet = {"api_visibility": "private", "show_progress": "hidden"}
        # an event changes the visit, then it is shown: in the language of then, which may have changed meanwhile
        show = (_show, [self.language, self.visit], [self.result, self.window, self.picture])
        opened = [self.visit, self.file, self.message]
        self.file.upload(_open, [self.file, self.language, self.visit], opened, **quiet).then(*show, **quiet)
        self.examples.select(_open_example, [self.language, self.visit], opened, **quiet).then(*show, **quiet)
        self.window.input(_change_window, [self.window, self.visit], self.visit, **quiet).then(*show, **quiet)
        fields = {"report": [self.info, self.reason], "vqa": [self.question], "locate": [self.structure]}
        for task in TASKS:
            events = [self.runs[task].click, *(field.submit for field in fields[task] if task == "vqa")]
            gr.on(
                events, partial(_ask, task), [self.language, self.visit, *fields[task]], [self.visit, self.message],
                api_visibility="private", show_progress_on=self.result, concurrency_id="model",
            ).then(*show, scroll_to_output=True, **quiet)  # fmt: skip
        self.language.change(
            self._translate, self.language, self._translated,
            js="(language) => { document.documentElement.lang = language; return language; }", **quiet,
        ).then(*show, **quiet)  # fmt: skip

    @property
    def _translated(self) -> list:
        return [
            self.header, self.notice, self.file, self.examples, *self.tabs.values(),
            *self.runs.values(), self.context, self.info, self.reason, self.question, self.structure, self.message,
        ]  # fmt: skip

    def _translate(self, language: str) -> list:
        """All texts but those of the visit in another language, in the order of `_translated`."""
        return [
            _header(language),
            _notice(language),
            gr.File(label=say("upload", language)),
            show_examples(_thumbnails(), language),
            *(gr.Tab(label=say(f"tab_{task}", language)) for task in self.tabs),
            *(gr.Button(say(f"run_{task}", language)) for task in self.runs),
            gr.Accordion(label=say("context", language)),
            gr.Textbox(label=say("clinical_info", language)),
            gr.Textbox(label=say("clinical_question", language)),
            gr.Textbox(label=say("question", language), placeholder=say("question_hint", language)),
            gr.Dropdown(_structure_choices(language), label=say("structure", language)),
            "",
        ]


def _add_endpoint() -> None:
    """`/predict`: the command's JSON for scripts, without the page."""
    image = gr.File(visible=False, label="image")
    task = gr.Radio(list(TASKS), value="report", visible=False, label="task")
    language = gr.Radio(list(LANGUAGES), value="en", visible=False, label="language")
    question = gr.Textbox("", visible=False, label="question")
    gr.Button(visible=False).click(
        _predict, [image, task, language, question], gr.JSON(visible=False), api_name="predict",
        concurrency_id="model", concurrency_limit=1,
    )  # fmt: skip


def build_page(language: str = "en") -> gr.Blocks:
    """The whole app with a bounded queue; `LAUNCH` holds what launch() must be given."""
    with gr.Blocks(title="RadGrounder", analytics_enabled=False, delete_cache=CACHE_S) as page:
        parts = _Page(language)
        _add_endpoint()
        page.load(_preferred_language, None, parts.language, api_visibility="private", show_progress="hidden")
    return page.queue(max_size=QUEUE, default_concurrency_limit=4, api_open=False)


LAUNCH = {
    "app_kwargs": {"middleware": [Middleware(Guard)]},
    "max_file_size": MAX_BYTES,
    "state_session_capacity": 200,
    "run_history": False,
    "enable_monitoring": False,
    "footer_links": ["api"],
    "css_paths": HERE / "style.css",
    "theme": gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
    "head": '<meta name="color-scheme" content="dark">',
    "ssr_mode": False,
    "share": False,
}
