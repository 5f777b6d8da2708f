# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# Single large reads on an otherwise idle disk.
schedule none
fragment
for size in 1M 2M 4M 8M; do
	for round in {0..7}; do
		try "read.$size.$round" dd if="$D" of=/dev/null iflag=direct \
			bs="$size" count=1 skip="$round" || break 2
	done
done
