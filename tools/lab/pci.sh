# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Which driver a PCI function has: functions for scripts that run in a guest.
# A function is named by its address, BDF: 0000:00:04.0.

PCI=/sys/bus/pci

# From now on a function gets only the driver that a script binds to it.
pci_no_autoprobe()
{
	echo 0 >"$PCI/drivers_autoprobe"
}

# pci_unbind BDF...: take the drivers off; one that is gone needs nothing.
pci_unbind()
{
	local f
	for f; do
		[ -e "$PCI/devices/$f" ] || continue
		[ ! -e "$PCI/devices/$f/driver" ] ||
			echo "$f" >"$PCI/devices/$f/driver/unbind" || return 1
		echo >"$PCI/devices/$f/driver_override"
	done
}

# pci_bind DRIVER BDF...: fails when the driver refuses one of them.
pci_bind()
{
	local driver=$1 f
	shift
	for f; do
		pci_unbind "$f" || return 1
		echo "$driver" >"$PCI/devices/$f/driver_override"
		echo "$f" >"$PCI/drivers_probe"
		[ -e "$PCI/devices/$f/driver" ] || return 1
	done
}

# pci_disk BDF [TENTHS]: wait for the function's disk and print its name. It
# waits at most TENTHS of a second, 100 by default. Whatever is between them, the
# path of a disk has the address of its function.
pci_disk()
{
	local disk left=${2:-100}
	while [ -e "$PCI/devices/$1/driver" ]; do
		for disk in $(busybox realpath /sys/block/* 2>/dev/null); do
			if [[ $disk == */$1/* && -b /dev/${disk##*/} ]]; then
				echo "${disk##*/}"
				return 0
			fi
		done
		[ "$left" -gt 0 ] || break
		left=$((left - 1))
		sleep 0.1
	done
	echo "no disk on $1"
	dmesg | tail -n 5
	return 1
}

# pci_netdev BDF [TENTHS]: wait for the function's network interface and print
# its name. It waits at most TENTHS of a second, 100 by default.
pci_netdev()
{
	local netdev left=${2:-100}
	while [ -e "$PCI/devices/$1/driver" ]; do
		for netdev in "$PCI/devices/$1"/{,virtio*/}net/*; do
			if [ -e "$netdev/ifindex" ]; then
				echo "${netdev##*/}"
				return 0
			fi
		done
		[ "$left" -gt 0 ] || break
		left=$((left - 1))
		sleep 0.1
	done
	echo "no network interface on $1"
	dmesg | tail -n 5
	return 1
}
