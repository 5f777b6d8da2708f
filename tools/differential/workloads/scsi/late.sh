# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# Storage that needs longer than the time limit of a command. Time alone fails
# nothing.
echo 1 >"$SCSI/$A/timeout"
outcome .late yes
schedule none
if [ "$MEANWHILE" ]; then
	until_done check busy "$D" 2
	outcome ended $?
else
	run_fio late --name=late --filename="$D" --rw=randread --bs=4k --size=8M \
		--ioengine=libaio --iodepth=8 --direct=1 --number_ios=64
fi
outcome state "$(cat "$SCSI/$A/state" "$HOST/state" | busybox tr '\n' ' ')"
outcome errors "$(($(cat "$SCSI/$A/ioerr_cnt")))"
