#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The nested machine's first process: mounts the rootfs that the outer machine
# shares over 9p, and moves there. lab.run= names the command that it then runs.

export PATH=/usr/bin

die()
{
	echo "nested machine: $1"
	poweroff -f
}

ln -s usr/bin /sbin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
for module in 9pnet_virtio 9p virtio_console kvm_amd; do
	modprobe "$module" || die "no module $module"
done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose \
	tree /newroot || die "no 9p root"
umount /proc
# Panics (and so powers off, with panic=-1) when it cannot.
exec switch_root /newroot /bin/sh /vfe/tools/lab/nest_run.sh
