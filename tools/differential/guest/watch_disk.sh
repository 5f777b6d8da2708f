# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What watch.sh asks about disks; read in by it.
# shellcheck disable=SC2154,SC2034 # devices, now

DEBUG=/sys/kernel/debug/block

# Completions of each disk: reads, writes, discards, flushes.
completions()
{
	local disk field
	now=
	for disk in $devices; do
		field=()
		read -r -a field <"/sys/block/$disk/stat"
		now="$now ${field[0]} ${field[4]} ${field[11]} ${field[15]}"
	done 2>/dev/null
}

pending()
{
	local disk reads writes
	for disk in $devices; do
		reads=0 writes=0
		read -r reads writes <"/sys/block/$disk/inflight"
		[ "$((reads + writes))" = 0 ] || return 0
		busybox grep -q 'busy=[1-9]' "$DEBUG/$disk"/hctx*/tags \
			"$DEBUG/$disk"/hctx*/sched_tags && return 0
		busybox grep -q . "$DEBUG/$disk"/hctx*/dispatch && return 0
	done 2>/dev/null
	return 1
}

show_devices()
{
	local disk file
	for disk in $devices; do
		echo "state of $disk: stat $(cat "/sys/block/$disk/stat")"
		for file in "/sys/block/$disk/inflight" \
			"/sys/block/$disk/queue/scheduler" "$DEBUG/$disk/state" \
			"$DEBUG/$disk/requeue_list" \
			"$DEBUG/$disk"/hctx*/{state,flags,dispatch,busy} \
			"$DEBUG/$disk"/hctx*/{tags,sched_tags,dispatch_busy}; do
			[ -s "$file" ] || [ -e "$file" ] || continue
			busybox head -n 12 "$file" |
				busybox sed "s|^|${file#"$DEBUG/"}: |"
		done
	done
}
