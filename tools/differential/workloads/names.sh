# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# Names that udev gives to a disk with partitions and file systems.
sfdisk -q "$D" >"$W/said" 2>&1 <<'TABLE'
label: gpt
label-id: 6A4C9A1E-0B0B-4E0B-9C0B-000000000001
size=64M, name=first, uuid=6A4C9A1E-0B0B-4E0B-9C0B-000000000002
size=64M, name=second, uuid=6A4C9A1E-0B0B-4E0B-9C0B-000000000003
TABLE
outcome sfdisk $?
case $N in
*[0-9]) first=${D}p1 ;;
*) first=${D}1 ;;
esac
try mkfs mkfs.ext4 -q -L names -U 6a4c9a1e-0b0b-4e0b-9c0b-000000000004 "$first"
/usr/bin/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=block
udevadm settle --timeout=30
outcome settle $?
for link in $(busybox find /dev/disk -type l | sort); do
	target=$(readlink -f "$link")
	case "$target" in
	"$D"*)
		part=${target#"$D"}
		outcome "name $link" "disk ${part#p}"
		;;
	esac
done
udevadm control --exit
busybox rm -rf /dev/disk
wipefs -qa "$first" "$D"
