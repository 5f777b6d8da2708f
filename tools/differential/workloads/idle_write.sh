# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# Single large writes on an otherwise idle disk, in one submission each.
schedule none
fragment
for round in {0..15}; do
	try "write.$round" xfs_io -d -c \
		"pwrite -S 0xaa -b 2M $((round * 2))M 2M" "$D" || break
done
for round in {16..23}; do
	try "write.$round" xfs_io -d -c \
		"pwrite -w -S 0xbb -b 8M $((round * 8))M 8M" "$D" || break
done
