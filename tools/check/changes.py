# SPDX-License-Identifier: GPL-2.0
"""The files that differ from a commit, as git tells."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab import LabError, paths


def _git(*words: str) -> list[str]:
    done = subprocess.run(
        ["git", "-c", f"safe.directory={paths.checkout()}", *words],
        cwd=paths.checkout(), text=True, capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"git {' '.join(words)} ended with {done.returncode}:"
                       f" {done.stderr.strip()}; name a commit that is there"
                       " (--changed=COMMIT)")
    return done.stdout.splitlines()


def base() -> str:
    """Where the branch left its upstream branch, or HEAD."""
    try:
        return _git("merge-base", "HEAD", "@{upstream}")[0]
    except LabError:
        return "HEAD"


def since(commit: str) -> list[str]:
    """Names of what differs from the commit, new files included."""
    return sorted({*_git("diff", "--name-only", commit),
                   *_git("ls-files", "--others", "--exclude-standard")})


def present(names: list[str]) -> list[Path]:
    """Those of the files that are still there."""
    found = [paths.checkout() / name for name in names]
    return [path for path in found if path.is_file()]
