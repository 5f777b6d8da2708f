# SPDX-License-Identifier: GPL-2.0
"""What the lab raises for what a user can act on."""

from __future__ import annotations

import errno
import subprocess


class LabError(Exception):
    """One clear line: what is wrong and what to do about it."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Silence(LabError):
    """No answer came in time; the peer is still alive."""


# What a full or read-only disk or a missing program raise, wherever it is.
SYSTEM_ERRORS = (OSError, subprocess.SubprocessError)


def one_line(error: BaseException) -> str:
    """What the system refused, for a user."""
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        text += ": free some room, or set VFE_CACHE to a folder on a larger" \
            " disk"
    return text
