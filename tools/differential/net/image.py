# SPDX-License-Identifier: GPL-2.0
"""Additional contents of the guest: programs of networks, and a Python that
only has what the workloads import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab import net
from lab.initramfs import More

HERE = Path(__file__).resolve().parent.parent / "guest"
PLACE = "usr/lib/differential"
SCRIPTS = ("lib.sh", "net.sh", "watch.sh", "watch_net.sh")
IMPORTS = ("array", "contextlib", "ctypes", "fcntl", "importlib.util", "mmap",
           "random", "re", "runpy", "select", "selectors", "socket", "struct",
           "subprocess", "threading", "traceback", "zlib")
# of ctypes, and what the end of a thread opens
LIBRARIES = tuple(Path("/usr/lib/x86_64-linux-gnu") / name
                  for name in ("libffi.so.8", "libgcc_s.so.1"))
PROGRAMS = ("python3", "ss")
MODULES = ("bonding", "ipvlan", "pktgen")
_LIST = (f"import {', '.join(IMPORTS)}, sys\n"
         "for one in list(sys.modules.values()):\n"
         "    print(getattr(one, '__file__', None) or '')")


def _library() -> list[tuple[str, Path]]:
    """Files of Python's library: their compiled form, where there is one."""
    said = subprocess.run([sys.executable, "-S", "-E", "-c", _LIST],
                          check=True, stdout=subprocess.PIPE, text=True)
    found = {str(path).lstrip("/"): path for path in LIBRARIES}
    for name in said.stdout.split():
        path = Path(name)
        if not path.is_file():
            continue
        place, source = name.lstrip("/"), path
        compiled = path.parent / "__pycache__" / \
            f"{path.stem}.{sys.implementation.cache_tag}.pyc"
        if path.suffix == ".py" and path.name != "os.py" and \
                compiled.is_file():
            place, source = str(Path(place).with_suffix(".pyc")), compiled
        found[place] = source
    return sorted(found.items())


def more() -> More:
    """The guest of the network cases."""
    scripts = [(f"{PLACE}/{name}", HERE / name) for name in SCRIPTS]
    scripts += [(f"{PLACE}/traffic/{path.name}", path)
                for path in sorted((HERE / "traffic").glob("*.py"))]
    return More("differential-net", (*net.PROGRAMS, *PROGRAMS),
                (*net.MODULES, *MODULES), (), (*scripts, *_library()),
                real=("kmod",))
