# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# Write more to a tmpfs than the control group may hold, so that the kernel
# swaps. Beyond memory.high the kernel throttles; beyond memory.max it
# kills, sooner or later, with either driver.
group=/sys/fs/cgroup/differential
try mkswap mkswap -q -U 6a4c9a1e-0b0b-4e0b-9c0b-000000000005 "$D"
try swapon swapon "$D"
mountpoint=$W/swapped
busybox mkdir -p "$mountpoint"
[ -e /sys/fs/cgroup/cgroup.procs ] ||
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
busybox mkdir -p "$group"
echo 24M >"$group/memory.high"
echo 96M >"$group/memory.max"
mount -t tmpfs -o size=256M tmpfs "$mountpoint"
(
	echo "$BASHPID" >"$group/cgroup.procs"
	for file in {1..6}; do
		dd if=/dev/urandom of="$mountpoint/$file" bs=1M count=8 \
			status=none || echo "no room"
		sha256sum "$mountpoint/$file"
	done >"$W/sums" 2>&1
	sha256sum -c "$W/sums" >"$W/checked" 2>&1
)
outcome checked "$(busybox grep -c OK "$W/checked")"
swapped=$(busybox sed -n 's/^pswpout //p' /proc/vmstat)
outcome swapped "$((swapped > 0))"
read -r fields <"/sys/block/$N/stat"
echo "stat $fields"
umount "$mountpoint"
try swapoff swapoff "$D"
busybox rmdir "$group"
