# SPDX-License-Identifier: GPL-2.0
"""A guest with disks."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from lab import pci
from lab.initramfs import More

from . import image
from .backends import Backends
from .configs import Config
from .session import GuestSession, Side

BIND = """\
for f in {bdfs}; do
    pci_bind {driver} $f && disk=$(pci_disk $f) && echo "disk $disk" ||
        echo "disk -"
done"""


class Session(GuestSession):
    """Disks, on two sides."""

    watch = "disk"

    def __init__(self, configs: Sequence[Config], name: str) -> None:
        super().__init__(configs, name)
        self._backends = Backends(self.folder)

    def more(self) -> More:
        return image.more()

    def function(self, config: Config, node: str, slot: pci.Slot,
                 ) -> list[str]:
        return self._backends.function(config, node, slot)

    def end(self) -> None:
        self._backends.close()

    def blank(self, side: Side) -> None:
        for node in side.nodes:
            self._backends.blank(node)

    def bind(self, driver: str, side: Side) -> tuple[str, list[str]]:
        said = self.run(pci.script(BIND.format(
            bdfs=" ".join(side.bdfs), driver=pci.driver_of(driver))))
        disks = [line.split()[1] for line in said.splitlines()
                 if line.startswith("disk ")]
        usable = len(disks) == len(side.bdfs) and "-" not in disks
        return said, disks if usable else []

    def prelude(self, names: Sequence[str]) -> str:
        return (f'DISKS="{" ".join(names)}"\nN={names[0]}\n'
                f"D=/dev/{names[0]}\nD2=/dev/{names[-1]}\n")

    def media(self, config: Config) -> list[str]:
        found = []
        one, other = self.sides[config.name]
        for first, second in zip(one.nodes, other.nodes):
            done = subprocess.run(
                ["cmp", str(self._backends.files[first]),
                 str(self._backends.files[second])],
                check=False, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                text = done.stdout.rpartition("differ: ")[2].strip()
                found.append(f"the media differ: {text}")
        return found
