"""The operations of the language, each declared in one place. Importing this package fills `registry`.

Every module here is imported, so that a new file of primitives needs no mention anywhere else.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from chainrule.core.primitive import registry

for _module in sorted(m.name for m in iter_modules(__path__)):
    if _module != "functions":  # it lists what the others declare, so it comes last
        import_module(f"{__name__}.{_module}")

from chainrule.primitives.functions import function  # noqa: E402 - see above

__all__ = ["function", "registry"]
