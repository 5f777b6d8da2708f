# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# The commands of sg3-utils on a unit.

# must STATUS[/STATUS] KEY COMMAND...: on our device this status, on QEMU's the
# second one, where it does not have the command.
must()
{
	local wanted=$1 status=0
	shift
	say "$@" || status=$?
	if [ "$OURS" ]; then
		wanted=${wanted%/*}
	else
		wanted=${wanted#*/}
	fi
	[ "$status" = "$wanted" ] || wrong "$1 ended with $status, not $wanted"
}
for option in "" --id --long --page=0x00 --page=0x80 --page=0x83 --page=0xb0 \
	--page=0xb1 --page=0xb2 --extended --hex --vpd; do
	wanted=0
	[ "$option" != --extended ] || wanted=0/83
	# shellcheck disable=SC2086
	must "$wanted" "inq $option" sg_inq $option "$G"
done
must 0 luns sg_luns "$G"
must 0 luns.2 sg_luns --select=2 "$G"
must 0 readcap.10 sg_readcap "$G"
must 0 readcap.16 sg_readcap --16 "$G"
for page in 0x00 0x80 0x83 0x86 0xb0 0xb1 0xb2 0xb6; do
	wanted=0
	[ "$page" != 0x86 ] || wanted=0/83
	[ "$page" != 0xb6 ] || wanted=83
	must "$wanted" "vpd $page" sg_vpd --page="$page" "$G"
done
must 0 turs sg_turs --num=50 "$G"
must 0 turs.verbose sg_turs -vv "$G"
must 0 raw sg_raw "$G" 00 00 00 00 00 00
must 0 requests sg_requests "$G"
must 0 modes sg_modes "$G"
must 0 modes.all sg_modes --all "$G"
must 0 modes.6 sg_modes --six --page=8 "$G"
must 0/9 logs sg_logs --all "$G"
must 0/9 opcodes sg_opcodes "$G"
must 5 lba sg_get_lba_status --lba=0 "$G"
dd if=/dev/zero bs=512 count=256 status=none | busybox tr '\0' '\252' >"$W/pattern"
BLOCK=$(cat "/sys/block/$N/queue/logical_block_size")
must 0 fill dd if="$W/pattern" of="$D" bs=64k oflag=direct status=none
must 0 verify sg_verify --lba=0 --count=16 "$G"
must 0/5 verify.bytes sg_verify --ebytchk=1 --ndo="$BLOCK" --lba=0 --count=1 \
	--in="$W/pattern" "$G"
must 14/5 verify.wrong sg_verify --ebytchk=1 --ndo="$BLOCK" --lba=1000 --count=1 \
	--in="$W/pattern" "$G"
must 22/0 verify.beyond sg_verify --lba=0x7fffffff --count=16 "$G"
must 0 unmap sg_unmap --lba=4 --num=4 --force "$G"
must 0 write_same sg_write_same --lba=8 --num=4 --in="$W/pattern" \
	--xferlen="$BLOCK" "$G"
must 0 write_same.unmap sg_write_same --unmap --lba=12 --num=4 --16 \
	--in=/dev/zero --xferlen="$BLOCK" "$G"
must 0 write_same.10 sg_write_same --10 --lba=16 --num=2 --in=/dev/zero \
	--xferlen="$BLOCK" "$G"
must 0/35 compare sg_compare_and_write --lba=20 --num=1 --in="$W/pattern" \
	--xferlen=$((2 * BLOCK)) "$G"
must 0 sync sg_sync "$G"
must 0 start sg_start --start "$G"
must 0/9 rwbuf sg_test_rwbuf --size=4096 --times=4 "$G"
must 0 read sg_read if="$G" bs="$BLOCK" count=64 bpt=8
must 0 dd sg_dd if="$G" of="$W/read" bs="$BLOCK" count=16 verbose=0
outcome sum "$(sha256sum "$W/read")"
for option in --read-keys --read-reservation --report-capabilities \
	"--out --register --param-sark=0x123" --read-keys \
	"--out --reserve --param-rk=0x123 --prout-type=1" --read-reservation \
	--read-full-status "--out --release --param-rk=0x123 --prout-type=1" \
	"--out --clear --param-rk=0x123" --read-keys; do
	# shellcheck disable=SC2086
	must 0/9 "persist $option" sg_persist --no-inquiry $option "$G"
done
must 0 reset sg_reset -N --device "$G"
must 6 attention sg_raw "$G" 00 00 00 00 00 00
must 0 after sg_raw "$G" 00 00 00 00 00 00
