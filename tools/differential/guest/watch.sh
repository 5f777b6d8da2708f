# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Runs a workload and watches its devices. It counts rounds of its loop in place
# of seconds, so that a pause of the whole guest does not count as a hang.
#
#     watch.sh KIND BOUND LIMIT BUSY SCRIPT DEVICE...
#
# KIND:  "disk" or "net": watch_KIND.sh says what completes and what is pending
# BOUND: this many rounds with pending requests and no completion are a hang
# LIMIT: after this many rounds, watch.sh stops watching
# BUSY:  1 if the workload does nothing but I/O: then 3 * BOUND rounds without
#        a completion are a hang, even if no request seems pending
#
# Prints "verdict WORD STATUS", "gap ROUNDS" (the longest time with pending
# requests and no completion), and the output of the workload.

W=/run/differential
kind=$1 bound=$2 limit=$3 busy=$4 script=$5
shift 5
# shellcheck disable=SC2034 # used by the file of the kind
devices=$*
# shellcheck source=tools/differential/guest/watch_disk.sh
. "${0%/*}/watch_$kind.sh"

busybox rm -f "$W/calm" "$W/over" "$W/status"
busybox mkfifo "$W/over"
exec 4<>"$W/over"

work()
{
	setsid bash "$script" >"$W/output" 2>&1 </dev/null 4>&-
	echo "$?" >"$W/status"
	echo over >&4
}

show_state()
{
	local file line
	show_devices
	echo "tasks in state D:"
	busybox ps -o pid,stat,comm | busybox grep ' D'
	for file in /proc/[0-9]*/task/[0-9]*; do
		read -r line 2>/dev/null <"$file/stat" || continue
		case "${line##*) }" in
		D*)
			echo "$file $line" | busybox cut -c -60
			busybox head -n 14 "$file/stack"
			;;
		esac
	done 2>/dev/null | busybox head -n 60
} 2>/dev/null

work &
still=0 idle=0 gap=0 round=0 last=
while :; do
	# The line only wakes this loop, since a read that times out may have
	# read a part of it. The file has the status.
	read -r -t 1 -u 4 _
	if [ -s "$W/status" ]; then
		echo "verdict ended $(<"$W/status")"
		break
	fi
	round=$((round + 1))
	completions
	if [ "$now" != "$last" ]; then
		last=$now still=0 idle=0
	elif pending; then
		still=$((still + 1))
		[ "$still" -le "$gap" ] || gap=$still
	else
		still=0
		idle=$((idle + busy))
	fi
	if [ "$still" -ge "$bound" ] || [ "$idle" -ge "$((3 * bound))" ]; then
		echo "verdict hang after $round s"
		show_state
		break
	fi
	if [ "$round" -ge "$limit" ]; then
		echo "verdict late $round"
		show_state
		break
	fi
done
echo "gap $gap"
echo "rounds $round"
busybox head -c 20000 "$W/output"
