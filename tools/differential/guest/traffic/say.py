# SPDX-License-Identifier: GPL-2.0
"""What a workload reports, and the commands that it runs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

COMMAND_S = 30


def outcome(key: str, value: object) -> None:
    """Report a value that both drivers must have."""
    print(f"outcome {key}={value}", flush=True)


def note(text: str) -> None:
    """Print a line that is not compared."""
    print(text, flush=True)


def run(command: str, seconds: float = COMMAND_S) -> tuple[int, str]:
    """The status and the output of a command of the shell."""
    try:
        done = subprocess.run(["bash", "-c", command], check=False,
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=seconds,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return 124, f"'{command}' takes over {seconds:g} s"
    return done.returncode, done.stdout


def must(command: str, seconds: float = COMMAND_S) -> str:
    """The output of a command that succeeds; else the workload ends."""
    status, said = run(command, seconds)
    if status:
        note(said)
        sys.exit(f"'{command}' ended with status {status}")
    return said


def tries(key: str, command: str, seconds: float = COMMAND_S) -> int:
    """Report the status of a command, and print what a failed one said."""
    status, said = run(command, seconds)
    outcome(key, status)
    if status:
        note(f"{key}: {said.strip()}")
    return status


def becomes(what: Callable[[], bool], seconds: float) -> bool:
    """Whether it becomes true within the time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
