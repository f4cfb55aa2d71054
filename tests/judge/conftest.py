"""Puts the cases and references of the tests of primitives where they can be imported."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "primitives"))
