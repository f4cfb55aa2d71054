"""The files of cases, and their declarations in the language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def load(*names: str) -> list[dict[str, Any]]:
    """The cases of the files, each with the name of its family."""
    return [p for name in names for p in json.loads((HERE / name).read_text(encoding="utf-8"))["problems"]]


def given(p: dict[str, Any]) -> str:
    """The declarations of a case as `--given` takes them."""
    parts = []
    for name, spec in p["vars"].items():
        props = [re.sub(r"^index=(.*)$", r"index(\1)", q) for q in spec.get("props", [])]
        shape = [str(d) for d in spec["shape"]] or ["scalar"]
        parts.append(f"{name}: {' '.join(shape + props)}")
    for name, spec in p.get("opaque", {}).items():
        if spec.get("elementwise"):
            parts.append(f"{name}: elementwise")
        else:
            out = f"->({', '.join(map(str, spec['out']))})" if spec.get("out") else ""
            parts.append(f"{name}: function({', '.join(map(str, spec['args'][0]))}){out}")
    return "; ".join(parts)
