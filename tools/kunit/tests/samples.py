# SPDX-License-Identifier: GPL-2.0
"""Kernel logs like those of a boot."""

from __future__ import annotations

from kunit.boot import Outcome

BOOT = ("KTAP version 1", "1..0", "WARNING: before the marker")


def suite(name: str, *cases: str, inside: str = "", after: str = "",
          ) -> list[str]:
    """The output of a suite's module: "ok", "not ok" or "skip" per case."""
    lines = ["KTAP version 1", "1..1", "    KTAP version 1",
             f"    # Subtest: {name}", f"    # module: {name}",
             f"    1..{len(cases)}"]
    for number, case in enumerate(cases, 1):
        lines += [line for line in inside.splitlines() if number == 1]
        if case == "skip":
            lines.append(f"    ok {number} case{number} # SKIP no device")
        else:
            lines.append(f"    {case} {number} case{number}")
    word = "not ok" if "not ok" in cases else "ok"
    lines += [f"# {name}: pass:1 fail:0 skip:0 total:1", f"{word} 1 {name}"]
    return [*lines, *after.splitlines()]


def section(module: str, lines: list[str], end: str = "LOADED") -> list[str]:
    """The part between init's markers; without @end the kernel died in it."""
    return [f"@@LOAD {module}", *lines,
            *([f"@@{end} {module}"] if end else [])]


def boot(*sections: list[str], end: bool = True, begin: bool = True,
         problem: str = "") -> Outcome:
    """A whole boot, with time stamps."""
    lines = [*BOOT, *(["@@BEGIN"] if begin else []),
             *(line for part in sections for line in part),
             *(["@@END"] if end else [])]
    return Outcome("".join(f"[    1.{number:06}] {line}\r\n"
                           for number, line in enumerate(lines)), problem, 1)
