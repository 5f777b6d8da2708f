# SPDX-License-Identifier: GPL-2.0
"""Empty stand-ins for libraries that a program links with but never calls.

Debian's fio links with the clients of several storage clusters: sixty
libraries, 60 MB, and seconds of loading at each start under emulation. The
guest gets libraries of the same names with the same symbols instead.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

UNUSED = {
    "fio": ("libgfapi.so.0", "libibverbs.so.1", "libnbd.so.0",
            "libnfs.so.14", "libpmem.so.1", "librados.so.2", "librbd.so.1",
            "librdmacm.so.1"),
    # Only to show the signer of a module.
    "kmod": ("libcrypto.so.3",),
    # Only for authentication.
    "iperf3": ("libcrypto.so.3",),
    # Only to decrypt, and to capture from a bus of the desktop.
    "tcpdump": ("libcrypto.so.3", "libdbus-1.so.3"),
}
# Libraries of these programs that link with the unused ones, too.
ALSO = ("libiperf.so.0", "libpcap.so.0.8")


def _symbols(path: Path, which: str) -> dict[str, str]:
    """Dynamic symbols of a file: name -> version ("" for none)."""
    text = subprocess.run(["nm", "-D", which, str(path)], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    table = {}
    for line in text.splitlines():
        name, _, version = line.split()[-1].partition("@")
        table[name] = version.lstrip("@")
    return table


def _version_script(symbols: dict[str, str]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, version in symbols.items():
        if version:
            groups[version].append(name)
    return "".join(f"{version} {{ global: {'; '.join(names)}; }};\n"
                   for version, names in groups.items())


def make(users: Iterable[Path], library: Path, target: Path) -> None:
    """Make a stand-in with all symbols that these programs and libraries use
    from `library`."""
    given = _symbols(library, "--defined-only")
    wanted = {name: version or given[name] for user in users
              for name, version in _symbols(user, "-u").items()
              if name in given}
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "stub.c"
        # 0, for a program that calls one nevertheless: tcpdump --version
        source.write_text("".join(
            f"long {symbol}(void) {{ return 0; }}\n" for symbol in wanted))
        argv = ["gcc", "-shared", "-nostdlib", "-fPIC", "-w",
                "-fno-builtin", f"-Wl,-soname,{library.name}",
                "-o", str(target), str(source)]
        script = _version_script(wanted)
        if script:
            (Path(name) / "map").write_text(script)
            argv.append(f"-Wl,--version-script={name}/map")
        subprocess.run(argv, check=True)
