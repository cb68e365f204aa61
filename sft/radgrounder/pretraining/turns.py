"""The conversations of a slice, drawn for pretraining by the share of their task."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from refrad2d.conversations import ABSENT, PROMPTS

Turn = tuple[str, str]  # prompt, answer
_TASKS = {  # prompts → the task whose share they have
    "report": "report",
    "report_boxes": "report",
    "report_masks": "report",
    "locate": "locate",
    "segment": "locate",
}


def task_of(prompt: str, answer: str = "") -> str:
    """locate, report, absent (a locate prompt that is answered in words) or question."""
    if answer in ABSENT.values():
        return "absent"
    last = prompt.strip().rpartition("\n")[2]
    for name, task in _TASKS.items():
        if any(last.startswith(words.partition("{")[0]) for words in PROMPTS[name].values()):
            return task
    return "question"


def is_in(language: str, prompt: str) -> bool:
    """Whether a prompt is in this language, told by the words of its task; one without such words is in none."""
    words = [PROMPTS[name][language].partition("{")[0] for name in (*_TASKS, "visible")]
    words.append(PROMPTS["vqa"][language].partition("{question}")[2])
    return any(begin.strip() in prompt for begin in words)


def chances(turns: Sequence[Turn], shares: Mapping[str, float]) -> np.ndarray:
    """The probability of each turn: every task present has its share, which its turns divide evenly."""
    tasks = [task_of(*turn) for turn in turns]
    counts = Counter(tasks)
    weights = np.array([shares[task] / counts[task] for task in tasks])
    return weights / weights.sum()


def draw_turn(turns: Sequence[Turn], rng: np.random.Generator, shares: Mapping[str, float]) -> Turn:
    """One turn, by `chances`."""
    return turns[rng.choice(len(turns), p=chances(turns, shares))]


def order_turns(turns: Sequence[Turn], rng: np.random.Generator, shares: Mapping[str, float]) -> list[Turn]:
    """All turns, as if drawn one after the other by `chances`, none twice."""
    return [turns[i] for i in rng.choice(len(turns), size=len(turns), replace=False, p=chances(turns, shares))]
