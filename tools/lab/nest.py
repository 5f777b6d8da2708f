# SPDX-License-Identifier: GPL-2.0
"""A machine with KVM where there is none.

QEMU emulates an AMD processor with SVM and nested paging; in it Debian's kernel
has a real KVM. Its root is the rootfs with the mounts of the chroot (the
checkout, /state and /out), shared over 9p.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from . import (chroot, files, initramfs, kernel, kernel_log, paths, progress,
               speed)
from .errors import LabError

MEMORY_MB = 4096
CPUS = 2
# Number of folders to keep: older ones are remains of killed runs.
KEPT = 8
# Of a run whose machines fall over, but get on.
MOST_RESTARTS = 4
# One boot in four panics in the timer test without no_timer_check: emulation is
# too slow for it. In one run of ten the emulation breaks the kernel ("BUG:
# scheduling while atomic", with a hard interrupt's count), and sometimes an
# idle processor gets no interrupt any more, while another waits for it: it
# panics then, and is restarted, instead of stalling all its guests.
APPEND = ("console=ttyS0 loglevel=4 panic=-1 oops=panic panic_on_warn=1"
          " softlockup_panic=1 watchdog_thresh=30"
          " no_timer_check"
          " mitigations=off"
          " nokaslr audit=0 apparmor=0 cryptomgr.notests"
          " initcall_blacklist=crypto_kdf108_init,init_encrypted,jent_mod_init"
          " ipv6.disable=1"
          " tsc=reliable rcupdate.rcu_expedited=1 random.trust_cpu=on")
CONSOLE = "nest-console.log"
PANIC = "Kernel panic"      # as it has it


def run(argv: Sequence[str], timeout: float = 1800,
        silence: float = 0) -> int:
    """Run inner code in a nested machine; its exit code (outer code).

    @silence: longest time without output, in seconds; 0 for no limit
    """
    return chroot.run(["python3", "/vfe/tools/lab", "nest", "--here",
                       f"--timeout={speed.scaled(timeout)}",
                       f"--silence={speed.scaled(silence)}", *argv],
                      timeout=timeout + 30)


class FellOver(LabError):
    """The kernel of the emulated machine panicked, or hangs."""


class NestedMachine:
    """The emulated machine, for one command (inner code)."""

    def __init__(self, argv: Sequence[str], kept: Path) -> None:
        nests = paths.state() / "nest"
        nests.mkdir(parents=True, exist_ok=True)
        files.remove_old(nests, "run-*", KEPT)
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=nests))
        self.console = paths.logs() / CONSOLE
        self.log = paths.logs() / "nest-qemu.log"
        self._sockets = Path(tempfile.mkdtemp(prefix="vfe-", dir="/tmp"))
        self._write_command(argv, kept)

    def _write_command(self, argv: Sequence[str], kept: Path) -> None:
        env = {**paths.inner_environment(), "VFE_KEPT": str(kept)}
        for name in ("VFE_STARTED", "TERM", speed.VARIABLE):
            if name in os.environ:
                env[name] = os.environ[name]
        lines = [f"export {name}={shlex.quote(value)}"
                 for name, value in env.items()]
        lines += [f"cd {paths.INNER_CHECKOUT}",
                  f"exec {shlex.join(argv)}", ""]
        (self.folder / "command").write_text("\n".join(lines))

    def command_line(self) -> list[str]:
        """QEMU's command line."""
        return ["qemu-system-x86_64", "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot", "-name", "nest",
                "-M", "q35", "-accel", "tcg,thread=multi",
                "-cpu", "EPYC,+svm,+npt", "-smp", str(CPUS),
                "-m", f"{MEMORY_MB}M", "-kernel", str(kernel.vmlinux()),
                "-initrd", str(initramfs.nest()),
                "-append", f"{APPEND} lab.run={self.folder}",
                "-serial", f"file:{self.console}",
                "-virtfs", "local,path=/,mount_tag=tree,multidevs=remap,"
                           "security_model=none",
                "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=out,path={self._sockets}/out,"
                            "server=on,wait=on",
                "-device", "virtserialport,chardev=out,name=vfe.out"]

    def run(self, timeout: float, silence: float) -> int:
        """Boot, run, power off; the command's exit code."""
        end = time.monotonic() + timeout
        # remove the console of the previous one
        self.console.unlink(missing_ok=True)
        with open(self.log, "wb") as sink:
            with subprocess.Popen(self.command_line(), stdout=sink,
                                  stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL,
                                  start_new_session=True) as qemu:
                try:
                    self._copy_output(qemu, end, silence)
                    qemu.wait(30)
                except subprocess.TimeoutExpired:
                    pass
                finally:
                    progress.stop_group(qemu)
        return self._status()

    def _connect(self, qemu: subprocess.Popen[bytes]) -> socket.socket:
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        for _ in range(500):
            try:
                peer.connect(str(self._sockets / "out"))
                return peer
            except OSError:
                if qemu.poll() is not None:
                    break
                time.sleep(0.02)
        peer.close()
        raise LabError("the nested machine did not start: QEMU printed"
                       f" '{progress.last_lines(self.log, 3)}'; its log is"
                       f" {paths.shown(self.log)}")

    def _copy_output(self, qemu: subprocess.Popen[bytes],
                     end: float, silence: float) -> None:
        """Forward the output of the command, until the machine is off."""
        heard = time.monotonic()
        with self._connect(qemu) as peer:
            while True:
                left = end - time.monotonic()
                quiet = time.monotonic() - heard
                if silence and quiet >= silence:
                    raise FellOver("the nested machine has printed nothing for"
                                   f" {quiet:.0f} s and was stopped")
                if left <= 0:
                    raise LabError("the nested machine ran over its time"
                                   " limit and was stopped; see its console,"
                                   f" {paths.shown(self.console)}")
                peer.settimeout(min(left, silence - quiet) if silence
                                else left)
                try:
                    data = peer.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    return
                heard = time.monotonic()
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()

    def _status(self) -> int:
        try:
            return int((self.folder / "status").read_text())
        except (OSError, ValueError) as error:
            console = self.console.read_text(errors="replace") \
                if self.console.exists() else ""
            kind = FellOver if PANIC in console else LabError
            raise kind(
                "the nested machine ended before its command did; its"
                f" console {paths.shown(self.console)} ends:\n"
                f"{kernel_log.last_words(console)}") from error

    def close(self) -> None:
        """Remove the files of the run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self._sockets, ignore_errors=True)


def _run_once(argv: Sequence[str], timeout: float, silence: float,
              kept: Path) -> int:
    machine = NestedMachine(argv, kept)
    try:
        return machine.run(timeout, silence)
    finally:
        machine.close()


def _state(kept: Path) -> list[tuple[str, int]]:
    return sorted((path.name, path.stat().st_mtime_ns)
                  for path in kept.iterdir())


def run_inside(argv: Sequence[str], timeout: float,
               silence: float = 0) -> int:
    """The inner half of run(): start the machine and wait for its end.

    If its kernel panics or hangs, restart it: it is Debian's kernel, without
    our modules. A command that has kept something goes on with that; others
    begin again, once, if half of the time is left.
    """
    end = time.monotonic() + timeout
    nests = paths.state() / "nest"
    nests.mkdir(parents=True, exist_ok=True)
    files.remove_old(nests, "kept-*", KEPT)
    with tempfile.TemporaryDirectory(prefix="kept-", dir=nests) as name:
        kept = Path(name)
        for restarts in range(MOST_RESTARTS + 1):
            before, left = _state(kept), end - time.monotonic()
            try:
                return _run_once(argv, left, silence, kept)
            except FellOver as error:
                got_on = _state(kept) != before
                again = not restarts and end - time.monotonic() >= timeout / 2
                if restarts == MOST_RESTARTS or not (got_on or again):
                    raise
                progress.say(f"{error}\n... once more, "
                             + ("where it ended" if got_on
                                else "from the start"))
                files.keep_first(paths.logs() / CONSOLE)
    raise AssertionError("not reached")
