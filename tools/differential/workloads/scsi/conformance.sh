# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# The tests of a target that come with libiscsi, through the unit's sg node.
iscsi-test-cu --dataloss --ignore-sanitize --test "$TESTS" "$G" >"$W/cu" 2>&1
outcome status $?
busybox sed -n 's/^  Test: \([A-Za-z0-9]*\) *\.\.\.\(.*\)/\1 \2/p' "$W/cu" |
	while read -r name result; do
		outcome "test.$name" "$result"
	done
busybox tail -n 60 "$W/cu"
