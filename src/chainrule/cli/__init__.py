"""The command `chainrule`. The terminal libraries are loaded when it runs, not when chainrule is imported."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from chainrule.cli.app import app
    from chainrule.cli.guard import prepare

    prepare()
    app(prog_name="chainrule")
