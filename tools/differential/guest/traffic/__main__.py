# SPDX-License-Identifier: GPL-2.0
"""Runs a workload in the guest, on a tested interface and its peer.

    cd /usr/lib/differential; python3 -m traffic NAME [ARGUMENT...]

The runner made the two namespaces, "dut" and "peer", with an interface of the
same name in each.
"""

from __future__ import annotations

import sys

from .corpus import CORPUS
from .counted import COUNTED
from .filters import FILTERS
from .last import LAST
from .life import LIFE
from .offloads import OFFLOADS
from .plain import PLAIN
from .pressure import PRESSURE
from .tunnel import TUNNEL
from .uppers import UPPERS
from .walk import WALK
from .xdp import XDP
from .xsk import XSK

WORKLOADS = {**PLAIN, **OFFLOADS, **LAST, **LIFE, **FILTERS, **CORPUS,
             **XDP, **XSK, **WALK, **PRESSURE, **TUNNEL, **UPPERS,
             **COUNTED}

if __name__ == "__main__":
    WORKLOADS[sys.argv[1]](*sys.argv[2:])
