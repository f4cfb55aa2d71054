"""The public functions of this package, by the name that the top of chainrule knows."""

from chainrule.backends.compile import compile, emit  # noqa: A004  the public name

__all__ = ["compile", "emit"]
