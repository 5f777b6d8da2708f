# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# Limits, flags and attributes of a new disk.
shopt -s nullglob
cd "/sys/block/$N" || exit 1
for file in queue/* {alignment_offset,cache_type}* \
	{discard_alignment,events,events_async,events_poll_msecs,ext_range}* \
	{hidden,range,removable,ro,serial,size}* \
	queue/iosched/* integrity/* mq/*/*; do
	[ -f "$file" ] || continue
	text=""
	status=0
	# Status 1: the end of the file, where there is no zero byte.
	{ IFS= read -r -d '' text <"$file"; } 2>/dev/null || status=$?
	if [ "$status" = 1 ] && [ -r "$file" ]; then
		printf 'outcome %s=%q\n' "$file" "$text"
	fi
done
for flag in --getss --getpbsz --getiomin --getioopt --getmaxsect --getra; do
	say "blockdev$flag" blockdev "$flag" "$D"
done
outcome geometry "$(sfdisk --show-geometry "$D" 2>&1 |
	busybox sed 's/^[^:]*: //')"
