# SPDX-License-Identifier: GPL-2.0
"""Tests the suites: they must find each seeded bug, and no other (inner code).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from lab import LabError, paths, progress

from . import modules, results, runs, suites
from .seeds import SEEDS, Seed, sow, subjects
from .verdict import Verdict


class _Field:
    """Where seeds are sown: the copy that `make kunit` builds in.

    All but the seed is built there already; the next run brings the copy up
    to date again, by content.
    """

    def __init__(self) -> None:
        self.every = suites.find(paths.checkout())
        self.way = modules.Way("um", runs.kernel())
        self.built = suites.choose(self.every, subjects())

    def pack(self, names: Sequence[str], seed: Seed | None) -> runs.Boots:
        """Build with a seeded bug, or without."""
        modules.mirror(self.way)
        if seed:
            sow(self.way.folder, seed)
        made = modules.make(self.way, self.built, copy=False)
        return runs.Boots(self.way, made, [suites.choose(self.every, names)])


def _boot(packed: runs.Boots, number: int, seed: Seed | None) -> Verdict:
    return packed.judge(results.folder() / f"proof-{number}.log",
                        *((seed.timeout, seed.arguments) if seed else ()))


def seen(seed: Seed, result: Verdict) -> str:
    """The problem of a verdict on a seeded bug; "" if there is none."""
    kinds = [failure.kind for failure in result.every_failure]
    if result.good:
        return "the run passed"
    if seed.kind not in kinds:
        return f"found as {', '.join(sorted(set(kinds)))}, not as" \
            f" {seed.kind}:\n" + result.every_failure[0].text
    said = "\n".join(f"{failure.name} {failure.text}"
                     for failure in result.every_failure
                     if failure.kind == seed.kind)
    missing = [text for text in seed.says if text not in said]
    return f"not a word of {', '.join(missing)}:\n{said}" if missing else ""


def _unseeded(result: Verdict) -> str:
    return "\n".join(f"{failure.name} ({failure.kind})\n{failure.text}"
                     for failure in result.every_failure) or \
        ("" if result.passed else "nothing ran")


def _judge(seed: Seed | None, result: Verdict) -> tuple[str, str]:
    if seed is None:
        return "proof: nothing seeded", _unseeded(result)
    return f"proof: {seed.name}", seen(seed, result)


def _results(waiting: list[tuple[Seed | None, Future[Verdict]]],
             ) -> Iterator[tuple[str, str]]:
    for seed, future in waiting:
        yield _judge(seed, future.result())


def run() -> Iterator[tuple[str, str]]:
    """Each seed's name, and what is wrong with how it was seen.

    While one boots, the next is built.
    """
    field = _Field()
    every: list[Seed | None] = [None, *SEEDS]
    waiting: list[tuple[Seed | None, Future[Verdict]]] = []
    with ThreadPoolExecutor(1) as pool:
        for number, seed in enumerate(every):
            names = seed.subjects if seed else subjects()
            try:
                packed = field.pack(names, seed)
            except LabError as error:
                yield f"proof: {seed.name if seed else 'build'}", str(error)
                continue
            # one boot at a time: the other processor builds
            yield from _results(waiting)
            waiting = [(seed, pool.submit(_boot, packed, number, seed))]
        yield from _results(waiting)
    modules.mirror(field.way)


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
