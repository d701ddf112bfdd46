"""What a server does with a request, step by step, without doing any of it.

``predict`` is the oracle; ``native``, ``portable`` and ``start_up`` hold the plans that it, the
reference server and the tests drive.
"""

from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.predict import Prediction, Removal, predict, predict_removal
from kuiper_pack.planner.request import Request
from kuiper_pack.planner.simulation import Assumptions

__all__ = ["Assumptions", "Cause", "Prediction", "Removal", "Request", "predict", "predict_removal"]
