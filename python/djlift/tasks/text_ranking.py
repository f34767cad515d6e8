"""Text ranking: how well a text answers a query, by a cross-encoder that reads both at once.

The reference is sentence-transformers' ``CrossEncoder``: ``predict`` for a pair, ``rank`` for a query and
several documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift import parameters as known
from djlift.checkpoint import Checkpoint, Loaded
from djlift.corpus import Text, given_by
from djlift.cross_encoder import reference, stated
from djlift.differences import Tolerance
from djlift.golden import Golden, Window
from djlift.outputs import Difference, by_key, close_logits, close_shares, in_order
from djlift.recipe import Recipe
from djlift.selected import CLEAR, decided, spread
from djlift.task import GeneralTask, Json, Variant, encoded, run_model
