"""The files that documents are read from: found in folders, decoded, and refused where they are no text."""

from __future__ import annotations

from pathlib import Path

from chainrule.checker.document import refuse_what_is_no_text
from chainrule.errors import DocumentError

SUFFIXES = (".md", ".tex", ".markdown")


def load(path: Path) -> str:
    """The text of a file.

    Raises:
        DocumentError: there is no such file, it is a folder, it cannot be read, or it is no text in UTF-8.
    """
    if path.is_dir():
        raise DocumentError(
            f"{path} is a folder", hint="check a file in it; the command `chainrule check` takes folders"
        )
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        near = "" if path.parent.is_dir() else f"; there is no folder {path.parent} either"
        raise DocumentError(f"there is no file {path}{near}", hint=_neighbours(path)) from None
    except (OSError, ValueError) as problem:
        said = getattr(problem, "strerror", None) or str(problem)
        raise DocumentError(f"{path} cannot be read: {said}", hint="see whether you may open it") from None
    return decode(data, str(path))


def decode(data: bytes, name: str) -> str:
    """The text that bytes are, its lines ended by line feeds alone.

    Raises:
        DocumentError: it is no text in UTF-8.
    """
    refuse_what_is_no_text(data[:4096].decode("utf-8", "replace"), name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise DocumentError(
            f"{name} is not text in UTF-8: byte {data[problem.start]:#x} in line {line}",
            hint="save it as UTF-8; `iconv -f latin1 -t utf-8 OLD > NEW` does it for a file in Latin-1",
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def found(names: list[str]) -> list[str]:
    """The files that are named, and in place of a folder the documents in it, sorted by name; none is named twice."""
    out: dict[str, None] = {}
    for name in names:
        path = Path(name)
        inside = [str(p) for p in sorted(path.iterdir()) if _is_document(p)] if name != "-" and path.is_dir() else None
        if inside is not None and not inside:
            raise DocumentError(
                f"there is no document in the folder {name}", hint=f"documents end in {', '.join(SUFFIXES)}"
            )
        out.update(dict.fromkeys([name] if inside is None else inside))
    return list(out)


def _is_document(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")


def _neighbours(path: Path) -> str:
    """Names of the same folder that are like this one."""
    from difflib import get_close_matches

    try:
        names = [p.name for p in path.parent.iterdir() if _is_document(p)]
    except OSError:
        names = []
    near = get_close_matches(path.name, names, 3, 0.75)
    if near:
        return " or ".join(str(path.with_name(n)) for n in near)
    return "the path from the folder where you are; a text that ends like the name of a file needs a line break"
