#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's first process: mounts what programs expect, then hands over to
# the agent (commands from outside) or, with vfe.shell, to a shell on the
# console. Ends in a power-off, never in a panic.

export PATH=/usr/bin HOME=/root TERM=linux

ln -s usr/bin /sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
ip link set lo up

if grep -q vfe.shell /proc/cmdline; then
	stty -F /dev/ttyS0 sane 2>/dev/null
	[ -f /proc/cmdline ] && rows=$(sed -n \
		's/.*vfe.rows=\([0-9]*\).*/\1/p' /proc/cmdline) &&
		cols=$(sed -n 's/.*vfe.cols=\([0-9]*\).*/\1/p' /proc/cmdline) &&
		[ -n "$rows" ] && stty -F /dev/ttyS0 rows "$rows" cols "$cols"
	cd /root || cd /
	setsid sh -c 'exec bash -l </dev/ttyS0 >/dev/ttyS0 2>&1'
else
	modprobe virtio_console
	vfe-agent
fi
sync
poweroff -f
