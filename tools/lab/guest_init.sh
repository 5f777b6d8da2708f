#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's first process: mounts what programs expect, then takes commands
# or, with lab.shell, gives a shell on the console. Ends with a power-off, never
# with a panic. Starts few processes: each takes a third of a second in a nested
# guest.

export PATH=/usr/bin HOME=/root TERM=linux

busybox ln -s usr/bin /sbin
busybox mount -t devtmpfs devtmpfs /dev
busybox mkdir /dev/pts /dev/shm
busybox mount -a
read -r cmdline </proc/cmdline

# The number after NAME= on the kernel's command line.
number()
{
	rest=${cmdline#*"$1="}
	[ "$rest" = "$cmdline" ] || echo "${rest%%[!0-9]*}"
}

case " $cmdline " in
*" lab.shell "*)
	exec </dev/ttyS0 >/dev/ttyS0 2>&1
	stty sane rows "$(number lab.rows)" cols "$(number lab.cols)"
	cd /root || cd /
	setsid -c bash -l
	;;
*)
	# Built into some kernels, modules in others.
	[ -d /sys/class/virtio-ports ] ||
		modprobe -a virtio_pci virtio_console
	# shellcheck source=tools/lab/guest_agent.sh
	. /usr/bin/vfe-agent
	;;
esac
sync
busybox poweroff -f
