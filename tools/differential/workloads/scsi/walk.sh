# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# Random steps of a user, from a seed, under I/O; the host may have its own.
RANDOM=$SEED
busy
depth=$(cat "$SCSI/$A/queue_depth")
number=$((RANDOM % 40 + 30))
for ((step = 0; step < number; step++)); do
	case $((RANDOM % 13)) in
	0) echo 1 >"$SCSI/$A/rescan" ;;
	1) echo "- - -" >"$HOST/scan" ;;
	2) sg_reset -N --device "$G" ;;
	3) echo $((RANDOM % 40 + 1)) >"$SCSI/$A/queue_depth" ;;
	4) echo "$depth" >"$SCSI/$A/queue_depth" ;;
	5) echo $((RANDOM % 30 + 2)) >"$SCSI/$A/timeout" ;;
	6) schedule "$(busybox sed -n "$((RANDOM % 4 + 1))p" <<<$'none\nmq-deadline\nkyber\nbfq')" ;;
	7) sg_inq "$G" ;;
	8) sg_luns "$G" ;;
	9) sg_vpd -p 0x83 "$G" ;;
	10) sg_raw "$G" 00 00 00 00 00 00 ;;
	11) echo $((1 << RANDOM % 8)) >"/sys/block/$N/queue/nr_requests" ;;
	12)
		cpu=/sys/devices/system/cpu/cpu1/online
		if [ -e "$cpu" ]; then
			echo 0 >"$cpu"
			busybox sleep 0.2
			echo 1 >"$cpu"
		fi
		;;
	esac >/dev/null 2>"$W/walk.said"
	busybox sleep "0.$((RANDOM % 4))"
done
if [ "$MEANWHILE" ]; then
	outcome .unplugged yes
	until_done busybox sleep 1
	outcome ended $?
fi
not_busy
settle list_units
outcome units "$(list_units)"
check after "$D"
