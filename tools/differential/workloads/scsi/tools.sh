# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# The commands of sg3-utils on a unit.
for option in "" --id --long --page=0x00 --page=0x80 --page=0x83 --page=0xb0 \
	--page=0xb1 --page=0xb2 --extended --hex --vpd; do
	# shellcheck disable=SC2086
	say "inq $option" sg_inq $option "$G"
done
say luns sg_luns "$G"
say luns.2 sg_luns --select=2 "$G"
say readcap.10 sg_readcap "$G"
say readcap.16 sg_readcap --16 "$G"
for page in 0x00 0x80 0x83 0x86 0xb0 0xb1 0xb2 0xb6; do
	say "vpd $page" sg_vpd --page="$page" "$G"
done
say turs sg_turs --num=50 "$G"
say requests sg_requests "$G"
say modes sg_modes "$G"
say modes.all sg_modes --all "$G"
say modes.6 sg_modes --six --page=8 "$G"
say logs sg_logs --all "$G"
say opcodes sg_opcodes "$G"
say lba sg_get_lba_status --lba=0 "$G"
dd if=/dev/zero bs=512 count=256 status=none | busybox tr '\0' '\252' >"$W/pattern"
BLOCK=$(cat "/sys/block/$N/queue/logical_block_size")
say fill dd if="$W/pattern" of="$D" bs=64k oflag=direct status=none
say verify sg_verify --lba=0 --count=16 "$G"
say verify.bytes sg_verify --ebytchk="$BLOCK" --lba=0 --count=1 \
	--in="$W/pattern" "$G"
say verify.wrong sg_verify --ebytchk="$BLOCK" --lba=1000 --count=1 \
	--in="$W/pattern" "$G"
say verify.beyond sg_verify --lba=0x7fffffff --count=16 "$G"
say unmap sg_unmap --lba=4 --num=4 --force "$G"
say write_same sg_write_same --lba=8 --num=4 --in="$W/pattern" \
	--xferlen="$BLOCK" "$G"
say write_same.unmap sg_write_same --unmap --lba=12 --num=4 --16 \
	--in=/dev/zero --xferlen="$BLOCK" "$G"
say write_same.10 sg_write_same --10 --lba=16 --num=2 --in=/dev/zero \
	--xferlen="$BLOCK" "$G"
say compare sg_compare_and_write --lba=20 --num=1 --in="$W/pattern" \
	--xferlen=$((2 * BLOCK)) "$G"
say sync sg_sync "$G"
say start sg_start --start "$G"
say rwbuf sg_test_rwbuf --quick --size=4096 "$G"
say read sg_read if="$G" bs="$BLOCK" count=64 bpt=8
say dd sg_dd if="$G" of="$W/read" bs="$BLOCK" count=16 verbose=0
outcome sum "$(sha256sum "$W/read")"
for option in --read-keys --read-reservation --report-capabilities \
	"--register --param-sark=0x123" --read-keys \
	"--reserve --param-rk=0x123 --prout-type=1" --read-reservation \
	--read-full-status "--release --param-rk=0x123 --prout-type=1" \
	"--clear --param-rk=0x123" --read-keys; do
	# shellcheck disable=SC2086
	say "persist $option" sg_persist --no-inquiry $option "$G"
done
say reset sg_reset -N --device "$G"
say after sg_turs "$G"
