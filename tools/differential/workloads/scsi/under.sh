# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# I/O on the first unit while the host does something; the units and the traces
# of removed ones then. TRACES has those from before the host began.
outcome .unplugged yes
until_done check busy "$D" 8
outcome ended $?
settle list_units
outcome units "$(list_units)"
# Each unit that is there now has more than before: compare only without any.
host_done && set -- "$SCSI/${A%%:*}":*
if [ "$#" = "$(($(busybox wc -w <<<"$DISKS") + 1))" ]; then
	echo 1 >"$SCSI/${A%%:*}:0:9:9/delete"
	wait_unit "${A%%:*}:0:9:9" gone
	compare_traces "$(cat "$TRACES")"
fi
check after "$D" 8
