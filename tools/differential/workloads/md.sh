# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2153
# A mirror of two disks: write, check, degrade and repair it.
export MDADM_NO_UDEV=1
echo 200000 >/proc/sys/dev/raid/speed_limit_min 2>/dev/null
if try create mdadm --create /dev/md127 --run --assume-clean --metadata=1.0 \
	--size=65536 --level=1 --raid-devices=2 "$D" "$D2"; then
	run_fio fio --name=md --filename=/dev/md127 --rw=randwrite --bs=16k \
		--size=16M --ioengine=libaio --iodepth=32 --direct=1 \
		--verify=pattern --verify_pattern=0x1badcafe%o \
		--verify_fatal=1 --verify_state_save=0
	echo check >/sys/block/md127/md/sync_action
	try wait mdadm --wait /dev/md127
	outcome mismatches "$(cat /sys/block/md127/md/mismatch_cnt)"
	try fail mdadm /dev/md127 --fail "$D2"
	try remove mdadm /dev/md127 --remove "$D2"
	try again mdadm /dev/md127 --add "$D2"
	mdadm --wait /dev/md127 >/dev/null 2>&1
	outcome degraded "$(cat /sys/block/md127/md/degraded)"
	for _ in {1..20}; do
		mdadm --stop /dev/md127 >"$W/said" 2>&1 && break
		busybox sleep 0.5
	done
	[ ! -e /sys/block/md127/md/array_state ] ||
		outcome stopped "$(cat /sys/block/md127/md/array_state)"
	cmp "$D" "$D2" >"$W/said" 2>&1
	outcome zeroed "$(mdadm --zero-superblock "$D" "$D2" 2>&1)"
fi
