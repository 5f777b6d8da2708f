# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# File traffic on a file system: KIND is ext4, xfs or btrfs.
busybox mkdir -p "$MNT"
options=
case $KIND in
ext4)
	try mkfs mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$D"
	;;
xfs)
	try mkfs mkfs.xfs -q -f "$D"
	options=nouuid
	;;
btrfs)
	try mkfs mkfs.btrfs -q -f "$D"
	;;
esac
traffic()
{
	try copy busybox cp -a /usr/lib/udev "$MNT/tree"
	try more busybox cp -a /usr/bin/bash /usr/bin/fio "$MNT/tree"
	run_fio direct --name=direct --directory="$MNT" --rw=randwrite --bs=4k \
		--size=8M --ioengine=libaio --iodepth=16 --direct=1 \
		--verify=crc32c --verify_fatal=1 --verify_state_save=0
	run_fio mmap --name=mmap --directory="$MNT" --rw=randwrite --bs=4k \
		--size=4M --ioengine=mmap --verify=crc32c --verify_fatal=1 \
		--verify_state_save=0
	run_fio files --name=files --directory="$MNT" --rw=write --bs=4k \
		--nrfiles=64 --size=4M --ioengine=psync --fsync_on_close=1
	try remove busybox rm -rf "$MNT/tree/rules.d"
	try sync sync -f "$MNT"
}
if try mount mount -o "${options:-rw}" "$D" "$MNT"; then
	traffic
	try freeze fsfreeze -f "$MNT"
	try thaw fsfreeze -u "$MNT"
	try fstrim fstrim "$MNT"
	outcome sums "$(cd "$MNT/tree" && busybox find . -type f | sort |
		busybox xargs sha256sum | sha256sum)"
	try umount umount "$MNT"
	echo 3 >/proc/sys/vm/drop_caches
	try mount2 mount -o "${options:-rw}" "$D" "$MNT"
	outcome sums2 "$(cd "$MNT/tree" && busybox find . -type f | sort |
		busybox xargs sha256sum | sha256sum)"
	try umount2 umount "$MNT"
fi
case $KIND in
ext4) try fsck e2fsck -fn "$D" ;;
xfs) try fsck xfs_repair -n "$D" ;;
btrfs) try fsck btrfs check "$D" ;;
esac
