# SPDX-License-Identifier: GPL-2.0
"""The machines of a measurement."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any

from lab.guest import Guest

NESTED = "nested under TCG"
HOST = "host"


def cpu_model(cpuinfo: str) -> str:
    """The processor's name in /proc/cpuinfo."""
    found = re.search(r"^model name\s*:\s*(.*)$", cpuinfo, re.M)
    return found.group(1).strip() if found else "unknown"


def machine() -> dict[str, Any]:
    """The machine that this runs on."""
    return {"cpu": cpu_model(Path("/proc/cpuinfo").read_text(
                encoding="utf-8")),
            "cores": os.cpu_count() or 1, "kernel": platform.release()}


def qemu_version(answer: Any) -> str:
    """QEMU's version in the answer to query-version."""
    number = answer["qemu"]
    text = ".".join(str(number[part]) for part in ("major", "minor", "micro"))
    return f"{text} {answer['package']}".strip()


def describe_host(kvm: str, outside: dict[str, Any] | None,
                  qemu: Any) -> dict[str, Any]:
    """The report's "host": the host, and the nested machine if there is one."""
    here = machine()
    host = {**(outside or here), "kvm": kvm, "qemu": qemu_version(qemu)}
    if kvm == NESTED:
        host["nested"] = here
    return host


def describe_guest(guest: Guest, modules: list[str]) -> dict[str, Any]:
    """The report's "guest"."""
    lines = guest.run("uname -r; cat /proc/cpuinfo").out
    kernel, _, cpuinfo = lines.partition("\n")
    return {"kernel": kernel.strip(), "cpu": cpu_model(cpuinfo),
            "cpus": guest.cpus, "memory_mb": guest.memory,
            "drivers": modules}
