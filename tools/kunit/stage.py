# SPDX-License-Identifier: GPL-2.0
"""Stages the tree into a kernel's sources, and runs kunit.py there.

As kernel developers work: the drivers in drivers/virtio/vfe, built in, and the
suites run by the kernel's own tool.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lab import (LabError, build, files, kernel_log, paths, progress,
                 testkernel)

from . import kernellog, ktap, results, runs, suites

PLACE = Path("drivers/virtio/vfe")
HOOKS = ((Path("drivers/virtio/Makefile"), "obj-$(CONFIG_VFE) += vfe/\n"),
         (Path("drivers/virtio/Kconfig"),
          'source "drivers/virtio/vfe/drivers/Kconfig"\n'))
BUILT_IN = ("VFE", "VFE_BLK", "VFE_RNG", "VFE_SCSI", "VFE_TRAP",
            "VFE_TRAP_BLK", "VFE_TRAP_NET", "VFE_TRAP_SCSI", "VFE_KUNIT_TEST")
TIMEOUT = 1200.0
# UML has no I/O ports; sleeping takes no time.
ARGUMENTS = ("time-travel", "vfe_trap_blk.window=memory",
             "vfe_trap_net.window=memory", "vfe_trap_scsi.window=memory")


def _wanted(path: Path) -> bool:
    return build.is_source(path) or path.name in ("Kconfig", ".kunitconfig")


def stage(target: Path) -> None:
    """Copy the sources into a kernel's, and add them to its build, once."""
    if not (target / "drivers/virtio/Kconfig").is_file():
        raise LabError(f"{target} holds no sources of a kernel: name the"
                       " folder that has its drivers/virtio")
    root, place = paths.checkout(), target / PLACE
    place.mkdir(exist_ok=True)
    files.mirror_sources(root, place, ("drivers", "include", "kunit"),
                         _wanted)
    data, copy = (root / "Kbuild").read_bytes(), place / "Kbuild"
    if not copy.is_file() or copy.read_bytes() != data:
        copy.write_bytes(data)
    for path, line in HOOKS:
        text = (target / path).read_text()
        if line not in text:
            (target / path).write_text(text + line)


def _staged_part(folder: Path) -> Path:
    """A copy of the kernel's drivers/virtio with our drivers."""
    part = folder / "drivers/virtio"
    if not part.is_dir():
        def make(temporary: Path) -> None:
            # keep times: do not compile unchanged files again
            shutil.copytree(testkernel.source() / "drivers/virtio",
                            temporary)
        files.make_whole(part, make)
    stage(folder)
    return part


def _at_its_place(part: Path, argv: list[str]) -> list[str]:
    """Run with the staged folder where the kernel's own is.

    Build folders know their sources by path, so the kernel that `make kunit`
    built serves here too, and only our files are compiled.
    """
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
            'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh",
            str(part), str(testkernel.source() / "drivers/virtio"), *argv]


def _config(folder: Path, kernel: Path) -> None:
    """The kernel's .config, with our drivers built in."""
    text = (kernel / ".config").read_text()
    text += "".join(f"CONFIG_{name}=y\n" for name in BUILT_IN)
    (folder / ".config").write_text(text)
    # the file that kunit.py compares with; so it does not make another .config
    tool = testkernel.source() / "tools/testing/kunit"
    if str(tool) not in sys.path:
        sys.path.append(str(tool))
    config = importlib.import_module("kunit_config")
    wanted = config.parse_file(str(tool / "configs/arch_uml.config"))
    wanted.merge_in_entries(config.parse_file(
        str(paths.checkout() / "kunit/.kunitconfig")))
    last = folder / "last_used_kunitconfig"
    last.unlink(missing_ok=True)
    wanted.write_to_file(str(last))


def _build_folder(kernel: Path) -> Path:
    """A copy of the kernel's build folder, kept with our files."""
    folder = paths.state() / "build" / f"staged-{kernel.name}"
    build.drop_interrupted(folder)
    if not folder.is_dir():
        for old in folder.parent.glob("staged-um-*"):
            files.remove(old)

        def make(temporary: Path) -> None:
            subprocess.run(["cp", "-a", str(kernel), str(temporary)],
                           check=True)
        files.make_whole(folder, make)
    return folder


def _kunit(part: Path, word: str, folder: Path, *more: str) -> list[str]:
    config = paths.checkout() / "kunit/.kunitconfig"
    return _at_its_place(part, [
        sys.executable, "tools/testing/kunit/kunit.py", word, "--arch=um",
        f"--build_dir={folder}", f"--kunitconfig={config}", *more])


def _run(part: Path, folder: Path, kernel: Path, log: Path) -> None:
    _config(folder, kernel)
    argv = _kunit(part, "run", folder, "--raw_output=all", "--timeout=300",
                  *(f"--kernel_args={item}" for item in ARGUMENTS))
    with build.building(folder):
        progress.run_logged(argv, log,
                            what="kunit.py run on the staged tree",
                            hint="fix the error that the log shows",
                            timeout=TIMEOUT, cwd=testkernel.source())


def _configures(part: Path, log: Path) -> None:
    """.kunitconfig alone must be sufficient without our build folder."""
    with tempfile.TemporaryDirectory() as folder:
        progress.run_logged(
            _kunit(part, "config", Path(folder) / "fresh"), log,
            what="kunit.py config on the staged tree",
            hint="fix kunit/.kunitconfig or Kconfig", timeout=TIMEOUT,
            cwd=testkernel.source())


def prove() -> list[str]:
    """Run kunit.py; the failures, and an error if nothing ran."""
    kernel = runs.kernel()
    log = results.folder() / "staged.log"
    with files.lock(paths.state() / "build" / "staged.lock"), \
            progress.step("kunit.py run on the tree staged into a kernel",
                          log):
        folder = _build_folder(kernel)
        part = _staged_part(folder / "staged")
        _configures(part, log)
        _run(part, folder, kernel, log)
    return judge(log.read_text(errors="replace"),
                 len(suites.find(paths.checkout())))


def judge(log: str, expected: int) -> list[str]:
    """Problems in a log of kunit.py that should have run this many suites."""
    # output of checkers at boot is no report
    lines = kernellog.plain(log[max(log.find("KTAP version"), 0):])
    parsed = ktap.parse(log.splitlines())
    ours = {case.suite for case in parsed.cases
            if case.suite.startswith("vfe-")}
    missing = [] if len(ours) == expected else [
        f"{len(ours)} of our {expected} suites ran"]
    return missing + parsed.errors + [
        f"{kernel_log.kind_of(line)}: {line.strip()}" for line in lines
        if kernel_log.kind_of(line)] + [
        f"{case.full_name}: {case.status}" for case in parsed.cases
        if case.status not in ("passed", "skipped")]
