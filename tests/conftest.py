"""Settings that all tests share."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

sys.path.insert(0, str(Path(__file__).parent / "project"))
