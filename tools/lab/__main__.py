# SPDX-License-Identifier: GPL-2.0
"""The command line of the lab: `python3 tools/lab --help`."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from lab import (LabError, build, chroot, entry, guest,  # noqa: E402
                 image, initramfs, kernel, machine, nest, paths, progress,
                 shell, tree)

LAB = ["python3", "/vfe/tools/lab"]


def _tree(_options: argparse.Namespace) -> int:
    progress.say(f"the rootfs is {tree.ensure()}")
    return 0


def _prepare(options: argparse.Namespace) -> int:
    if not options.here:
        machine.prepare()
        return 0
    build.device()
    kernel.vmlinux()
    initramfs.guest(build.modules())
    initramfs.nest()
    image.base()
    image.raw_base()
    return 0


def _exec(options: argparse.Namespace) -> int:
    return chroot.run(options.command)


def _nest(options: argparse.Namespace) -> int:
    if options.here:
        return nest.run_inside(options.command, options.timeout,
                               options.silence)
    machine.prepare()
    return nest.run(options.command, options.timeout, options.silence)


def _guest(options: argparse.Namespace) -> int:
    if not options.here:
        bare = ["--bare"] if options.bare else []
        return machine.run_anywhere([*LAB, "guest", "--here",
                                     "--accel={accel}", *bare,
                                     *options.command])
    with tempfile.TemporaryDirectory() as folder:
        disk = image.copy(Path(folder), "disk.img")
        specs = [] if options.bare else [guest.DeviceSpec("disk", disk)]
        one = guest.Guest(specs, accel=options.accel)
        with progress.step(f"booting the guest ({options.accel})"):
            one.boot()
        try:
            result = one.run(shlex.join(options.command), 600, check=False)
        except BaseException:
            one.kill()      # its agent may be stuck in the command
            raise
        one.shutdown()
    sys.stdout.write(result.out)
    return result.rc


def _shell(options: argparse.Namespace) -> int:
    if not options.here:
        return machine.run_anywhere([*LAB, "shell", "--here",
                                     "--accel={accel}", *options.command],
                                    timeout=86400)
    return shell.run(options.command, options.accel)


EPILOG = """examples:
  python3 tools/lab shell                       an interactive guest
  python3 tools/lab shell --doorbell map        ... with a mapped doorbell
  python3 tools/lab shell --class net           ... with a network interface
  python3 tools/lab guest lspci -nn             one command in a guest
  python3 tools/lab exec gcc --version          one command in the rootfs
  python3 tools/lab nest ls /dev/kvm            one command in a nested machine

All commands need root, and keep their files in $VFE_CACHE (now {cache}).
"""


def _command(commands: Any, name: str, text: str,
             run: Callable[[argparse.Namespace], int],
             operands: str | None = None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text)
    parser.set_defaults(run=run)
    parser.add_argument("--here", action="store_true",
                        help=argparse.SUPPRESS)
    parser.add_argument("--accel", default="tcg", choices=("tcg", "kvm"),
                        help=argparse.SUPPRESS)
    if operands:
        parser.usage = f"lab {name} [-h] {operands} ..."
        parser.set_defaults(command=[])
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab", description="The lab: a Debian rootfs, guests, and a"
        " machine with KVM on any host.",
        epilog=EPILOG.format(cache=paths.cache()),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _command(commands, "tree", "make the rootfs if it is missing", _tree)
    _command(commands, "prepare", "make everything that guests need", _prepare)
    _command(commands, "shell", "run a shell in a guest with the modules and"
             " a device; options go to vfe-device", _shell, "OPTION")
    one = _command(commands, "guest", "run a command in a new guest",
                   _guest, "COMMAND")
    one.add_argument("--bare", action="store_true",
                     help="without a device")
    _command(commands, "exec", "run a command in the rootfs", _exec, "COMMAND")
    nested = _command(commands, "nest", "run a command in a nested machine"
                      " with KVM", _nest, "COMMAND")
    nested.add_argument("--timeout", type=float, default=1800, metavar="S",
                        help="stop it after S seconds (default: 1800)")
    nested.add_argument("--silence", type=float, default=0, metavar="S",
                        help="restart it if it prints nothing for S seconds"
                             " (default: 0, never)")
    return parser


def _is_own(word: str) -> bool:
    return word in ("-h", "--help", "--here", "--bare") or \
        word.startswith(("--accel=", "--timeout=", "--silence="))


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lab's own arguments, and those of the command or device after them.

    Not argparse's REMAINDER: that takes no option for its first word.
    """
    if not argv or argv[0] not in ("exec", "guest", "nest", "shell"):
        return list(argv), []
    end = 1
    while end < len(argv) and _is_own(argv[end]):
        end += 1
    rest = list(argv[end:])
    return list(argv[:end]), rest[1:] if rest[:1] == ["--"] else rest


def main(argv: Sequence[str]) -> int:
    """Run one command; its exit code."""
    own, rest = _split(argv)
    options = _parser().parse_args(own)
    options.command = rest
    if not rest and options.run in (_exec, _guest, _nest):
        raise LabError(f"no command after '{argv[0]}': name one; python3"
                       " tools/lab --help lists examples", 2)
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(entry.run("lab", lambda: main(sys.argv[1:])))
