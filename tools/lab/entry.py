# SPDX-License-Identifier: GPL-2.0
"""The end of a tool's command: its exit code, and one line with the reason."""

from __future__ import annotations

import sys
from collections.abc import Callable

from . import progress
from .errors import SYSTEM_ERRORS, LabError, one_line

FAILED = 1
INTERRUPTED = 130       # a shell's exit code for a command ended by Ctrl-C


def _say(tool: str, text: str, code: int) -> int:
    print(f"{tool}: {text}", file=sys.stderr)
    return code


def run(tool: str, main: Callable[[], int], *, failed: int | None = None,
        also: tuple[type[Exception], ...] = ()) -> int:
    """Run @main; the exit code of the process.

    Errors that a user can fix (of the lab, of the system, and those in @also)
    print one line rather than a traceback. @failed is the exit code for them,
    if the tool uses 1 for something else.
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
