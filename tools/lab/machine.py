# SPDX-License-Identifier: GPL-2.0
"""Chooses where code runs: on the host, in the rootfs, in a nested machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import chroot, files, nest, paths, progress, speed, tree
from .errors import LabError

KVM_GET_API_VERSION = 0xAE00
KVM_API_VERSION = 12
TRACING = Path("/sys/kernel/tracing")
# Of a tool in a nested machine, which prints its progress each ten seconds.
SILENCE_S = 180.0
# How long a command may clean up: before the second signal, and before SIGKILL.
TOLD_S = 5.0
TIDY_S = 45.0


@dataclass(frozen=True)
class Choice:
    """Where guests with KVM run, and why."""

    place: str      # "here", "tree" or "nest"
    why: str


def kvm_problem(device: Path = Path("/dev/kvm")) -> str | None:
    """Why this machine cannot use KVM; None if it can."""
    try:
        handle = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return f"no {device}"
    except OSError as error:
        return f"{device}: {error.strerror}"
    try:
        version = fcntl.ioctl(handle, KVM_GET_API_VERSION)
    except OSError as error:
        return f"{device} is not KVM: {error.strerror}"
    finally:
        os.close(handle)
    if version != KVM_API_VERSION:
        return f"{device} speaks KVM API {version}, not {KVM_API_VERSION}"
    return None


def tracing_problem() -> str | None:
    """Why this process cannot read KVM's tracepoints; None if it can."""
    subprocess.run(["sh", "-c", f"mountpoint -q {TRACING} ||"
                    f" mount -t tracefs tracefs {TRACING}"], check=False,
                   stderr=subprocess.DEVNULL)
    events = TRACING / "events" / "kvm" / "kvm_mmio" / "hist"
    if not os.access(events, os.R_OK):
        return f"no {events} (tracefs, histogram triggers)"
    return None


def qemu_problem(command: str = "qemu-system-x86_64") -> str | None:
    """Why the QEMU in PATH is unsuitable; None if it has vfio-user-pci."""
    program = shutil.which(command)
    if program is None:
        return "no QEMU here"
    shown = subprocess.run([program, "-device", "help"], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if b'"vfio-user-pci"' in shown.stdout:
        return None
    version = subprocess.run([program, "--version"], check=False, text=True,
                             stdout=subprocess.PIPE).stdout.split()
    number = version[3] if len(version) > 3 else "of unknown version"
    return f"this machine's QEMU {number} has no vfio-user-pci (10.1 has)"


def choose() -> Choice:
    """Choose where a guest with KVM can run."""
    problem = kvm_problem() or tracing_problem()
    if problem:
        return Choice("nest", f"{problem}: a nested machine under emulation")
    problem = qemu_problem()
    if problem:
        return Choice("tree", f"KVM is here; {problem}: the rootfs's QEMU")
    return Choice("here", "KVM is here, and a QEMU with vfio-user-pci")


def prepare() -> None:
    """Make all that is missing: rootfs, modules, device, images."""
    tree.need_root("the lab")
    if speed.VARIABLE not in os.environ:
        speed.remember()
    tree.ensure()
    code = chroot.run(["python3", "/vfe/tools/lab", "prepare", "--here"],
                      timeout=None)
    if code:
        raise SystemExit(code)


def _here(argv: Sequence[str], timeout: float | None) -> int:
    """Run on the host, with the paths for inner code in the environment."""
    prefix = paths.INNER_CHECKOUT + "/"
    translated = [str(paths.checkout() / item.removeprefix(prefix))
                  if item.startswith(prefix) else item for item in argv]
    paths.out().mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "VFE_STATE": str(paths.state()),
           "VFE_OUT": str(paths.out()), "VFE_TREE": str(tree.path()),
           "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    with progress.terminate_as_interrupt(), \
            subprocess.Popen(translated, env=env,
                             cwd=paths.checkout()) as process:
        try:
            return process.wait(timeout and speed.scaled(timeout))
        except subprocess.TimeoutExpired as error:
            process.terminate()
            raise LabError(f"'{' '.join(argv)}' did not end within"
                           f" {error.timeout:.0f} s and was stopped"
                           ) from error
        except KeyboardInterrupt:
            # The terminal interrupted the command, too: let it clean up first,
            # since on the host no namespace ends its children.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(TOLD_S)
            process.terminate()
            raise
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process to end after SIGTERM, for a limited time."""
    try:
        process.wait(TIDY_S)
    except subprocess.TimeoutExpired:
        process.kill()


def run_with_kvm(argv: Sequence[str], timeout: float = 1800) -> int:
    """Run inner code on a machine with KVM; its exit code.

    An argument that starts with /vfe/ is a file of the checkout, on any
    machine.
    """
    prepare()
    choice = choose()
    progress.say(f"machine with KVM: {choice.why}")
    if choice.place == "here":
        return _here(argv, timeout)
    if choice.place == "tree":
        return chroot.run(argv, timeout=timeout)
    return nest.run(argv, timeout=timeout, silence=SILENCE_S)


def run_anywhere(argv: Sequence[str],
                 timeout: float | None = 1800) -> int:
    """Run inner code where one guest is fastest; "{accel}" is filled in.

    With KVM if there is a usable one, natively under emulation otherwise.
    """
    prepare()
    choice = choose()
    accel = "tcg" if choice.place == "nest" else "kvm"
    filled = [item.replace("{accel}", accel) if item == "--accel={accel}"
              else item for item in argv]
    if choice.place == "here":
        return _here(filled, timeout)
    return chroot.run(filled, timeout=timeout)


def run_tool(tool: str, argv: Sequence[str], timeout: float, *,
             kvm: bool = False) -> int:
    """Run a tool of the checkout again, as inner code: with --here.

    It waits for another run of this tool, and makes what is missing first.

    @kvm: on a machine with KVM rather than in the rootfs
    """
    tree.need_root(f"tools/{tool}")
    inner = ["python3", f"{paths.INNER_CHECKOUT}/tools/{tool}", "--here", *argv]
    with files.sole_run(paths.state(), tool):
        if kvm:
            return run_with_kvm(inner, timeout)
        prepare()
        return chroot.run(inner, timeout=timeout)
