# SPDX-License-Identifier: GPL-2.0
"""The project's own rules for its sources; each gives a list of findings."""

from __future__ import annotations

import re
from pathlib import Path

from . import sources, words

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 80
SPDX = "SPDX-License-Identifier: GPL-2.0"
REGISTER_FILE = "drivers/core/regs.c"
ABI = "drivers/core/sysfs-bus-pci-vfe"
# contents of the top level, except dot files
TOP = {"COPYING", "Kbuild", "Makefile", "README.md", "drivers", "include",
       "kunit", "tools"}
SYSFS = "drivers/core/sysfs.c"
# folders of the device, each of which calls only those before it
DEVICE_LAYERS = ("base", "guest", "virtio", "pci", "disk", "blk", "rng",
                 "net", "scsi", "vfio", "process")
DISK_LAYERS = ("disk", "blk", "scsi")
DISK_WORDS = re.compile(r"\w*(?:sector|zone|disk|backing)\w*",
                        re.IGNORECASE)

# functions that read or write a register, by port or by memory
ACCESS = re.compile(
    r"\b(?:__raw_)?(?:read|write)[bwlq](?:_relaxed)?\s*\("
    r"|\bio(?:read|write)(?:8|16|32|64)(?:be|_rep|_hi_lo|_lo_hi)*\s*\("
    r"|\b(?:in|out)s?[bwl](?:_p)?\s*\("
    r"|\b(?:lo_hi|hi_lo)_(?:read|write)q(?:_relaxed)?\s*\("
    r"|\bmem(?:cpy_fromio|cpy_toio|set_io)\s*\("
    r"|\b__io(?:read|write)\d+_copy\s*\(")


def without_comments(text: str) -> str:
    """C without comments and strings, line numbers kept."""
    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", blank, text,
                  flags=re.DOTALL)


def spdx(root: Path) -> list[str]:
    """The licence is in the first line, or in the second after a '#!'."""
    found = []
    for path in sources.code_files(root):
        lines = path.read_text(errors="replace").splitlines()[:2]
        place = 1 if lines and lines[0].startswith("#!") else 0
        if len(lines) <= place or SPDX not in lines[place]:
            found.append(f"{path.relative_to(root)}: no {SPDX} in line"
                         f" {place + 1}")
    return found


def file_lengths(root: Path) -> list[str]:
    """No file is longer than MAX_FILE_LINES."""
    found = []
    for path in sources.code_files(root):
        count = len(path.read_text(errors="replace").splitlines())
        if count > MAX_FILE_LINES:
            found.append(f"{path.relative_to(root)}: {count} lines, at most"
                         f" {MAX_FILE_LINES}")
    return found


def function_lengths(root: Path) -> list[str]:
    """No C function is longer than MAX_FUNCTION_LINES."""
    return [f"{path.relative_to(root)}:{item.first}: {item.name} has"
            f" {item.lines} lines, at most {MAX_FUNCTION_LINES}"
            for path in sources.c_files(root)
            for item in sources.functions(path.read_text())
            if item.lines > MAX_FUNCTION_LINES]


def register_accesses(root: Path) -> list[str]:
    """Only REGISTER_FILE accesses registers, so that it counts all accesses."""
    found = []
    for path in sources.c_files(root / "drivers"):
        name = str(path.relative_to(root))
        if name == REGISTER_FILE:
            continue
        text = without_comments(path.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            if ACCESS.search(line):
                found.append(f"{name}:{number}: a register access outside"
                             f" {REGISTER_FILE}: {line.strip()}")
    return found


def register_file_is_used(root: Path) -> list[str]:
    """The rule above is effective: the one file has accesses."""
    path = root / REGISTER_FILE
    if path.is_file() and ACCESS.search(without_comments(path.read_text())):
        return []
    return [f"{REGISTER_FILE} has no register access: is it the right file?"]


def attributes(text: str) -> set[str]:
    """The sysfs files that a C file declares."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"^#define.*(?:\\\n.*)*", "", text, flags=re.MULTILINE)
    return (set(re.findall(r"\b\w+_(?:RO|WO|RW|FILE)\s*\((\w+)", text))
            | set(re.findall(r"\.name\s*=\s*\"(\w+)\"", text)))


def abi(root: Path) -> list[str]:
    """The ABI text has every sysfs file of sysfs.c."""
    document = root / ABI
    if not document.is_file():
        return [f"no {ABI}"]
    text = document.read_text()
    source = root / SYSFS
    if not source.is_file():
        return [f"no {SYSFS}"]
    return [f"{ABI} does not mention {name}"
            for name in sorted(attributes(source.read_text()))
            if not re.search(rf"\b{re.escape(name)}\b", text)]


def device_layers(root: Path) -> list[str]:
    """No folder of the device includes one above, or names another class."""
    found = []
    for height, layer in enumerate(DEVICE_LAYERS):
        for path in sorted((root / "tools/device" / layer).glob("*.[ch]")):
            text = path.read_text()
            name = path.relative_to(root)
            found += [f"{name}: includes {above}/, which is above it"
                      for above in DEVICE_LAYERS[height + 1:]
                      if f'#include "{above}/' in text]
            if layer not in DISK_LAYERS:
                found += [f"{name}: '{word}' belongs in"
                          f" {' or '.join(DISK_LAYERS)}"
                          for word in DISK_WORDS.findall(
                              without_comments(text))]
    return found


def top_level(root: Path) -> list[str]:
    """The top level has only files that a newcomer expects there."""
    return [f"{path.name}: move it to where it belongs, or name it in TOP"
            for path in sorted(root.iterdir())
            if path.name not in TOP | {"out"}
            and not path.name.startswith(".")]


RULES = {
    "SPDX line in every source": spdx,
    f"no file over {MAX_FILE_LINES} lines": file_lengths,
    f"no function over {MAX_FUNCTION_LINES} lines": function_lengths,
    "no register access outside the one file": register_accesses,
    "the one file for register accesses": register_file_is_used,
    "ABI text names every sysfs file": abi,
    "folders of the device are layers": device_layers,
    "the top level holds what it should": top_level,
    "plain English": words.findings,
}
