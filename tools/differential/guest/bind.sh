# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Gives functions to a driver, or takes them away.
#
#     bind.sh take vfe_blk|virtio_blk BDF...     prints the names of the disks
#     bind.sh drop BDF...

PCI=/sys/bus/pci

drop()
{
	local bdf
	for bdf; do
		[ ! -e "$PCI/devices/$bdf/driver" ] ||
			echo "$bdf" >"$PCI/devices/$bdf/driver/unbind"
	done
}

take()
{
	local driver=$1 bdf disk
	shift
	for bdf; do
		case $driver in
		vfe_blk) echo vfe_blk >"$PCI/devices/$bdf/driver_override" ;;
		*) echo >"$PCI/devices/$bdf/driver_override" ;;
		esac
		echo "$bdf" >"$PCI/drivers_probe"
		for _ in {1..100}; do
			for disk in "$PCI/devices/$bdf"/{,virtio*/}block/*; do
				[ -b "/dev/${disk##*/}" ] && break 2
			done
			busybox sleep 0.05
		done
		if [ ! -b "/dev/${disk##*/}" ]; then
			echo "disk -"
			continue
		fi
		echo "disk ${disk##*/}"
	done
}

"$@"
