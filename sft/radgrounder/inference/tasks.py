"""What a model can be asked: the tasks, their prompts, and how long the answers to them may get.

>>> task_prompt("locate", "en", "Leber")
'\\n\\nWhere is the liver? '
"""

from refrad2d.conversations import context, prompt
from refrad2d.grounding import MASK_CODES, neutralise
from refrad2d.labels import find_label

TASKS = ("report", "vqa", "locate")
TASKS_OF_SERIES = ("report", "locate")  # what every slice of a series can be asked
TOKENS = {"locate": 48, "vqa": 64, "report": 320}  # the longest answer of a task; a span costs about 20
MASK_TOKENS = {"locate": MASK_CODES, "vqa": 0, "report": 8 * MASK_CODES}  # more, where masks are written as text
REPORT_SAMPLES = 24  # of which a report is the consensus; what is short, greedy decoding answers as well


def require_series_task(task: str) -> None:
    """ValueError for a task that is asked of one picture only."""
    if task not in TASKS_OF_SERIES:
        raise ValueError(f"Task {task!r} is asked of one picture. Choose {' or '.join(TASKS_OF_SERIES)} for a series.")


def task_prompt(
    task: str,
    language: str,
    question: str = "",
    clinical_info: str | None = None,
    clinical_question: str | None = None,
    *,
    masks: bool = False,
) -> str:
    """The prompt of a task in a language ("de" or "en"); clinical context lines stand above it if given.

    `question` is what to ask for "vqa", and for "locate" the name of a structure in either language. `masks` asks a
    model that writes masks as text for them; a question is asked as ever.
    ValueError for an unknown task or no question.
    """
    if task not in TASKS:
        raise ValueError(f"Unknown task {task!r}. Choose from {', '.join(TASKS)}.")
    if task != "report" and not question.strip():
        raise ValueError(f"Task {task!r} needs --question: {'a structure' if task == 'locate' else 'what to ask'}.")
    question = neutralise(question)  # what a person types is text, never a token of the model
    given = {"clinical_info": neutralise(clinical_info or ""), "clinical_question": neutralise(clinical_question or "")}
    lines = context(given, language, [name for name, value in given.items() if value])
    if task == "report":
        return prompt("report_masks" if masks else "report_boxes", language, context=lines)
    if task == "vqa":
        return prompt("vqa", language, context=lines, question=question)
    label = find_label(question)
    return prompt(
        "segment" if masks else "locate", language, context=lines, name=label.display(language) if label else question
    )
