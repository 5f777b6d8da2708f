# SPDX-License-Identifier: GPL-2.0
"""The files of the checkout by kind, and the length of C functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SKIPPED = {".git", "out", "__pycache__", ".mypy_cache"}
BUILT = (".mod.c", ".o", ".ko", ".cmd", ".mod")
CODE = (".c", ".h", ".py", ".sh")
MAKE = ("Kbuild", "Makefile")


def all_files(root: Path) -> Iterator[Path]:
    """Every source of the checkout, sorted."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if (path.is_file() and not SKIPPED.intersection(inside.parts)
                and not path.name.endswith(BUILT)):
            yield path


def c_files(root: Path) -> list[Path]:
    """C sources and headers."""
    return [path for path in all_files(root) if path.suffix in (".c", ".h")]


def shell_files(root: Path) -> list[Path]:
    """Shell scripts, by name or by first line."""
    return [path for path in all_files(root)
            if path.suffix == ".sh" or _shebang(path, b"sh")]


def code_files(root: Path) -> list[Path]:
    """All source code."""
    return [path for path in all_files(root)
            if path.suffix in CODE or path.name in MAKE
            or _shebang(path, b"sh")]


def _shebang(path: Path, word: bytes) -> bool:
    with path.open("rb") as stream:
        line = stream.readline(80)
    return line.startswith(b"#!") and line.rstrip().endswith(b"/" + word)


@dataclass(frozen=True)
class Function:
    """A function whose body opens in column 0."""

    name: str
    first: int
    lines: int


def functions(text: str) -> list[Function]:
    """The functions of a C file in kernel style."""
    found, begin, name = [], 0, ""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line == "{" and number > 1:
            begin, name = number, _name_above(lines, number - 2)
        elif line == "}" and begin:
            found.append(Function(name, begin, number - begin + 1))
            begin = 0
    return found


def _name_above(lines: list[str], index: int) -> str:
    """The function's name in the lines that end at @index."""
    for line in reversed(lines[max(0, index - 8):index + 1]):
        match = re.match(r"[^\s#/*].*?(\w+)\(", line)
        if match:
            return match.group(1)
    return "?"
