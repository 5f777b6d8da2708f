# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# All units at once. Threads of fio would share the buffer for a pattern.
outcome units "$(list_units)"
set --
for disk in $DISKS; do
	set -- "$@" --name="$disk" --filename="/dev/$disk"
done
run_fio all --rw=randwrite --bs=4k --size=1M --ioengine=libaio --iodepth=4 \
	--direct=1 --verify=pattern --verify_pattern=0x1badcafe%o \
	--verify_fatal=1 --verify_state_save=0 "$@"
for disk in $DISKS; do
	sum=$(dd if="/dev/$disk" bs=1M count=1 iflag=direct status=none |
		sha256sum)
	outcome "sum.$(busybox readlink -f "/sys/block/$disk/device" |
		busybox sed 's|.*/[0-9]*:||')" "$sum"
done
