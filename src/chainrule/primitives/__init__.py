"""The operations of the language, each declared in one place. Importing this package fills `registry`."""

from __future__ import annotations

from chainrule.core.primitive import registry
from chainrule.primitives import arithmetic, axes, contraction, elementwise, linalg, neural, opaque, reductions
from chainrule.primitives.functions import function

__all__ = ["function", "registry"]

_ = (arithmetic, axes, contraction, elementwise, linalg, neural, opaque, reductions)
