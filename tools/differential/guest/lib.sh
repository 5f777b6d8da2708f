# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Functions for workloads. The runner sets D (the disk's device node), N
# (its name), DISKS (all names of this turn) and D2 (the second disk, if any).
#
# A workload reports its result by `outcome KEY VALUE`. The runner compares the
# outcomes of the two drivers, so a VALUE must not contain a time, a UUID or the
# name of a disk.

W=/run/differential
# shellcheck disable=SC2034
MNT=$W/mnt

outcome()
{
	local key=$1
	shift
	echo "outcome $key=$*"
}

# try KEY COMMAND...: run it, report its status, and its output if it failed.
try()
{
	local key=$1 status=0
	shift
	"$@" >"$W/said" 2>&1 </dev/null || status=$?
	outcome "$key" "$status"
	if [ "$status" != 0 ]; then
		busybox tail -n 12 "$W/said"
	fi
	return "$status"
}

# say KEY COMMAND...: report its status and its output as an outcome.
say()
{
	local key=$1 status=0
	shift
	"$@" >"$W/said" 2>&1 </dev/null || status=$?
	outcome "$key" "$status: $(busybox sed "s|$D2|DISK|g; s|$D|DISK|g; s|${G:-$D}|DISK|g" "$W/said" |
		busybox tr '\n' ' ')"
	return "$status"
}

# wrong TEXT: the device is at fault, or the workload, with whatever driver.
wrong()
{
	echo "AssertionError: $*"
}

# run_fio KEY ARGUMENT...: report status, errors and number of operations.
run_fio()
{
	local key=$1 status=0
	shift
	: >"$W/fio.json"
	fio --output-format=json --output="$W/fio.json" \
		--group_reporting --eta=never "$@" \
		>"$W/said" 2>&1 </dev/null || status=$?
	outcome "$key" "$status"
	outcome "$key.io" "$(busybox grep -E '"(error|total_ios|short_ios|drop_ios)"' \
		"$W/fio.json" | busybox tr -d ' \t\n"')"
	if [ "$status" != 0 ]; then
		busybox tail -n 12 "$W/said"
		busybox grep -E '^fio:|err=' "$W/fio.json"
	fi
	return "$status"
}

schedule()
{
	local disk
	for disk in $DISKS; do
		echo "$1" >"/sys/block/$disk/queue/scheduler" ||
			outcome "scheduler.$1" refused
	done
}

# Once per guest: fragment free memory into single pages, which the kernel
# allocates first, and give fio's buffers no huge pages. Then a large request
# has many segments, as on a machine that has run for a while.
fragment()
{
	[ -e "$W/fragments" ] && return
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	busybox mkdir "$W/fragments"
	mount -t tmpfs -o size=256M tmpfs "$W/fragments"
	fio --name=f --directory="$W/fragments" --nrfiles=2 --size=128M --rw=write \
		--bs=4k --ioengine=psync --file_service_type=roundrobin:1 \
		--fallocate=none --create_on_open=1 --thread >"$W/said" 2>&1
	busybox rm -f "$W"/fragments/f.0.0
}

# Disturbances run in the background until calm() ends them.
DISTURBERS=

disturb()
{
	("disturb_$1") >/dev/null 2>&1 &
	DISTURBERS="$DISTURBERS $!"
}

calm()
{
	: >"$W/calm"
	# shellcheck disable=SC2086
	[ -z "$DISTURBERS" ] || wait $DISTURBERS
	busybox rm -f "$W/calm"
	DISTURBERS=
}

until_calm()
{
	[ ! -e "$W/calm" ]
}

disturb_scheduler()
{
	local kind
	while until_calm; do
		for kind in mq-deadline kyber bfq none; do
			schedule "$kind"
			busybox sleep 0.2
		done
	done
}

disturb_hotplug()
{
	local cpu=/sys/devices/system/cpu/cpu1/online
	while until_calm && [ -e "$cpu" ]; do
		echo 0 >"$cpu"
		busybox sleep 0.3
		echo 1 >"$cpu"
		busybox sleep 0.3
	done
}

disturb_flush()
{
	while until_calm; do
		busybox fsync "$D"
		busybox sleep 0.1
	done
}

disturb_limits()
{
	local depth
	read -r depth <"/sys/block/$N/queue/nr_requests"
	while until_calm; do
		echo 4 >"/sys/block/$N/queue/nr_requests"
		echo 4 >"/sys/block/$N/queue/max_sectors_kb"
		busybox sleep 0.2
		echo "$depth" >"/sys/block/$N/queue/nr_requests"
		cat "/sys/block/$N/queue/max_hw_sectors_kb" \
			>"/sys/block/$N/queue/max_sectors_kb"
		busybox sleep 0.2
	done
}

# Reads through the page cache, in parallel with direct I/O.
disturb_reader()
{
	while until_calm; do
		dd if="$D" of=/dev/null bs=64k count=64 status=none
		echo 1 >/proc/sys/vm/drop_caches
	done
}

disturb_sysfs()
{
	while until_calm; do
		cat "/sys/block/$N"/queue/* "/sys/block/$N"/[a-z]*
		busybox sleep 0.1
	done
}

# Print the sizes of the requests, for a human reader.
show_requests()
{
	local field
	read -r -a field <"/sys/block/$N/stat"
	echo "requests: ${field[0]} reads of ${field[2]} sectors," \
		"${field[4]} writes of ${field[6]}"
	busybox grep -E '^(MemFree|AnonHuge|Shmem)' /proc/meminfo
	busybox head -n 4 /proc/buddyinfo
}
