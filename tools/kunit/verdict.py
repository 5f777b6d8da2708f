# SPDX-License-Identifier: GPL-2.0
"""Checks a boot: every case, and all other problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lab import progress

from . import kernellog, ktap
from .boot import Outcome
from .suites import Suite

SHOWN_LOG = 30


@dataclass
class Failure:
    """A problem, of a kind with a name for the proof."""

    kind: str   # "case", "boot", "load", "empty", "ktap", "checker" or a name
    name: str
    text: str


@dataclass
class SuiteResult:
    """The result of a suite."""

    suite: Suite
    cases: list[ktap.Case] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def count(self, status: str) -> int:
        """The number of cases with this result."""
        return sum(case.status == status for case in self.cases)


@dataclass
class Verdict:
    """The result of a run."""

    suites: list[SuiteResult] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)   # of no suite
    seconds: float = 0.0

    @property
    def cases(self) -> list[ktap.Case]:
        """All cases of all suites."""
        return [case for suite in self.suites for case in suite.cases]

    @property
    def every_failure(self) -> list[Failure]:
        """All that is wrong."""
        return [*(failure for suite in self.suites
                  for failure in suite.failures), *self.failures]

    @property
    def passed(self) -> int:
        """How many cases passed."""
        return sum(case.status == "passed" for case in self.cases)

    @property
    def good(self) -> bool:
        """Nothing is wrong, and something ran."""
        return not self.every_failure and self.passed > 0


def _expected(log: Sequence[str]) -> str:
    """The first expectation that did not hold, in one line; "" without one.
    """
    for number, line in enumerate(log):
        if "EXPECTATION FAILED" in line or "ASSERTION FAILED" in line:
            return ": " + " ".join(" ".join(log[number:number + 6]).split())
    return ""


def _case_failure(case: ktap.Case) -> Failure:
    text = "\n".join(case.log[-SHOWN_LOG:]) or "it says nothing"
    return Failure("case", case.full_name,
                   f"{case.status}{_expected(case.log)}\n{text}")


def _judge_suite(suite: Suite, section: kernellog.Section | None,
                 ) -> SuiteResult:
    result = SuiteResult(suite)
    if section is None:
        result.failures.append(Failure(
            "empty", suite.module, "it was never loaded"))
        return result
    parsed = ktap.parse(section.lines)
    result.cases = parsed.cases
    result.failures += [_case_failure(case) for case in parsed.cases
                        if case.status not in ("passed", "skipped")
                        or case.status == "skipped" and not case.reason]
    tail = "\n".join(section.lines[-SHOWN_LOG:])
    if section.refused:
        result.failures.append(Failure(
            "load", suite.module, f"insmod refused it\n{tail}"))
    elif not section.loaded:
        result.failures.append(Failure(
            "boot", suite.module, f"the kernel ended in it\n{tail}"))
    elif not any(case.status != "skipped" for case in parsed.cases):
        result.failures.append(Failure(
            "empty", suite.module, "it ran no case"))
    if parsed.errors and not result.failures:
        result.failures.append(Failure(
            "ktap", suite.module, "\n".join([*parsed.errors, tail])))
    return result


def _judge_boot(outcome: Outcome, log: kernellog.KernelLog) -> list[Failure]:
    tail = "\n".join(log.lines[-SHOWN_LOG:])
    found = []
    if not log.begun:
        found.append(Failure("boot", "the kernel", "it never came to load"
                             f" modules {outcome.problem}\n{tail}"))
    elif not log.ended or outcome.problem:
        found.append(Failure("boot", "the kernel", "it did not come to the"
                             f" end of the run {outcome.problem}\n{tail}"))
    return found


def judge(outcome: Outcome, suites: Sequence[Suite]) -> Verdict:
    """Read the log of a boot that should have run these suites."""
    log = kernellog.read(outcome.log)
    verdict = Verdict(seconds=outcome.seconds)
    sections = {section.module: section for section in log.sections}
    results = {}
    for suite in suites:
        result = _judge_suite(suite, sections.get(suite.module))
        results[suite.module] = result
        verdict.suites.append(result)
    for name, section in sections.items():
        if section.refused and name not in results:
            verdict.failures.append(Failure(
                "load", name, "insmod refused it\n"
                + "\n".join(section.lines[-SHOWN_LOG:])))
    verdict.failures += [Failure("load", name, "it takes this parameter")
                         for name in log.taken]
    verdict.failures += [Failure("load", name, "rmmod: it does not unload")
                         for name in log.stay]
    verdict.failures += [Failure("checker", name, "so a report may be"
                                 " missing from the log")
                         for name in log.amiss]
    verdict.failures += _judge_boot(outcome, log)
    for report in log.reports:
        owner = results.get(report.where)
        failures = owner.failures if owner else verdict.failures
        failures.append(Failure(report.kind, report.where or "after the"
                                " suites", report.text))
    return verdict


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """One of the boots of a run that went side by side."""
    return Verdict(
        sorted((result for verdict in verdicts for result in verdict.suites),
               key=lambda result: result.suite.subject),
        [failure for verdict in verdicts for failure in verdict.failures],
        max(verdict.seconds for verdict in verdicts))


def show(verdict: Verdict) -> None:
    """A line a suite, failures with their log."""
    for failure in verdict.every_failure:
        print(f"--- FAILED {failure.name} ({failure.kind})")
        for line in failure.text.splitlines():
            print(f"    {line}")
    for result in verdict.suites:
        word = "FAILED" if result.failures else "ok"
        progress.say(f"suite {result.suite.subject}: {word},"
                     f" {result.count('passed')} passed,"
                     f" {len(result.failures)} failed")
        for case in result.cases:
            if case.status == "skipped":
                progress.say(f"  skipped {case.name}:"
                             f" {case.reason or 'no reason given'}")
