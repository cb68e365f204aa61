"""Causal tests on the phantom: `changed` draws patients with one change and asks of them, `following` scores.

>>> figures = evaluate(predictor, Path("OUT"), Settings(), sites=("A",), regions=("abdomen_ct",))
"""

from radgrounder.evaluation.interventions.changed import evaluate
from radgrounder.evaluation.interventions.following import NAME

__all__ = ["NAME", "evaluate"]
