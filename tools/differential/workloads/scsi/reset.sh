# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# Resets of each kind that a user can ask for, while the unit is busy.
busy
for round in {1..8}; do
	kinds="device target"
	# The SCSI core waits for 10 s after these.
	if [ "$round" = 4 ]; then
		kinds="device bus host target"
		outcome .reset asked
	fi
	for kind in $kinds; do
		try "reset.$kind" sg_reset -N "--$kind" "$G"
		busybox sleep 0.3
	done
done
not_busy
# The unit attention of the last reset
sg_raw "$G" 00 00 00 00 00 00 >"$W/said" 2>&1
try ready sg_raw "$G" 00 00 00 00 00 00
check after "$D"
outcome state "$(cat "$SCSI/$A/state" "$HOST/state" | busybox tr '\n' ' ')"
