#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Process 1 of the nested machine once it is in the rootfs: completes the
# mounts, runs the command file that lab.run= names with its output on a
# virtio-serial port, leaves the exit code beside it and powers off.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
# The guests' images and sockets live here, as 9p is slow and has no locks.
mount -t tmpfs -o size=75%,mode=1777 tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
busybox ip link set lo up
# Guests' memory in large pages: a fifth of the nested page faults.
echo always >/sys/kernel/mm/transparent_hugepage/shmem_enabled

port=
for candidate in /sys/class/virtio-ports/*; do
	if [ "$(cat "$candidate/name")" = vfe.out ]; then
		port=/dev/${candidate##*/}
	fi
done

run=$(sed -n 's/.*lab\.run=\([^ ]*\).*/\1/p' /proc/cmdline)

sh "$run/command" >"$port" 2>&1 </dev/null
echo $? >"$run/status"
sync
busybox poweroff -f
