# SPDX-License-Identifier: GPL-2.0
"""How a tool's command ends: its exit code, and one line that says why."""

from __future__ import annotations

import sys
from collections.abc import Callable

from . import progress
from .errors import SYSTEM_ERRORS, LabError, one_line

FAILED = 1
INTERRUPTED = 130       # what a shell says of a command ended by Ctrl-C


def _say(tool: str, text: str, code: int) -> int:
    print(f"{tool}: {text}", file=sys.stderr)
    return code


def run(tool: str, main: Callable[[], int], *, failed: int | None = None,
        also: tuple[type[Exception], ...] = ()) -> int:
    """Run @main; the exit code of the process.

    What a user can act on ends in a line rather than a traceback: errors of
    the lab, of the system, and those in @also. A tool whose 1 says something
    else has a code of its own for them, @failed.
    """
    known: tuple[type[Exception], ...] = (*SYSTEM_ERRORS, *also)
    try:
        with progress.terminate_as_interrupt():
            return main()
    except LabError as problem:
        return _say(tool, str(problem), failed or problem.exit_code)
    except known as problem:
        return _say(tool, one_line(problem), failed or FAILED)
    except KeyboardInterrupt:
        return _say(tool, "interrupted; run it again to go on", INTERRUPTED)
