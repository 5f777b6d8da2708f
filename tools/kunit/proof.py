# SPDX-License-Identifier: GPL-2.0
"""Proves the runner: it must see each seeded bug, and no other (inner code).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab import LabError, paths, progress

from . import modules, results, runs, suites
from .seeds import SEEDS, Seed, sow, subjects
from .verdict import Verdict

BOOT_TIMEOUT = 60.0


class _Field:
    """Where seeds are sown: a copy whose drivers replace the sound ones."""

    def __init__(self) -> None:
        kernel = runs.kernel()
        self.every = suites.find(paths.checkout())
        self.sound = modules.make(
            modules.Way("um", kernel),
            suites.choose(self.every, subjects()))
        self.way = modules.Way("um-proof", kernel)

    def boot(self, names: Sequence[str], seed: Seed | None) -> Verdict:
        """Boot suites with a seed sown, or none."""
        chosen = suites.choose(self.every, names)
        modules.mirror(self.way.folder)
        if seed:
            sow(self.way.folder, seed)
        # a suite is built only where the seed is in one
        inside = any(change.file.startswith(suites.FOLDER)
                     for change in (seed.changes if seed else ()))
        built = self.sound | modules.make(
            self.way, chosen if inside else (), copy=False)
        return runs.boot_and_judge(
            self.way, built, chosen, results.folder() / "proof.log",
            BOOT_TIMEOUT, arguments=seed.arguments if seed else ())


def _seen(seed: Seed, result: Verdict) -> str:
    """What is wrong with a verdict on a seeded bug; "" if nothing is."""
    kinds = [failure.kind for failure in result.every_failure]
    if result.good:
        return "the run passed"
    if seed.kind not in kinds:
        return f"found as {', '.join(sorted(set(kinds)))}, not as" \
            f" {seed.kind}:\n" + result.every_failure[0].text
    return ""


def _unseeded(result: Verdict) -> str:
    return "\n".join(f"{failure.name} ({failure.kind})\n{failure.text}"
                     for failure in result.every_failure) or \
        ("" if result.passed else "nothing ran")


def run() -> Iterator[tuple[str, str]]:
    """Each seed's name, and what is wrong with how it was seen."""
    field = _Field()
    yield "proof: nothing seeded", _unseeded(field.boot(subjects(), None))
    for seed in SEEDS:
        progress.say(f"seeded: {seed.name}")
        try:
            result = field.boot(seed.subjects, seed)
        except LabError as error:
            yield f"proof: {seed.name}", str(error)
        else:
            yield f"proof: {seed.name}", _seen(seed, result)


def show() -> int:
    """`tools/kunit proof`."""
    bad = 0
    for name, problem in run():
        progress.say(f"{name}: {'FAILED' if problem else 'ok'}")
        for line in problem.splitlines():
            print(f"    {line}")
        bad += bool(problem)
    print(f"\n{len(SEEDS) + 1 - bad} passed, {bad} failed", flush=True)
    return 1 if bad else 0
