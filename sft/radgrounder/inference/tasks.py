"""What a model can be asked: the tasks, their prompts, and how long the answers to them may get.

>>> task_prompt("locate", "en", "Leber")
'\\n\\nWhere is the liver? '
"""

from refrad2d.conversations import context, prompt
from refrad2d.grounding import MASK_CODES, neutralise
from refrad2d.labels import LANGUAGES, Label, find_label, find_similar_labels, label_by_name

TASKS = ("report", "vqa", "locate")
TASKS_OF_SERIES = ("report", "locate")  # what every slice of a series can be asked
TOKENS = {"locate": 48, "vqa": 64, "report": 320}  # the longest answer of a task; a span costs about 20
MASK_TOKENS = {"locate": MASK_CODES, "vqa": 0, "report": 8 * MASK_CODES}  # more, where masks are written as text
REPORT_SAMPLES = 24  # of which a report is the consensus; what is short, greedy decoding answers as well
NEAR = 6  # names that are offered for an unknown one, at most


def require_series_task(task: str) -> None:
    """ValueError for a task that is asked of one picture only."""
    if task not in TASKS_OF_SERIES:
        raise ValueError(f"Task {task!r} is asked of one picture. Choose {' or '.join(TASKS_OF_SERIES)} for a series.")


def require_confidence(abstain_below: float) -> None:
    """ValueError for a threshold of confidence outside [0, 1]."""
    if not 0 <= abstain_below <= 1:
        raise ValueError(f"abstain_below {abstain_below} is no confidence. Give a number from 0 to 1.")


def find_structure(name: str, language: str) -> Label:
    """The class that a person means by a name in either language.

    ValueError for any other name, with the nearest in `language`: nothing else was taught as the answer to "where".
    """
    label = find_label(name)
    if label is None:
        near = ", ".join(near_structures(name, language)) or "liver"
        raise ValueError(
            f"Structure {name!r} is none of the 121 classes of labels.csv. "
            f"Give the name of one, such as {near}, or ask a question with --task vqa."
        )
    return label


def near_structures(name: str, language: str) -> list[str]:
    """Names, in this language, of the classes that an unknown name may mean, six at most.

    They are those that its words speak of, as a report's would ("kidney": both), else those that are spelled alike.
    """
    from refrad2d.text.clauses.structures import name_structures  # a second to load, for a refusal only

    spoken = [mention for known in LANGUAGES for mention in name_structures(name, known, None)]
    meant = [label_by_name(label) for mention in spoken for label in mention.labels] or find_similar_labels(name)
    return list(dict.fromkeys(label.display(language) for label in meant))[:NEAR]


def asked_class(task: str, question: str) -> str | None:
    """The class that a place is asked of; None where a task or a name asks of none."""
    label = find_label(question) if task == "locate" else None
    return label.name if label else None


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
    ValueError for an unknown task, no question, a question to "report", or a structure that is no class.
    """
    if task not in TASKS:
        raise ValueError(f"Unknown task {task!r}. Choose from {', '.join(TASKS)}.")
    if task != "report" and not question.strip():
        raise ValueError(f"Task {task!r} needs --question: {'a structure' if task == 'locate' else 'what to ask'}.")
    if task == "report" and question.strip():
        raise ValueError(
            f"Task 'report' takes no --question, and {question!r} is one. "
            "Ask it with --task vqa or locate, or give it as --clinical-question."
        )
    question = neutralise(question)  # what a person types is text, never a token of the model
    given = {"clinical_info": neutralise(clinical_info or ""), "clinical_question": neutralise(clinical_question or "")}
    lines = context(given, language, [name for name, value in given.items() if value])
    if task == "report":
        return prompt("report_masks" if masks else "report_boxes", language, context=lines)
    if task == "vqa":
        return prompt("vqa", language, context=lines, question=question)
    name = find_structure(question, language).display(language)
    return prompt("segment" if masks else "locate", language, context=lines, name=name)
