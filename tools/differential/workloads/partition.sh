# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# A partition table, and I/O on the last sectors of a partition.
for label in dos gpt; do
	printf 'label: %s\n,64M\n,100M\n,,\n' "$label" |
		sfdisk -q -W always "$D" >"$W/said" 2>&1
	outcome "$label" $?
	busybox sleep 0.2
	for part in /sys/block/"$N"/"$N"*; do
		number=${part##*"$N"} number=${number#p}
		read -r start <"$part/start"
		read -r size <"$part/size"
		read -r offset <"$part/alignment_offset"
		outcome "$label $number" "$start $size $offset"
		node=/dev/${part##*/}
		try "$label.write $number" dd if=/dev/zero of="$node" \
			bs=512 seek=$((size - 3)) count=3 oflag=direct
		try "$label.beyond $number" dd if=/dev/zero of="$node" \
			bs=512 seek=$((size - 1)) count=2 oflag=direct
	done
	try "$label.reread" blockdev --rereadpt "$D"
	outcome "$label.count" "$(echo "/sys/block/$N/$N"* | busybox wc -w)"
	try "$label.wipe" wipefs -qa "$D"
	try "$label.gone" blockdev --rereadpt "$D"
done
