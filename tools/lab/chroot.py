# SPDX-License-Identifier: GPL-2.0
"""Runs commands in the rootfs, in mount and process namespaces of their own.

Mounts and processes end with their namespace, so nothing stays mounted and no
child outlives the run, in any case.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import paths, progress, speed, tree
from .errors import LabError

# sh is process 1 of the namespace: it reaps, and passes the exit code on.
# tracefs and debugfs go in before the recursive bind of /sys, which would
# not show them otherwise; a host without them is no error here.
_ENTER = r"""
set -e
root=$1 checkout=$2 state=$3 out=$4 cwd=$5
shift 5
mountpoint -q /sys/kernel/debug ||
	mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null || :
mountpoint -q /sys/kernel/tracing ||
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || :
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --bind "$state" "$root/state"
mount --bind "$out" "$root/out"
mount --bind "$checkout" "$root/vfe"
mount -o remount,bind,ro "$root/vfe"
rc=0
chroot "$root" sh -c 'cd "$1"; shift; exec "$@"' sh "$cwd" "$@" || rc=$?
exit "$rc"
"""


def _argv(root: Path, argv: Sequence[str], cwd: str) -> list[str]:
    state, out = paths.state(), paths.out()
    for folder in (state, out):
        folder.mkdir(parents=True, exist_ok=True)
    return progress.guarded(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child",
         "--propagation", "private", "sh", "-c", _ENTER, "sh", str(root),
         str(paths.checkout()), str(state), str(out), cwd, *argv])


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    env = paths.inner_environment()
    for name in ("TERM", "VFE_STARTED", speed.VARIABLE):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(extra)
    return env


def _wait(process: subprocess.Popen[bytes], timeout: float | None) -> int:
    try:
        return process.wait(timeout)
    except KeyboardInterrupt:
        # The terminal interrupted the command, too: let it clean up first.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        raise
    finally:
        # Its namespace ends with it, with all processes in it.
        process.kill()
        process.wait()


def run(argv: Sequence[str], *, timeout: float | None = 1800,
        cwd: str = "/vfe", env: Mapping[str, str] | None = None,
        log: Path | None = None) -> int:
    """Run a command in the rootfs; its output goes to ours, or to a log.

    @timeout: on the reference machine; None for a command with its own time
    limit
    """
    limit = None if timeout is None else speed.scaled(timeout)
    tree.need_root("the lab")
    root = tree.ensure()
    sink = open(log, "wb") if log else None  # pylint: disable=R1732
    with contextlib.ExitStack() as stack:
        if sink:
            stack.enter_context(sink)
        stack.enter_context(progress.terminate_as_interrupt())
        # pylint: disable-next=consider-using-with
        process = subprocess.Popen(
            _argv(root, argv, cwd), env=_environment(env or {}),
            stdout=sink, stderr=subprocess.STDOUT if sink else None)
        try:
            return _wait(process, limit)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"'{' '.join(argv)}' did not end within"
                           f" {error.timeout:.0f} s and was stopped"
                           ) from error
