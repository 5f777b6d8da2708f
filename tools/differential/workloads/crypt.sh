# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# dm-crypt with a known key, so that the data on the medium are known, too.
export DM_DISABLE_UDEV=1
printf '%064d' 7 | dd of="$W/key" status=none
if try open cryptsetup open --type plain --cipher aes-xts-plain64 \
	--key-size 512 --key-file "$W/key" "$D" crypt; then
	disk=$D
	D=/dev/mapper/crypt
	run_fio fio --name=crypt --filename="$D" --rw=randwrite --bs=16k \
		--size=16M --ioengine=libaio --iodepth=32 --direct=1 \
		--verify=pattern --verify_pattern=0x1badcafe%o \
		--verify_fatal=1 --verify_state_save=0
	D=$disk
	try close cryptsetup close crypt
fi
