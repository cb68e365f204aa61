"""One picture, one question, one answer with boxes: the public name of radgrounder.inference.

>>> from radgrounder.predict import Predictor, open_picture
>>> Predictor("build/demo/model").predict(open_picture("slice.dcm"), "report", language="en").text
"""

from radgrounder.inference.predictor import (
    TASKS,
    Picture,
    PredictedSpan,
    Prediction,
    Predictor,
    open_picture,
    task_prompt,
)

__all__ = ["TASKS", "Picture", "PredictedSpan", "Prediction", "Predictor", "open_picture", "task_prompt"]
