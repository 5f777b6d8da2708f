# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# The backend fails at known sectors: which requests fail, and with which error.
#
# The kernel logs at most ten I/O errors in 5 s, of all disks together. The turn
# before this one ended with more: without a pause, a fast machine would drop
# the first errors of this turn, and the two logs would differ.
busybox sleep 6
sectors()
{
	local kind=$1 first=$2 sector
	for sector in $((first - 8)) $((first - 1)) "$first" $((first + 1)); do
		case $kind in
		read)
			say "$kind $sector" dd if="$D" of=/dev/null bs=512 \
				skip="$sector" count=1 iflag=direct status=none
			;;
		write)
			say "$kind $sector" dd if=/dev/zero of="$D" bs=512 \
				seek="$sector" count=1 oflag=direct status=none
			;;
		discard)
			say "$kind $sector" blkdiscard -o $((sector * 512)) \
				-l 512 "$D"
			;;
		zeroes)
			say "$kind $sector" blkdiscard -z \
				-o $((sector * 512)) -l 512 "$D"
			;;
		esac
	done
}
sectors read "$BAD_READ"
sectors write "$BAD_WRITE"
sectors discard "$BAD_DISCARD"
sectors zeroes "$BAD_DISCARD"
say large dd if="$D" of=/dev/null bs=1M skip=3 count=2 iflag=direct \
	status=none
say buffered dd if="$D" of=/dev/null bs=4k skip=1020 count=10 status=none
for engine in libaio io_uring; do
	run_fio "$engine" --name=errors --filename="$D" --rw=randrw --bs=4k \
		--offset=3M --size=6M --ioengine="$engine" --iodepth=16 \
		--direct=1 --continue_on_error=all --randseed=5
	outcome "$engine.errors" "$(busybox grep -o '"total_err" : [0-9]*' \
		"$W/fio.json")"
done
run_fio after --name=after --filename="$D" --rw=randread --bs=4k \
	--size=2M --ioengine=libaio --iodepth=16 --direct=1
