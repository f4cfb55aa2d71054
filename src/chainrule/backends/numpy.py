"""The public functions of this package, by the name that the top of chainrule knows."""

from chainrule.backends.compile import compile, emit

__all__ = ["compile", "emit"]
