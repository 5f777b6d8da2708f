# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# Units are rescanned, deleted and found again while another one is busy.
settle traces
before=$(traces)
busy
for round in {1..12}; do
	echo 1 >"$SCSI/$A/rescan"
	try delete sh -c "echo 1 >$SCSI/$A2/delete"
	try gone wait_unit "$A2" gone
	case $((round % 3)) in
	0) scan="- - -" ;;
	1) scan=$(echo "${A2#*:}" | busybox tr : ' ') ;;
	2) scan="0 $(echo "${A2#*:*:}" | busybox tr : ' ')" ;;
	esac
	try "scan.$round" sh -c "echo '$scan' >$HOST/scan"
	try "back.$round" wait_unit "$A2"
	check "again.$round" "$(disk_of "$A2")" 1
done
not_busy
# and the busy one itself, now that it is not
try self.delete sh -c "echo 1 >$SCSI/$A/delete"
try self.gone wait_unit "$A" gone
try self.scan sh -c "echo '- - -' >$HOST/scan"
try self.back wait_unit "$A"
check self.again "$(disk_of "$A")" 1
outcome units "$(list_units)"
compare_traces "$before"
