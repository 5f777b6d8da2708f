# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# I/O on the first unit while the host does something; the units and the traces
# of removed ones then.
before=$(traces)
outcome .unplugged yes
until_done check busy "$D" 8
outcome ended $?
units_settle
outcome units "$(list_units)"
# Each unit that is there now has more than before: compare only without any.
host_done && set -- "$SCSI/${A%%:*}":*
if [ "$#" = "$(($(busybox wc -w <<<"$DISKS") + 1))" ]; then
	echo 1 >"$SCSI/${A%%:*}:0:9:9/delete"
	wait_unit "${A%%:*}:0:9:9" gone
	busybox sleep 0.5
	after=$(traces)
	if [ "$before" = "$after" ]; then
		outcome traces none
	else
		outcome traces "$before to $after"
	fi
fi
check after "$D" 8
