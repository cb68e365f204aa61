"""Conversations without boxes: what an arm, or a base, that never sees a place is taught.

>>> plain_turn("\\n\\nCaption this image and detect keywords: ", render("Smooth liver.", [Span(7, 12, "liver", box)]))
('\\n\\nCaption this image: ', 'Smooth liver.')
"""

from functools import cache

from refrad2d.conversations import PROMPTS
from refrad2d.grounding import parse
from refrad2d.labels import LANGUAGES
from refrad2d.questions.view import templates

Turn = tuple[str, str]  # prompt, answer
_PLACES = ("locate", "segment")  # tasks that ask for nothing but a place, answered in words where there is none
_REPORTS = ("report_boxes", "report_masks")


def plain_turn(prompt: str, answer: str) -> Turn | None:
    """The turn as plain text, None if nothing is left of it.

    Answers lose their markup and reports are asked for as such. Turns that ask where something is fall away, whatever
    is answered, and so do answers that are nothing but their span and questions that tell a box in numbers.
    """
    task_line = prompt.strip().rpartition("\n")[2]
    if task_line.startswith(_beginnings(_PLACES)) or any(words in prompt for words in _box_questions()):
        return None
    parsed = parse(answer)
    if len(parsed.spans) == 1 and parsed.spans[0].end - parsed.spans[0].start == len(parsed.text):
        return None
    for task in _REPORTS:
        for language, words in PROMPTS[task].items():
            prompt = prompt.replace(words, PROMPTS["report"][language])
    return prompt, parsed.text


@cache
def _beginnings(tasks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(words.partition("{")[0] for task in tasks for words in PROMPTS[task].values())


@cache
def _box_questions() -> tuple[str, ...]:
    """How the questions begin that name a box by its edges."""
    asked = [words for language in LANGUAGES for words in templates(language)["questions"]["in_box"]]
    return tuple(words.partition("{")[0] for words in asked)
