"""What all tests share: one Hypothesis profile, and the helpers beside this file."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # reference_model, cases

# Derandomised, so that a run on another machine tries the same examples and fails, or passes, alike.
settings.register_profile(
    "reproducible",
    derandomize=True,
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("reproducible")
