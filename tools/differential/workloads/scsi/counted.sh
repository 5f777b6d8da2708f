# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# A fixed number of commands: what each level counts of them.
schedule none
echo 2 >"/sys/block/$N/queue/nomerges"
count()
{
	local field
	read -r -a field <"/sys/block/$N/stat"
	echo "${field[0]} ${field[2]} ${field[4]} ${field[6]} ${field[15]} $((
		$(cat "$SCSI/$A/iorequest_cnt"))) $(($(cat "$SCSI/$A/iodone_cnt"))) $((
		$(cat "$SCSI/$A/ioerr_cnt")))"
}
step()
{
	local key=$1 name before after index=0
	shift
	read -r -a before <<<"$(count)"
	run_fio "$key" --name=counted --filename="$D" --ioengine=libaio \
		--direct=1 --size=8M --bs=4k "$@"
	read -r -a after <<<"$(count)"
	for name in reads read.sectors writes written.sectors flushes requests \
		completed errors; do
		outcome "$key.$name" "$((after[index] - before[index]))"
		index=$((index + 1))
	done
}
step read --rw=randread --iodepth=32
step write --rw=randwrite --iodepth=32
step batch --rw=randread --iodepth=32 --iodepth_batch=32 --iodepth_batch_complete=32
step sync --rw=randwrite --iodepth=1 --fsync=8 --number_ios=256
step large --rw=read --bs=512k --iodepth=4
step one --rw=randread --iodepth=1 --number_ios=500
