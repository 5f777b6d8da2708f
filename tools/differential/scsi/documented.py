# SPDX-License-Identifier: GPL-2.0
"""Intended differences between vfe_scsi and virtio_scsi, with reasons."""

from __future__ import annotations

from ..documented import LOG, Documented

_TAGS = ("one entry of each queue is for the driver's own commands; without"
         " INDIRECT_DESC there are as many commands as fit")
DOCUMENTED = (
    Documented("host.proc_name", "its own name", ours="vfe_scsi\\.",
               theirs="virtio_scsi\\."),
    Documented(r"host.can_queue|mq/\d+/nr_tags|queue/nr_requests"
               r"|queue/iosched/async_depth", _TAGS),
    # a unit gets no more than the host: of rings of 16, 64 and 256
    Documented(r"host\.cmd_per_lun|unit\.queue_depth", _TAGS,
               ours=r"(4|15|20|63|84)\.", theirs=r"(16|64|128)\."),
    Documented(r"mq/\d/(cpu_list|nr_reserved_tags)", "polled queues are those"
               " beyond one per processor; virtio_scsi has none beyond, and"
               " takes one of these", theirs=r"\$'0, 1\\n'|\(nothing\)",
               needs="num_queues=4"),
    Documented("queue/max_segment_size", "virtio has no limit, virtio_scsi"
               " has the SCSI core's", ours=r"\$'4294967295\\n'",
               theirs=r"\$'65536\\n'"),
    Documented("host.sg_prot_tablesize|queue/max_integrity_segments",
               "no chain is longer than its queue (virtio 1.4, 2.7.5.3.1), so"
               " as many pieces as of data; virtio_scsi has no limit",
               theirs=r"\$'65535\\n'|65535\."),
    Documented(r"reset\.(target|host)", "virtio_scsi resets units only",
               ours="0", theirs="1"),
    # reset.sh says when it is to come
    Documented(LOG, "the reset that a user requested", given="reset=asked",
               ours=r"vfe_scsi FUNCTION: host\d+: resetting the device"),
    Documented(LOG, "a command that waits for longer than its timeout is worth"
               " a line", given="late=yes",
               ours=r"sd \d+:\d+:\d+:\d+: FUNCTION: a command \(opcode 0x\w+\)"
                    r" has been in flight for more than \d+ ms; the device"
                    r" reports no fault: still waiting"),
    # The tested disk is NAME in the log.
    Documented(LOG, "a unit that goes may go while the kernel probes it",
               given="unplugged=yes",
               ours=r"(Buffer I/O|I/O|device offline) error[, ].*"
                    r"\bdev sd[a-z]+, .*"
                    r"|sd \d+:\d+:\d+:\d+: \[sd[a-z]+\] .*"
                    # QEMU's answer for a unit that is gone, once in a boot
                    r"|s(d|csi) \d+:\d+:\d+:\d+:"
                    r" scsi_get_vpd_(size: long|buf:) VPD page.*"
                    r"|Dev sd[a-z]+: unable to read .*"
                    r"| ?sd[a-z]+: unable to read partition table"),
)
