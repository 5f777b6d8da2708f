# SPDX-License-Identifier: GPL-2.0
"""Errors of the lab that a user can fix."""

from __future__ import annotations

import errno
import subprocess


class LabError(Exception):
    """One line: the problem and its remedy."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Silence(LabError):
    """No answer came in time; the peer is still alive."""


# Raised for a full or read-only disk, or a missing program.
SYSTEM_ERRORS = (OSError, subprocess.SubprocessError)


def one_line(error: BaseException) -> str:
    """An error of the system, as a message for a user."""
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        text += ": free some room, or set VFE_CACHE to a folder on a larger" \
            " disk"
    return text
