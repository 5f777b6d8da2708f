# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Functions for units of a SCSI host; lib.sh has those for disks. The runner
# sets A, the address of the first unit (H:C:T:L), and A2, that of the last one.

SCSI=/sys/bus/scsi/devices

# scsi_disks BDF COUNT: wait for this many disks of a host; print their names and
# addresses.
scsi_disks()
{
	local unit disk found left=200
	while :; do
		found=
		for unit in "/sys/bus/pci/devices/$1"/{,virtio*/}host*/target*/*:*:*:*; do
			for disk in "$unit"/block/*; do
				[ ! -b "/dev/${disk##*/}" ] ||
					found="${found}disk ${disk##*/} ${unit##*/}"$'\n'
			done
		done
		[ "$(busybox grep -c disk <<<"$found")" -lt "$2" ] || break
		left=$((left - 1))
		[ "$left" -gt 0 ] || break
		sleep 0.1
	done
	busybox sort -t : -k 3n -k 4n <<<"$found" | busybox grep disk
}

# Names of the first unit and of its host
scsi_begin()
{
	HOST=/sys/class/scsi_host/host${A%%:*}
	# shellcheck disable=SC2034 # used by workloads
	G=$(generic "$A")
	# that of the function
	F=$(busybox readlink -f "$HOST/device/..")
	F=${F%/virtio*}
}

# disk_of ADDRESS, generic ADDRESS: the device nodes of a unit
disk_of()
{
	busybox ls "$SCSI/$1/block" 2>/dev/null | busybox sed 's|^|/dev/|'
}

generic()
{
	busybox ls "$SCSI/$1/scsi_generic" 2>/dev/null | busybox sed 's|^|/dev/|'
}

# The units of the host, each with its size, and what else the kernel has
list_units()
{
	local unit
	for unit in "$SCSI/${A%%:*}":*; do
		unit=${unit##*/}
		echo "${unit#*:}=$(cat "$SCSI/$unit"/block/*/size 2>/dev/null)"
	done | busybox sort -t : -k 2n -k 3n | busybox tr '\n' ' '
}

# settle COMMAND...: wait until what it prints has been the same for 3 s.
settle()
{
	local last='' now same=0 left=60
	while [ "$same" -lt 6 ] && [ "$left" -gt 0 ]; do
		now=$("$@")
		if [ "$now" = "$last" ]; then
			same=$((same + 1))
		else
			same=0 last=$now
		fi
		left=$((left - 1))
		busybox sleep 0.5
	done
}

# What each unit leaves in the kernel: a removed one must leave nothing. The
# kernel takes it away a moment later, also that of the turn before this one.
traces()
{
	local folder
	for folder in /sys/class/{scsi_disk,scsi_device,scsi_generic,bsg} \
		/sys/block /sys/kernel/debug/block; do
		set -- "$folder"/*
		[ -e "$1" ] || shift
		echo "${folder#/sys/} $#"
	done | busybox tr '\n' ' '
}

# compare_traces BEFORE: are they the same again, within 10 s?
compare_traces()
{
	local now left=20
	now=$(traces)
	while [ "$now" != "$1" ] && [ "$left" -gt 0 ]; do
		left=$((left - 1))
		busybox sleep 0.5
		now=$(traces)
	done
	if [ "$now" = "$1" ]; then
		outcome traces none
	else
		outcome traces "$1 to $now"
	fi
}

# The unit with which the host says that it has done all.
host_done()
{
	[ -e "$SCSI/${A%%:*}:0:9:9" ]
}

# until_done COMMAND...: run it again and again, at least once, until the host
# has done all, for 150 s at most.
until_done()
{
	local end=$((SECONDS + 150))
	while :; do
		"$@" || return 1
		! host_done || return 0
		[ "$SECONDS" -lt "$end" ] || return 1
	done
}

# wait_unit ADDRESS [gone]: until it is there, with its disk, or is not
wait_unit()
{
	local left=200
	while [ "$left" -gt 0 ]; do
		if [ "${2-}" = gone ]; then
			[ -e "$SCSI/$1" ] || return 0
		else
			[ ! -b "$(disk_of "$1")" ] || return 0
		fi
		left=$((left - 1))
		busybox sleep 0.1
	done
	return 1
}

# Verified writes on a disk: check KEY DISK [MiB]
check()
{
	run_fio "$1" --name=check --filename="$2" --rw=randwrite --bs=4k \
		--size="${3:-4}M" --ioengine=libaio --iodepth=16 --direct=1 \
		--verify=pattern --verify_pattern=0x1badcafe%o \
		--verify_fatal=1 --verify_state_save=0
}

# busy: verified writes on the first unit in the background, until not_busy. They
# have files of their own.
busy()
{
	busybox mkdir -p "$W/beside"
	(
		calm=$W/calm
		# shellcheck disable=SC2030,SC2031 # of this subshell only
		W=$W/beside
		while [ ! -e "$calm" ]; do
			check busy "$D" 2 || break
		done >"$W/log" 2>&1
	) &
	BUSY=$!
}

# shellcheck disable=SC2031
not_busy()
{
	: >"$W/calm"
	wait "$BUSY"
	busybox rm -f "$W/calm"
	busybox tail -n 12 "$W/beside/log"
}
