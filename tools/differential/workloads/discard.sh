# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# Discards and zeroes: by whole disk, by ranges, aligned and not.
try fill dd if=/dev/zero of="$W/fill" bs=1M count=8 status=none
busybox tr '\0' '\252' <"$W/fill" >"$W/filled"
try write dd if="$W/filled" of="$D" bs=1M oflag=direct status=none
try discard.aligned blkdiscard -o 1M -l 1M "$D"
try discard.sector blkdiscard -o 2097664 -l 512 "$D"
try discard.odd blkdiscard -o 3146240 -l 700416 "$D"
try zeroout blkdiscard -z -o 5M -l 1M "$D"
try zeroout.odd blkdiscard -z -o 6292480 -l 66048 "$D"
try secure blkdiscard -s -o 7M -l 1M "$D"
try beyond blkdiscard -o 0 -l 1T "$D"
try whole blkdiscard -f -o 64M "$D"
say sum sha256sum "$W/filled"
sum=$(dd if="$D" bs=1M count=8 iflag=direct status=none | sha256sum)
outcome disk "$sum"
busybox rm -f "$W/fill" "$W/filled"
