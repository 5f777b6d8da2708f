# SPDX-License-Identifier: GPL-2.0
"""Intended differences between vfe_net and virtio_net, with reasons."""

from __future__ import annotations

from ..documented import LOG, Documented

_FULL = "the interface segments less while the ring is too small for a full" \
        " skb; virtio_net refuses the size"
_USO = "virtio_net leaves it off until a user sets it; so the workload sets" \
       " it alone, vfe_net's while checksums are off"
_CHAIN = "vfe_net refuses a ring that is smaller than a buffer; virtio_net's" \
         " chains are longer than the ring then, against virtio 1.4, 2.7.5.3.1"
_LOST = "virtio_net's device has its old address and ring sizes again after a" \
        " suspend, so that the peer's packets do not come"
_LEAST = "a packed ring of 19 has room for a full skb; virtio_net wants one" \
         " more"
_WHOLE = "vfe_net refuses a ring that a packet of 64 KiB does not fit: the" \
         " device would wait for buffers for ever"
_SOCKET = "to take back an AF_XDP socket's memory, vfe_net resets a device" \
          " without RING_RESET; virtio_net copies on such a device"
_NO_TSO = "a device without GUEST_TSO has no rx-gro-hw to switch"
_STILL = "QEMU's device loses a kick on a packed ring when its back end was" \
         " busy; vfe_net kicks again"
_NEEDS = "virtio 1.4, 2.2.1: no feature is accepted that needs another one," \
         " which the device lacks"
_SEGMENTS = "(sg|tso|gso|tx-(udp|tcp6?)-segmentation)"
_UNDER = "program=attached"     # to the interface of at least one of them
_UNSEEN = "virtio_net takes a program although it never shows it the packets" \
          " in buffers of several pages"


def _step(name: str, reason: str, ours: str, theirs: str,
          given: str = "") -> Documented:
    """A difference in a step of a walk."""
    return Documented(rf"step\.\d+\.{name}", reason, ours, theirs,
                      given=given)


DOCUMENTED = (
    Documented(r"ethtool-i\.driver", "the name of the driver",
               ours="vfe_net", theirs="virtio_net"),
    Documented(r"sysfs\.names", "virtio_net shows its estimate of a packet's"
               " size, vfe_net has no use for one",
               theirs=r".* rx-0/virtio_net/mergeable_rx_buffer_size.*"),
    Documented(r"mtu-under\.\d+", "virtio_net takes an MTU whose packets the"
               " program would never see; drivers of hardware refuse it, too",
               ours="2", theirs="0"),
    _step("_moderation", "virtio_net would stop NAPI on tx, which it cannot do"
          " while the interface is up; vfe_net has one way to send",
          ours="ethtool -C dut tx-frames 0 -> 0",
          theirs="ethtool -C dut tx-frames 0 -> 1"),
    _step("_channels", "both refuse another number while a program is attached;"
          " virtio_net counts the queues of XDP, too, and has this number",
          ours=r".* combined [234] -> 1", theirs=r".* combined [234] -> 0",
          given=_UNDER),
    _step("_channels", "as before, but vfe_net has this number",
          ours=r".* combined [1-4] -> 0", theirs=r".* combined [1-4] -> 1",
          given=_UNDER),
    _step("_ring", _FULL, ours=r"ethtool -G dut tx (4|16) -> 0",
          theirs=r"ethtool -G dut tx (4|16) -> 81"),
    _step("_feature", "virtio_net cannot switch rx-gro-hw while a program is"
          " attached", ours="ethtool -K dut rx-gro-hw (on|off) -> 0",
          theirs="ethtool -K dut rx-gro-hw (on|off) -> 1", given=_UNDER),
    _step("_feature", "it fails with rx-gro-hw, which it has refused before and"
          " the stack tries again, in each later change of another feature",
          ours="ethtool -K dut .* -> 0",
          theirs="ethtool -K dut .* -> 1, rx-gro-hw waits"),
    _step("_feature", "a device without GUEST_TSO has none to switch on;"
          " virtio_net takes it, without effect",
          ours="ethtool -K dut rx-gro-hw on -> 1",
          theirs="ethtool -K dut rx-gro-hw on -> 0"),
    _step("_feature", "likewise, and the device refuses it later",
          ours="ethtool -K dut rx-gro-hw on -> 1",
          theirs="ethtool -K dut rx-gro-hw on -> 1, rx-gro-hw waits"),
    Documented("free", _NO_TSO, ours=r"\[(?!.*rx-gro-hw).*\]",
               theirs=r"\[.*'rx-gro-hw'.*\]"),
    Documented(r"(all|rx-gro-hw)", _NO_TSO, ours="0", theirs="1"),
    Documented(r"on\.rx-gro-hw", _NO_TSO, ours=r"\(nothing\)", theirs="[01]"),
    Documented(r"on\.rx-gro-hw\.from-.*", _NO_TSO, ours=r"\(nothing\)",
               theirs="whole"),
    _step("_feature", _FULL,
          ours=f"ethtool -K dut {_SEGMENTS} on -> 1",
          theirs=f"ethtool -K dut {_SEGMENTS} on -> 0"),
    _step("_mtu", "as mtu-under", ours=r".* mtu \d+ -> 2",
          theirs=r".* mtu \d+ -> 0", given=_UNDER),
    _step("program", "the step in which one driver refused it tells why",
          ours=r"\(nothing\)", theirs="attached"),
    _step("program", "likewise", ours="attached", theirs=r"\(nothing\)"),
    _step("_xdp", _UNSEEN,
          ours="program (pass|drop|tx|redirect|socket): Invalid argument",
          theirs="program (pass|drop|(tx|redirect|socket): reflects)"),
    Documented(r"step\.\d+\._xdp", _UNSEEN,
               ours="program (tx|redirect|socket):"
                    " (reflects|Invalid argument)",
               theirs="program (tx|redirect|socket): nothing comes back",
               needs="mrg_rxbuf=off"),
    _step("_xdp", "vfe_net refused a larger MTU under the last program;"
          " virtio_net has it now, and refuses the next one",
          ours="program linear", theirs="program linear: Invalid argument"),
    Documented(r"(aborted|drop|tx)\.(linear|fragments)\.came", _UNSEEN,
               ours="0", theirs="32", needs="mrg_rxbuf=off"),
    Documented(r"((only-)?tx|redirect)\.(linear|fragments)\.reflected",
               _UNSEEN, ours="32", theirs="0", needs="mrg_rxbuf=off"),
    Documented(r"mtu-9000\.fragments", _UNSEEN, ours="Invalid argument",
               theirs="attached", needs="mrg_rxbuf=off"),
    # a program for fragments, with an MTU of 9000 from the beginning
    Documented(r"(aborted|drop|pass|(only-)?tx|redirect)\.fragments", _UNSEEN,
               ours="Invalid argument", theirs=r"\(nothing\)",
               needs="mrg_rxbuf=off"),
    Documented(r"(aborted|drop|pass|(only-)?tx|redirect)\.fragments"
               r"\.(came|reflected|from-.*)", _UNSEEN, ours=r"\(nothing\)",
               theirs="(32|0|whole)", needs="mrg_rxbuf=off"),
    Documented(r"come\.freeze\.\d+", _LOST, ours=r".*52:54:00:09:00:22.*",
               theirs=r".*52:54:00:09:00:02.*"),
    Documented(r"kept\.\d+", _LOST, ours="all", theirs=r"TX:\s+128"),
    Documented(r"(freeze\.\d+|suspended\.(after|stream))\.from-.*", _LOST,
               ours="moves|whole", theirs="(TimeoutError: timed out(, )?)+"),
    Documented(r"rx\.(4|16)", _CHAIN, ours="81", theirs="0",
               needs="mrg_rxbuf=off"),
    Documented(r"rx\.(4|16)\.from-.*", _CHAIN, ours=r"\(nothing\)",
               theirs="moves", needs="mrg_rxbuf=off"),
    Documented(r"vlan\.10[24]\.(1472|3000)", "two tags make frames of 1522"
               " bytes; virtio_net's buffers for single packets end at 1518",
               ours="3 packets transmitted, 3 received",
               theirs="3 packets transmitted, 0 received",
               needs="mrg_rxbuf=off"),
    Documented(r"(step\.\d+|stream|after|end)\.from-.*", _STILL,
               ours="moves|whole",
               theirs=r"stands still after \d+ bytes|no connection: timed out"
                      r"|(TimeoutError: timed out(, )?)+", needs="packed"),
    Documented(r"large\.32\.came", "a packet of 64 KiB does not fit into the"
               " buffers that virtio_net leaves in a ring of 32: the device"
               " waits for ever", ours="whole", theirs="never ended"),
    Documented(r"rx\.(4|16)", _WHOLE, ours="81", theirs="0"),
    Documented(r"rx\.(4|16)\.from-.*", _WHOLE, ours=r"\(nothing\)",
               theirs="moves"),
    Documented(r"tx\.19", _LEAST, ours="0", theirs="81"),
    Documented(r"tx\.19\.from-.*", _LEAST, ours="moves",
               theirs=r"\(nothing\)"),
    Documented(r"tx\.(4|16)", _FULL, ours="0", theirs="81"),
    Documented(r"tx\.(4|16)\.from-.*", _FULL, ours="moves",
               theirs=r"\(nothing\)"),
    Documented(LOG, "virtio_net transmits while it suspends",
               theirs=r"virtio_net .*: output\.\d+:id \d+ is not a head!"),
    Documented(LOG, "it says so", ours=r".* is too large for the XDP"
               r" program"),
    *(Documented(LOG, _SOCKET, ours=r"vfe_net .*: dut: resetting the device",
                 needs=without)
      for without in ("queue_reset=off", "disable-modern")),
    Documented(LOG, "it says so", ours=r".* combined \d+: not with an XDP"
               r" program, unload it first"),
    Documented(r"(ethtool-k|after)\.rx-gro-hw", _NO_TSO,
               ours=r"off \[fixed\]", theirs="off"),
    Documented(r"(ethtool-k|after)\.rx-gro-hw", _NEEDS,
               ours=r"off \[fixed\]", theirs="on", needs="guest_csum=off"),
    Documented(r"off\.rx-gro-hw(\.from-.*)?", _NEEDS, ours=r"\(nothing\)",
               theirs="0|whole", needs="guest_csum=off"),
    *(Documented(rf"feature\.{side}_(TSO[46]|USO[46]?|UFO|ECN)", _NEEDS,
                 ours=r"\(nothing\)", theirs="accepted", needs=without)
      for side, without in (("GUEST", "guest_csum=off"),
                            ("HOST", "csum=off"))),
    Documented(r"feature\.HOST_UFO", "no kernel since Linux 4.14 makes such"
               " packets; virtio_net accepts it, and does not use it",
               ours=r"\(nothing\)", theirs="accepted"),
    Documented(r"feature\.(GUEST|HOST)_UDP_TUNNEL_GSO(_CSUM)?",
               "virtio_net has tunnels since Linux 6.17",
               ours="accepted", theirs=r"\(nothing\)"),
    Documented(r"feature\.(IN_ORDER|NOTIF_CONFIG_DATA)", "the kernel's virtio"
               " bus does not know them in Linux 6.12",
               ours="accepted", theirs=r"\(nothing\)"),
    Documented(r"ethtool-S\..*", "virtio_net's names, and more",
               ours="there", theirs=r"\(nothing\)"),
    Documented(r"packets\.from-dut", "virtio_net has tunnels since Linux 6.17:"
               " its stack segments", ours="large", theirs="small"),
    Documented(r"ethtool-i\.version", "virtio_net has a version of its own,"
               " 1.0.0; modules have their kernel's", theirs="1\\.0\\.0"),
    Documented(r"(ethtool-k|after)\.tx-udp-segmentation", _USO, ours="on"),
    Documented(r"(ethtool-k|after)\.tx-udp_tnl(-csum)?-segmentation",
               "virtio_net has tunnels since Linux 6.17", ours="on",
               theirs=r"off \[fixed\]"),
    Documented(r"off\.tx-udp-segmentation(\.from-.*)?", _USO,
               ours="0|whole", theirs=r"\(nothing\)"),
    Documented(r"on\.tx-udp-segmentation", _USO, ours="1", theirs="0"),
    Documented(r"dut\.uso", "so datagrams leave in one piece",
               ours="0105 e80322000600 6042 89cc8690"),
)
