# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What watch.sh asks about the tested interface; read in by it. The interface
# has its own network namespace, of which net.sh has mounted the sysfs here.
# shellcheck disable=SC2034,SC2154 # now, W

SYS=$W/sys.dut/class/net/dut

completions()
{
	now=$(busybox cat "$SYS"/statistics/{rx,tx}_packets)
} 2>/dev/null

# Buffers of the transmit queues that the driver has not given back
pending()
{
	busybox grep -q '[1-9]' \
		"$SYS"/queues/tx-*/byte_queue_limits/inflight
} 2>/dev/null

show_devices()
{
	local folder
	busybox grep . "$SYS"/statistics/* "$SYS"/{carrier,operstate,flags} \
		"$SYS"/queues/tx-*/byte_queue_limits/{inflight,limit} |
		busybox sed "s|^$SYS/||"
	folder=$(busybox readlink -f "$SYS/device")
	busybox grep -r . "$folder/vfe" | busybox sed "s|^$folder/||"
	ip netns exec dut tc -s qdisc show
	ip netns exec dut ss -antmi
	busybox grep -E 'virtio|vfe' /proc/interrupts
} 2>/dev/null
