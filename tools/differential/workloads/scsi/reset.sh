# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# Resets of each kind that a user can ask for, while the unit is busy.
busy()
{
	while until_calm; do
		check busy "$D" 2
	done >"$W/busy" 2>&1
	busybox grep '^outcome' "$W/busy" | busybox tail -n 2
}
busy >"$W/last" &
for round in {1..8}; do
	for kind in device target bus host; do
		try "reset.$kind" sg_reset -N "--$kind" "$G"
		busybox sleep 0.3
	done
done
: >"$W/calm"
wait
busybox rm -f "$W/calm"
cat "$W/last"
try ready sg_turs "$G"
check after "$D"
outcome state "$(cat "$SCSI/$A/state" "$HOST/state" | busybox tr '\n' ' ')"
