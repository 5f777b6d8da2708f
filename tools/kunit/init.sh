#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The first process of the kernel under test: loads /modules in the order of
# /order, says so in the kernel's log, looks for leaks and powers off.
# Everything between @@BEGIN and @@END is judged (tools/kunit/kernellog.py).

say()
{
	echo "<6>@@$*" >/dev/kmsg
}

# a module's name, then its parameters
load()
{
	name=$1
	shift
	say "LOAD $name"
	if insmod "/modules/$name.ko" "$@"; then
		say "LOADED $name"
	else
		say "REFUSED $name"
	fi
}

# the same, but the module must refuse the parameters
reject()
{
	if insmod "/modules/$1.ko" "$2"; then
		say "TAKEN $1 $2"
		rmmod "$1"
	fi
}

# A module that is gone keeps no memory: what only it knew of is a leak then.
unload()
{
	say "UNLOAD $1"
	rmmod "$1" || say "STAYS $1"
}

# Let a task that asks for it (fail_nth) meet failures of any allocation, and
# let them be quiet: a report would look like one of a checker.
prepare_failures()
{
	for kind in failslab fail_page_alloc; do
		cd "/sys/kernel/debug/$kind" || continue
		echo N >ignore-gfp-wait
		echo 0 >verbose
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
	cd /
}

# An object is not suspected in its first seconds, and one scan may meet a
# pointer on its way from one place to another.
scan()
{
	for _ in 1 2; do
		sleep 6
		echo scan >/sys/kernel/debug/kmemleak
	done
}

leaks()
{
	[ -f /sys/kernel/debug/kmemleak ] || return 0
	scan
	sed 's/^/<3>kmemleak: /' /sys/kernel/debug/kmemleak >/leaks
	while IFS= read -r line; do
		echo "$line" >/dev/kmsg
	done </leaks
	echo clear >/sys/kernel/debug/kmemleak
}

coverage()
{
	[ -f /coverage ] || return 0
	mkdir -p /host
	mount -t hostfs -o "$(cat /coverage)" none /host || return
	cd /sys/kernel/debug/gcov || return
	find . -name '*.gcda' | while read -r file; do
		mkdir -p "/host/${file%/*}"
		cat "$file" >"/host/$file"
	done
	cd /
	umount /host
}

export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
mount -t tmpfs tmpfs /tmp

# messages written here are not to be dropped for being many
echo on >/proc/sys/kernel/printk_devkmsg
# what the kernel itself has lost by now is not the drivers'
if [ -f /sys/kernel/debug/kmemleak ]; then
	scan
	echo clear >/sys/kernel/debug/kmemleak
fi

prepare_failures

say BEGIN
while read -r line; do
	# shellcheck disable=SC2086 # load or reject, a name and words
	$line
done </order
say LEAKS
leaks
while read -r name; do
	unload "$name"
done </last
leaks
say END
coverage
poweroff -f
