# SPDX-License-Identifier: GPL-2.0
"""The functions of a guest's kernel, out of its /proc/kallsyms."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass

KERNEL = "kernel"
# Compilers make variants of a function, and put parts of it elsewhere.
_VARIANT = re.compile(r"\.(?:isra|constprop|part|cold|llvm)\b.*$|\.\d+$")
# The space in front of a function, which is none.
_PADDING = ("__pfx_", "__cfi_")


@dataclass(frozen=True)
class Function:
    """A function and the module that it is in."""

    module: str
    name: str

    @property
    def plain(self) -> str:
        """Its name in the source."""
        return _VARIANT.sub("", self.name)


UNKNOWN = Function("unknown", "unknown")


class Symbols:
    """Finds the function that an address is in."""

    def __init__(self, lines: Iterable[str]) -> None:
        found: dict[int, Function] = {}
        for line in lines:
            words = line.split()
            if len(words) < 3 or words[1].lower() not in "tw":
                continue
            address = int(words[0], 16)
            if not address or words[2].startswith(_PADDING):
                continue
            module = words[3].strip("[]") if len(words) > 3 else KERNEL
            # The first of several names of one place: they are sorted so
            # that it is always the same one.
            function = Function(module, words[2])
            if address not in found or _key(function) < _key(found[address]):
                found[address] = function
        if not found:
            raise ValueError("kallsyms shows no address: read it as root,"
                             " with kernel.kptr_restrict=0")
        self._addresses = sorted(found)
        self._functions = [found[address] for address in self._addresses]

    def find(self, address: int) -> Function:
        """The function at an address."""
        index = bisect.bisect_right(self._addresses, address) - 1
        return self._functions[index] if index >= 0 else UNKNOWN

    def ranges(self) -> Iterable[tuple[int, int, Function]]:
        """First address, end, and function, in ascending order."""
        ends = [*self._addresses[1:], 1 << 64]
        for first, end, function in zip(self._addresses, ends,
                                        self._functions):
            yield first, min(end, (1 << 64) - 1), function


def _key(function: Function) -> tuple[int, str]:
    return len(function.name), function.name
