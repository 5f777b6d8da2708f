# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# Limits, flags and attributes, as they are when the disk has just come.
# nr_hw_queues and the mapping of CPUs are part of it.
for file in "/sys/block/$N"/queue/* "/sys/block/$N"/{alignment_offset,cache_type,capability,discard_alignment,events,events_async,events_poll_msecs,ext_range,hidden,range,removable,ro,serial,size} \
	"/sys/block/$N"/{queue/iosched,integrity,mq/*}/*; do
	[ -f "$file" ] || continue
	name=${file#"/sys/block/$N/"}
	if ! busybox cat "$file" >"$W/said" 2>/dev/null; then
		outcome "$name" unreadable
		continue
	fi
	outcome "$name" "$(busybox od -An -c "$W/said" | busybox tr -d ' \n')"
done
for flag in --getsz --getsize64 --getss --getpbsz --getiomin --getioopt \
	--getalignoff --getmaxsect --getra --getfra --getro; do
	say "blockdev$flag" blockdev "$flag" "$D"
done
outcome geometry "$(sfdisk --show-geometry "$D" 2>&1 |
	busybox sed 's/^[^:]*: //')"
