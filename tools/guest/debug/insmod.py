# SPDX-License-Identifier: GPL-2.0
"""KUnit suites as a kernel developer loads them: insmod, on two processors.

Drivers and mock are built so that they call the mock instead of accessing
registers (VFE_MOCK_IO). The log must satisfy the same rules as in `make kunit`.
KCSAN checks only the drivers, since suites may read the mock's state
concurrently.
"""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kunit import modules, plan, suites, verdict
from kunit.boot import Outcome
from lab import LabError, kernel_log, paths, progress
from lab.guest import Guest

from . import kernels

IRQ_FILES = ("the kernel's own WARN of remove_proc_entry() on SMP, as an"
             " interrupt's file that failslab refused is removed nevertheless")
LONG = "left to UML: the stage would take minutes more"
SLEEPS = "waits out bounds of the drivers, which takes no time on UML only"
RUN = ("blk/attributes", "blk/data", "blk/discard", "core/caps", "core/config",
       "core/counters", "core/lifecycle", "core/queue_setup",
       "mocktest/device", "mocktest/rules", "ring/buffers",
       "ring/device_fault", "ring/notification_data", "ring/packed",
       "ring/split")
ORDER = "its steps are in an order that only one processor keeps"
NAPI = "expects that NAPI has run when the mock's interrupt returns, which" \
    " only one processor keeps; test_net.py has traffic instead"
# Why other suites do not run here, except for time.
REASONS: Mapping[str, str] = {
    "core/alloc_failure": IRQ_FILES,
    "blk/alloc_failure": IRQ_FILES,
    "blk/device_fault": SLEEPS,
    "blk/lifecycle": SLEEPS,
    "blk/adaptive_poll":
        "its bounds are by a clock that only UML's readers move",
    "blk/polled_queues": "counts the queues of one processor",
    "blk/probe": "virtio-pci of that kernel takes what it plugs in first",
    "blk/recovery": SLEEPS,
    "core/counters_race": "a timer plays the second processor, which is there",
    "core/irq": "wants a vector for each of three queues, and the kernel has"
                " no more of them than processors",
    "core/irq_timing": ORDER,
    "core/reset": SLEEPS,
    "core/regs":
        "its string instructions reach no port, as the mock's are memory",
    "core/sysfs": IRQ_FILES,
    "net/overlap": NAPI,
    "net/receive": NAPI,
    "net/transmit": NAPI,
    "trap/lifecycle": IRQ_FILES,
}
MOCK_IO = "vfe_mock_io"
LOADER = Path(__file__).resolve().parent / "load.sh"
TIMEOUT = 200.0


def chosen(names: Sequence[str] = RUN) -> list[suites.Suite]:
    """The suites that run here; LabError if one is unknown."""
    every = suites.find(paths.checkout())
    suites.choose(every, [*names, *REASONS])
    return suites.choose(every, names)


def left_out() -> dict[str, str]:
    """The suites that do not run here, with the reasons."""
    return {suite.subject: REASONS.get(suite.subject, LONG)
            for suite in suites.find(paths.checkout())
            if suite.subject not in RUN}


def build(of: Sequence[suites.Suite]) -> list[Path]:
    """The modules, in their order of loading."""
    plain = modules.Way(f"{kernels.DEBUG.name}-suites",
                        kernels.DEBUG.folder(), kernels.ARCH)
    way = replace(plain, flags=(
        "VFE_MOCK_IO=y",
        f"KCFLAGS=-Werror -include {plain.folder}/kunit/mock/io.h",
        *kernels.watched(paths.checkout(), ["drivers/*"])))
    built = modules.make(way, of)
    mock_io = way.folder / f"kunit/mock/{MOCK_IO}.ko"
    if not mock_io.is_file():
        raise LabError(f"make built no {MOCK_IO}: see kunit/mock/Kbuild")
    return [mock_io, *plan.modules(built, of)]


def order(names: Sequence[str]) -> dict[str, str]:
    """The files that the loader reads, for modules of these names."""
    files = plan.files(names)
    files["order"] = files["order"].replace(
        f"load {suites.MOCK}\n",
        f"load {suites.MOCK} base={kernels.MOCK_BASE:#x}\n")
    return files


def archive(paths_: Sequence[Path]) -> bytes:
    """The modules, and the commands for them."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for path in paths_:
            tar.add(path, path.name)
        for name, text in order([path.stem for path in paths_]).items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def _log(guest: Guest) -> str:
    """The kernel's log; the console of a guest that does not answer."""
    try:
        return guest.run("dmesg").out
    except LabError:
        return guest.console()


def run(guest: Guest, of: Sequence[suites.Suite]) -> Outcome:
    """Load all in the guest; the log is saved next to the console's."""
    files = archive(build(of))
    problem = ""
    with progress.step(f"loading {len(of)} suites in the guest"):
        began = time.monotonic()
        try:
            guest.run(LOADER.read_text(), TIMEOUT, stdin=files)
        except LabError as error:
            problem = str(error).splitlines()[-1][:200]
        seconds = time.monotonic() - began
    log = _log(guest)
    (guest.logs / "suites.log").write_text(log)
    return Outcome(log, problem, seconds)


def judge(outcome: Outcome, of: Sequence[suites.Suite]) -> verdict.Verdict:
    """As `make kunit` does, except for the kernel's own races."""
    log, _ = kernel_log.without_races_of_others(outcome.log.replace("\r", ""))
    return verdict.judge(Outcome(log, outcome.problem, outcome.seconds), of)
