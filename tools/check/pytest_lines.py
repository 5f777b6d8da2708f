# SPDX-License-Identifier: GPL-2.0
"""A plugin of pytest: a line for each test, at once, as units.py reads them.

What a test prints besides is only for the log.
"""

from __future__ import annotations

import pytest

from .units import FAIL, OK, SKIP


def _say(mark: str, name: str, text: str = "") -> None:
    # A line of its own, whatever the test printed without an end.
    print(f"\n{mark}{name}", flush=True)
    if text:
        print(text, flush=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A phase of a test is over."""
    if report.failed:
        _say(FAIL, report.nodeid, report.longreprtext)
    elif report.skipped:
        _say(SKIP, report.nodeid, str(report.longrepr))
    elif report.when == "call":
        _say(OK, report.nodeid, f"after {report.duration:.1f} s")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file of tests was read; one that cannot be is a failure."""
    if report.failed:
        _say(FAIL, report.nodeid, report.longreprtext)
