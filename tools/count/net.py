# SPDX-License-Identifier: GPL-2.0
"""The counts of the guest's network interface, with any driver."""

from __future__ import annotations

from dataclasses import dataclass

from .counts import CountError

FILES = ("tx_packets", "rx_packets", "tx_bytes", "rx_bytes", "tx_dropped",
         "rx_dropped", "tx_errors", "rx_errors")


@dataclass(frozen=True)
class InterfaceState:
    """Packets and bytes, without the preamble and the checksum of frames."""

    sent: int = 0
    received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    lost: int = 0       # dropped, or with an error, either way

    def __sub__(self, other: InterfaceState) -> InterfaceState:
        return InterfaceState(
            self.sent - other.sent, self.received - other.received,
            self.bytes_sent - other.bytes_sent,
            self.bytes_received - other.bytes_received,
            self.lost - other.lost)

    @property
    def packets(self) -> int:
        """Both directions."""
        return self.sent + self.received


def command(interface: str) -> str:
    """A command that prints an interface's counts, for driver.read()."""
    return ("t=; for f in " + " ".join(FILES) + "; do"
            f" read -r v < /sys/class/net/{interface}/statistics/$f &&"
            ' t="$t $v"; done; echo "above$t"')


def parse(text: str) -> InterfaceState:
    """Parse the counts."""
    words = [int(word) for word in text.split()]
    if len(words) != len(FILES):
        raise CountError(f"the interface has {len(words)} of {len(FILES)}"
                         " statistics: did its driver go away?")
    sent, received, bytes_sent, bytes_received, *lost = words
    return InterfaceState(sent, received, bytes_sent, bytes_received,
                          sum(lost))
