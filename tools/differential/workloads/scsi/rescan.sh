# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# Units are rescanned, deleted and found again while another one is busy.
busy()
{
	while until_calm; do
		check busy "$D" 2
	done >"$W/busy" 2>&1
	busybox grep '^outcome' "$W/busy" | busybox tail -n 2
}
before=$(traces)
busy >"$W/last" &
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
: >"$W/calm"
wait
busybox rm -f "$W/calm"
cat "$W/last"
# and the busy one itself, now that it is not
try self.delete sh -c "echo 1 >$SCSI/$A/delete"
try self.gone wait_unit "$A" gone
try self.scan sh -c "echo '- - -' >$HOST/scan"
try self.back wait_unit "$A"
check self.again "$(disk_of "$A")" 1
outcome units "$(list_units)"
[ "$before" = "$(traces)" ] || outcome traces "$before to $(traces)"
