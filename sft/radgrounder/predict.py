"""One picture, one question, one answer with boxes: the public name of radgrounder.inference.

>>> from radgrounder.predict import Predictor, open_picture
>>> Predictor.load("build/demo/model").predict(open_picture(Path("slice.dcm")), task="report", language="en").text
"""

from radgrounder.inference.bound import bound_decoding
from radgrounder.inference.picture import Picture, open_picture
from radgrounder.inference.predictor import PredictedSpan, Prediction, Predictor
from radgrounder.inference.tasks import TASKS, task_prompt

__all__ = [
    "TASKS",
    "Picture",
    "PredictedSpan",
    "Prediction",
    "Predictor",
    "bound_decoding",
    "open_picture",
    "task_prompt",
]
