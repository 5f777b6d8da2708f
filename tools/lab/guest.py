# SPDX-License-Identifier: GPL-2.0
"""A guest: QEMU, its devices, and commands in it (inner code).

    with Guest([DeviceSpec("disk", path)], accel="kvm") as guest:
        print(guest.run("lspci -n").out)
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from . import (files, initramfs, kernel, kernel_log, lost_cpu, paths, pci,
               progress, qemus, recipe, speed)
from .channel import Channel, Deadline
from .device import Device, DeviceSpec
from .errors import LabError, Silence
from .qmp import Qmp

__all__ = ["Device", "DeviceSpec", "Guest", "Result"]

# Functions have fixed slots, so that their addresses in the guest are known.
FIRST_SLOT = 0x10
CPU = {"kvm": "host", "tcg": "max,la57=off"}
# The options after no_timer_check make emulation faster: without them a nested
# guest takes twice as long to boot. A panic during suspend must be seen.
APPEND = ("console=ttyS0 loglevel=5 panic=-1 no_console_suspend"
          " no_timer_check mitigations=off"
          " nokaslr audit=0 apparmor=0 cryptomgr.notests"
          " initcall_blacklist=crypto_kdf108_init,init_encrypted,jent_mod_init"
          " ipv6.disable=1"
          " tsc=reliable rcupdate.rcu_expedited=1 random.trust_cpu=on")

# Of a command, in an error
SHOWN = 200
# QEMU, after its connections have closed
ENDING_S = 2.0


@dataclass(frozen=True)
class Result:
    """The exit status and the output of a command in the guest."""

    rc: int
    out: str


def _end_of(command: str) -> str:
    """What an error says of a command: a script begins with functions."""
    text = command.strip()
    return text if len(text) <= SHOWN else f"... {text[-SHOWN:]}"


def _answer(line: bytes) -> tuple[str, int, int]:
    """The agent's answer: of which command, its status, bytes that follow. It
    says something else first if the guest was reset meanwhile."""
    words = line.decode(errors="replace").split()
    if len(words) != 3:
        raise LabError(f"the guest's agent said {line!r} in place of an"
                       " answer: was the guest reset? See its console log")
    return words[0], int(words[1]), int(words[2])


class Guest:  # pylint: disable=too-many-instance-attributes
    """A virtual machine that is under test, or a disk in one."""

    def __init__(self, devices: Sequence[DeviceSpec] = (), *,
                 accel: str = "tcg", memory: int = 512, cpus: int = 2,
                 append: str = "", qemu_args: Sequence[str] = (),
                 name: str = "guest", logs: Path | None = None,
                 boots: kernel.Kernel | None = None,
                 modules: Path | None = None,
                 initrd: Path | None = None,
                 qemu: qemus.Qemu = qemus.TREES,
                 machine: str = "",
                 more: initramfs.More | None = None,
                 descriptors: Sequence[int] = ()) -> None:
        """Without @boots and @modules: Debian's kernel, our modules.

        @initrd: instead of the lab's; it must start the agent
        @more: additional programs and modules
        @descriptors: those of this process that QEMU inherits

        @machine: additional properties of QEMU's -machine, each after a comma
        """
        self.specs = tuple(devices)
        self.accel = accel
        self.memory = memory
        self.cpus = cpus
        self.append = append
        self.qemu_args = tuple(qemu_args)
        self.name = name
        self.logs = logs or paths.logs() / name
        self.kernel = boots
        self.modules = modules or paths.state() / "build" / \
            f"modules-{recipe.BOOT_KERNEL}" / "ko"
        self.initrd = initrd
        self.qemu = qemu
        self.machine = machine
        self.more = more
        self.descriptors = tuple(descriptors)
        self.devices: dict[str, Device] = {}
        self._sockets = Path()
        self._qemu: subprocess.Popen[bytes] | None = None
        self._agent: Channel | None = None
        self._qmp: Qmp | None = None
        self._cpu = lost_cpu.Watch(name, lambda: str(self.qmp(
            "human-monitor-command",
            **{"command-line": lost_cpu.COMMAND})))

    # Starting ----------------------------------------------------------

    def __enter__(self) -> Guest:
        self.boot()
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 value: BaseException | None,
                 trace: TracebackType | None) -> None:
        if kind is None:
            self.shutdown()
        else:
            self.kill()

    def boot(self, timeout: float = 480) -> None:
        """Start devices and QEMU; return when the guest accepts commands.

        With KVM under emulation a guest sometimes halts during boot, before it
        loads our modules. So with KVM, restart once a guest that prints nothing
        in half of that time.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        if self.accel != "kvm":
            self._try_boot(Deadline(timeout))
            return
        try:
            self._try_boot(Deadline(timeout / 2))
        except Silence as silence:
            progress.say(f"{silence}\n... once more, from the start")
            self.keep_logs()
            self._try_boot(Deadline(timeout / 2))

    def keep_logs(self) -> None:
        """Keep the logs of this run beside those of the next."""
        for log in self.logs.glob("*.log"):
            if not log.stem.endswith("-first"):
                files.keep_first(log)

    def _try_boot(self, deadline: Deadline) -> None:
        # Short, as the name of a socket must fit in 108 bytes.
        self._sockets = Path(tempfile.mkdtemp(prefix="vfe-", dir="/tmp"))
        try:
            self._start_devices()
            self._start_qemu()
            self._qmp = Qmp(self._sockets / "qmp", self._watch)
            self._cpu.start()
            self._agent = Channel(self._sockets / "agent", self.name,
                                  self._watch_agent)
            if self._agent.line(deadline) != b"ready":
                raise LabError(f"{self.name}: its agent did not begin with"
                               " 'ready': remove"
                               f" {paths.shown(paths.state() / 'initramfs')},"
                               " from which the next run makes a new one")
            self._find_addresses()
        except LabError as error:
            try:
                tail = self._tail()
            finally:
                self.kill()
            raise type(error)(f"{error}{tail}") from error
        except BaseException:
            self.kill()
            raise

    def attend(self) -> int:
        """Boot with the console on this terminal; return after power-off."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self._sockets = Path(tempfile.mkdtemp(prefix="vfe-", dir="/tmp"))
        try:
            self._start_devices()
            self._start_qemu(interactive=True)
            assert self._qemu is not None
            code = self._qemu.wait()
            if code:
                self._watch()
            return code
        finally:
            self.kill()

    def _start_devices(self) -> None:
        for spec in self.specs:
            self.devices[spec.name] = Device(spec, self._sockets, self.logs)
        for device in self.devices.values():
            device.wait_ready()

    def _start_qemu(self, interactive: bool = False) -> None:
        with open(self.logs / "qemu.log", "wb") as sink:
            # pylint: disable-next=consider-using-with
            self._qemu = subprocess.Popen(
                progress.owned(self.command_line(interactive)),
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=None if interactive else sink, stderr=sink,
                start_new_session=not interactive,
                pass_fds=self.descriptors)

    def command_line(self, interactive: bool = False) -> list[str]:
        """QEMU's command line."""
        sockets = self._sockets
        image = (self.kernel or kernel.debian()).image
        argv = [*self.qemu.command, "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot", "-name", self.name,
                "-machine", f"q35,accel={self.accel},memory-backend=mem"
                            f"{self.machine}",
                "-cpu", CPU[self.accel], "-smp", str(self.cpus),
                "-m", f"{self.memory}M", "-object",
                f"memory-backend-memfd,id=mem,size={self.memory}M,share=on",
                "-kernel", str(image),
                "-initrd", str(self.initrd or initramfs.guest(
                    self.modules, self.kernel, self.more)),
                "-append", f"{APPEND} {self.append}".strip(),
                "-qmp", f"unix:{sockets}/qmp,server=on,wait=off",
                "-device", "virtio-serial-pci,addr=0x2",
                "-chardev", f"socket,id=agent,path={sockets}/agent,"
                            "server=on,wait=off",
                "-device", "virtserialport,chardev=agent,name=vfe.agent"]
        if interactive:
            argv += ["-serial", "mon:stdio"]
        else:
            argv += ["-serial", f"file:{self.logs}/console.log"]
        for index, device in enumerate(self.devices.values()):
            argv += self._function(index, device)
        return argv + list(self.qemu_args)

    def _function(self, index: int, device: Device) -> list[str]:
        slot = FIRST_SLOT + index
        spec = device.spec
        argv: list[str] = []
        place: dict[str, object] = {"bus": "pcie.0", "addr": f"{slot:#x}"}
        if spec.root_port:
            port = f"port-{spec.name}"
            argv += pci.root_port(port, slot)
            place = {"bus": port, "addr": "0x0"}
        else:
            device.bdf = pci.Slot(slot).bdf
        options = {"driver": "vfio-user-pci", "id": spec.name,
                   "socket": {"type": "unix", "path": str(device.socket)},
                   **place, **spec.properties}
        return argv + ["-device", json.dumps(options)]

    def _find_addresses(self) -> None:
        """Finds the functions behind root ports, whose bus the firmware
        chooses."""
        for index, device in enumerate(self.devices.values()):
            if device.bdf:
                continue
            port = f"/sys/bus/pci/devices/0000:00:{FIRST_SLOT + index:02x}.0"
            # The port's own services are folders too: 0000:...:pcie001.
            names = self.run(f"cd {port} && ls -d 0000:*:*.[0-7]").out
            device.bdf = names.split()[0]

    # Commands ----------------------------------------------------------

    def run(self, command: str, timeout: float = 60, *, check: bool = True,
            stdin: bytes = b"") -> Result:
        """Run a bash script in the guest; its output, decoded.

        The guest itself ends a script after `timeout` seconds (status 124).
        LabError when the status is not 0 and `check` is set, or when the
        guest does not answer.
        """
        status, output = self._exchange(command, timeout, stdin)
        result = Result(status, output.decode(errors="replace"))
        if check and status != 0:
            raise LabError(f"{self.name}: '{_end_of(command)}' ended with"
                           f" status {status}:\n{result.out.rstrip()}")
        return result

    def _exchange(self, command: str, timeout: float,
                  stdin: bytes) -> tuple[int, bytes]:
        if self._agent is None:
            raise LabError(f"{self.name} is not running")
        ident = uuid.uuid4().hex[:8]
        script = command.encode()
        header = (f"{ident} {speed.scaled(timeout):g} {len(script)}"
                  f" {len(stdin)}\n")
        # The guest kills the command 5 s after SIGTERM; later it is stuck.
        deadline = Deadline(timeout + 15)
        self._cpu.start()
        try:
            self._agent.send(header.encode() + script + stdin)
            while True:
                answered, status, size = _answer(self._agent.line(deadline))
                data = self._agent.exactly(size, deadline)
                if answered == ident:
                    return status, data
        except LabError as error:
            raise type(error)(f"{error} (while it ran"
                              f" '{_end_of(command)}')"
                              f"{self._tail()}") from error

    def get(self, path: str, timeout: float = 60) -> bytes:
        """Read a file of the guest."""
        status, data = self._exchange(f"cat -- '{path}'", timeout, b"")
        if status:
            raise LabError(f"{self.name}: no {path}:"
                           f" {data.decode(errors='replace').strip()}")
        return data

    def put(self, data: bytes, path: str) -> None:
        """Write a file of the guest."""
        self.run(f"cat >'{path}'", stdin=data)

    def qmp(self, command: str, **arguments: Any) -> Any:
        """A monitor command; '_' in its name stands for '-'."""
        if self._qmp is None:
            raise LabError(f"{self.name} is not running")
        return self._qmp.command(command, arguments)

    def wait_event(self, name: str, timeout: float = 10) -> dict[str, Any]:
        """Wait for the next monitor event with this name."""
        if self._qmp is None:
            raise LabError(f"{self.name} is not running")
        return self._qmp.wait_event(name, timeout)

    def console(self) -> str:
        """The console of the guest so far."""
        path = self.logs / "console.log"
        return path.read_bytes().decode(errors="replace") \
            if path.exists() else ""

    @property
    def pid(self) -> int:
        """QEMU's process id."""
        if self._qemu is None:
            raise LabError(f"{self.name} is not running")
        return self._qemu.pid

    @property
    def alive(self) -> bool:
        """Whether QEMU runs: a panic of the guest ends it."""
        return self._qemu is not None and self._qemu.poll() is None

    def ended(self) -> bool:
        """Whether QEMU ends: its connections have closed a moment before."""
        if self._qemu is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._qemu.wait(ENDING_S)
        return not self.alive

    # Ending ------------------------------------------------------------

    def _watch(self) -> None:
        """Raise if QEMU has ended: no answer will come."""
        if self._qemu is None or self._qemu.poll() is None:
            return
        text = progress.last_lines(self.logs / "qemu.log")
        if "'vfio-user-pci' is not a valid device model" in text:
            raise LabError("QEMU too old: it has no vfio-user-pci; install"
                           " QEMU 10.1 or later, or use the one in the lab's"
                           " rootfs (remove the other one from PATH)")
        raise LabError(f"{self.name}: QEMU ended with status"
                       f" {self._qemu.returncode}: {text}")

    def _watch_agent(self) -> None:
        self._watch()
        if self.accel == "kvm":
            self._cpu.look()

    def _tail(self) -> str:
        """Logs that may show why a guest does not answer."""
        reason = self._qmp.ending() if self._qmp is not None else ""
        ended = f"\nthe machine ended: {reason}" if reason else ""
        lines = kernel_log.last_words(self.console())
        shown = paths.shown(self.logs / "console.log")
        return ended + (f"\nthe console log {shown} ends:\n{lines}"
                        if lines else "")

    def shutdown(self, timeout: float = 30) -> None:
        """Power off; kill QEMU if that takes too long."""
        if self._qemu is not None and self._agent is not None:
            try:
                self._agent.send(b"off 5 12 0\npoweroff -f\n")
                self._qemu.wait(timeout)
            except (LabError, subprocess.TimeoutExpired):
                pass
            except BaseException:
                self.kill()
                raise
        self.kill()

    def kill(self) -> None:
        """Kill QEMU and the devices, and clean up."""
        for channel in (self._agent, self._qmp):
            if channel is not None:
                channel.close()
        self._agent = self._qmp = None
        if self._qemu is not None and self._qemu.poll() is None:
            progress.stop_group(self._qemu, grace=2)
        for device in self.devices.values():
            device.stop()
        if self._sockets != Path():
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = Path()
