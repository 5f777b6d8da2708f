# SPDX-License-Identifier: GPL-2.0
"""The lists of cases of networks."""

from __future__ import annotations

from ..kind import Kind
from . import soak
from .catalogue import WORKLOADS
from .configs import CONFIGS, MODES
from .session import Session

EVERY = """\
plain: shown ping tcp tcp-1g tcp6 udp offloads rr crr netperf last
plain: last-namespace mtu jumbo rings smallest channels down-up flap namespace
plain: kept resize uppers pressure alone alone-1g
plain: unbind suspend netconsole filters vlans corpus xdp xdp-under walk-1
plain: xsk xsk-life walk-flap-1 tunnel-vxlan tunnel-vxlan-6
plain-1cpu: shown ping tcp udp rr last rings down-up suspend
plain/shared: shown tcp rr last suspend
plain/intx: shown tcp rr last suspend
pairs-2: shown tcp udp rr last channels rings down-up unbind xdp xdp-under
pairs-2: walk-1 corpus xsk xsk-life
pairs-4: shown tcp rr last channels suspend
pairs-8: shown tcp channels down-up xdp
packed: shown ping tcp udp offloads rr last rings smallest mtu corpus xdp xsk
packed: tunnel-geneve
in-order: shown tcp udp rr last rings smallest
legacy: shown ping tcp udp last mtu filters down-up corpus
no-vectors: shown tcp rr last
no-event-idx: tcp rr last smallest
direct: tcp udp last smallest corpus xsk xsk-life
direct-packed: tcp udp last smallest
platform: tcp udp offloads last smallest suspend xdp xsk xsk-life walk-1
platform-packed: tcp udp rr channels xdp-under xsk xsk-life walk-1
ring-small: tcp udp rr last rings smallest netconsole
ring-1024: shown tcp rings
no-mergeable: shown ping tcp udp offloads jumbo mtu last corpus xdp xsk
no-mergeable-packed: tcp jumbo mtu smallest
no-big: shown ping tcp udp jumbo mtu corpus
no-any-layout: shown ping tcp udp jumbo
no-offloads: shown tcp udp offloads corpus
no-host-offloads: shown tcp offloads
no-guest-offloads: shown tcp offloads
no-guest-csum: shown tcp offloads
no-csum: shown tcp offloads
no-control: shown tcp filters channels mtu
no-guest-control: shown tcp offloads
no-status: shown tcp flap
mtu-1400: shown ping tcp mtu
mtu-9000: shown ping tcp jumbo mtu udp
mtu-9000-no-mergeable: shown ping tcp jumbo mtu
speed: shown flap
rss: shown tcp rr channels
dgram: shown ping tcp udp last corpus smallest
dgram-packed: tcp udp last
stream: shown tcp last
device: shown ping tcp udp rr last mtu rings smallest filters flap xdp-under
device: walk-1 walk-flap-1 corpus xsk xsk-life
device: tunnel-vxlan tunnel-vxlan-no-sum tunnel-vxlan-6
device: tunnel-vxlan-4-in-6 tunnel-geneve
device-split: ping tcp udp last offloads walk-1
device-pairs-2: tcp channels down-up walk-1
device-slow: ping tcp udp rr netperf last rings smallest mtu xdp-under walk-1
device-slow: xsk
device-slow-split: tcp udp last channels down-up smallest walk-1
"""

# of `make check-all`
STAGE = """\
plain: shown ping tcp udp offloads rr last mtu rings down-up flap unbind
plain: suspend netconsole filters vlans corpus xdp xsk walk-1 kept
pairs-2: channels
pairs-4: tcp channels
packed: tcp last smallest
legacy: tcp corpus
no-mergeable: tcp jumbo
mtu-9000-no-mergeable: jumbo
no-big: ping tcp
dgram: tcp
device: shown ping tcp tunnel-vxlan walk-1
device-slow: tcp last
"""

# Other cases a day: all have their turn in three weeks
ROTATING = 12

# of `make check`
SHORT = """\
plain: ping last
no-mergeable: tcp
packed: udp
"""

NET = Kind("net", CONFIGS, MODES, WORKLOADS, Session, soak.episode,
           EVERY, STAGE, SHORT, rotating=ROTATING)
