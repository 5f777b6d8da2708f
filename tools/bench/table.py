# SPDX-License-Identifier: GPL-2.0
"""The printed table, its notes, and the targets."""

from __future__ import annotations

from collections.abc import Sequence

from count.target import Target
from count.witness import NAMES
from lab import text

from . import ladder, rows
from .result import Result

COLUMNS = (
    # first header line, second header line, width
    ("", "row", 32), ("", "ops", 5),
    ("exits/op", "driver", 9), ("by", "KVM", 9), ("witness", "device", 9),
    ("kicks", "/op", 7), ("interr.", "/op", 7), ("all exits", "/op", 9),
    ("observed", "iops", 8), ("observed", "p50 us", 8), ("", "agree", 5),
)


def number(value: float | None) -> str:
    """Short, but exact for integers; '-' for an unknown number."""
    if value is None:
        return "-"
    if value == int(value):
        return str(int(value))
    # Never round a fraction to an integer.
    return f"{value:.3f}" if value < 100 else f"{value:.2f}"


def _observed(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _cells(result: Result) -> list[str]:
    if result.outcome is None:
        return [result.row.name, "0", *["-"] * 8, "FAIL"]
    return [
        result.row.name, str(result.ops),
        *(number(result.exits_by(witness)) for witness in NAMES),
        number(result.ratio("kicks")), number(result.ratio("interrupts")),
        _observed(result.ratio("all_exits")),
        _observed(result.outcome.iops),
        _observed(result.outcome.lat_ns_p50 / 1000),
        "yes" if result.agree else "NO",
    ]


def _notes(results: Sequence[Result]) -> list[str]:
    """Each note once, with its rows."""
    about: dict[str, list[str]] = {}
    for result in results:
        for witness, reason in result.blind.items():
            about.setdefault(f"{witness} cannot count: {reason}",
                             []).append(result.row.name)
        for note in (*result.notes, *(
                [f"second try, the first ended: {result.again}"]
                if result.again else [])):
            about.setdefault(note, []).append(result.row.name)
    return [f"  {', '.join(_short(names))}:\n      {note}"
            for note, names in about.items()]


def _short(names: list[str]) -> list[str]:
    """Rows that differ only in the workload share one name."""
    setups = [name.removesuffix("-randread").removesuffix("-randwrite")
              for name in names]
    return sorted({setup if setups.count(setup) > 1 else name
                   for setup, name in zip(setups, names)})


def _complaints(results: Sequence[Result]) -> list[str]:
    lines = []
    for result in results:
        if result.error:
            lines.append(f"  {result.row.name}: FAILED: {result.error}")
        lines += [f"  {result.row.name}: DIFFERENCE: {one}"
                  for one in result.differences]
    return lines


def _ladders(results: Sequence[Result]) -> list[str]:
    """One for each class of devices."""
    return [line for operation, rungs in rows.ladders()
            for line in _ladder(operation, ladder.steps(rungs, results))]


def _ladder(operation: str, found: Sequence[ladder.Step]) -> list[str]:
    """The rungs, ours next to the kernel's."""
    if not found:
        return []
    lines = ["", f"ladder, for {operation}:",
             f"{'':36}{'device exits':>14}{'interrupts':>12}{'all exits':>11}"
             f"{'':4}kernel's: {'exits':>7}{'interr.':>9}{'all':>8}"]
    for step in found:
        ours = "".join(
            f"{_short_number(value):>{width}}" for value, width in zip(
                _rung(step.ours), (14, 12, 11)))
        theirs = f"   {step.rung.why_not}"
        if step.kernel:
            theirs = "".join(
                f"{_short_number(value):>{width}}" for value, width in zip(
                    _rung(step.kernel), (21, 9, 8)))
        lines.append(f"  {step.rung.lever:30}"
                     f"{step.ours.row.setup.device:>4}{ours}{theirs}".rstrip())
    return lines


def _rung(result: Result) -> tuple[float | None, ...]:
    return (result.exits, result.ratio("interrupts"),
            result.ratio("all_exits"))


def _short_number(value: float | None) -> str:
    if value is None:
        return "-"
    return number(value) if value < 10 else f"{value:.0f}"


def _probes(results: Sequence[Result]) -> list[str]:
    """The cost of the probes."""
    lines = []
    for result in results:
        if result.probe is None:
            continue
        parts = ", ".join(f"{count} {name}" for name, count
                          in result.probe.accesses.items() if name != "io")
        queue = result.probe.per_queue
        lines.append(f"  {result.row.name}: {result.probe.total} accesses"
                     f" ({parts}); {number(queue)} per queue")
    return ["", "register accesses of a probe, counted by KVM, without I/O:",
            *lines] if lines else []


def render(results: Sequence[Result], targets: Sequence[Target] = ()) -> str:
    """The final output."""
    *titles, widths = zip(*COLUMNS)
    rule = ["-" * width for width in widths]
    lines = [text.line(cells, widths) for cells in (*titles, rule)]
    lines += [text.line(_cells(result), widths)
              + "  second try" * bool(result.again) for result in results]
    lines += ["", "exits: those at the device's addresses. all exits: of the"
              " vCPU, less idle ones and those of fio's", "start. observed:"
              " by fio's clock; under nested emulation these mean little."]
    lines += _ladders(results) + _probes(results)
    notes = _notes(results)
    if notes:
        lines += ["", "notes:", *notes]
    if targets:
        lines += ["", "targets:", *(f"  {target}" for target in targets)]
    complaints = _complaints(results)
    if complaints:
        lines += ["", *complaints]
    return "\n".join(lines)
