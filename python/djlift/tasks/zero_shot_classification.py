"""Zero-shot classification: labels that nobody trained, by a model of whether a text entails a sentence.

The reference is transformers' ``ZeroShotClassificationPipeline``: a window for each label, the text and the
sentence that the template makes of the label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from djlift import parameters as known
from djlift.checkpoint import Checkpoint, Loaded
from djlift.corpus import Text, given_by
from djlift.differences import Tolerance
from djlift.errors import SourceError
from djlift.golden import Golden, Window
from djlift.outputs import Difference, by_key, close_shares, in_order
from djlift.parameters import Parameter
from djlift.recipe import Recipe
from djlift.selected import CLEAR, decided, spread
from djlift.task import GeneralTask, Json, Variant, encoded, run_model
