#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The first process of the kernel under test: loads /modules in the order of
# /order, logs that in the kernel's log, checks for leaks and powers off.
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

# A module that is unloaded must have freed its memory: the rest is a leak.
unload()
{
	say "UNLOAD $1"
	rmmod "$1" || say "STAYS $1"
}

# kmemleak ignores an object in its first seconds, and while its content changes:
# the second scan reports it.
scan()
{
	for _ in 1 2; do
		sleep 6
		echo scan >/sys/kernel/debug/kmemleak ||
			say "AMISS kmemleak does not scan"
	done
}

leaks()
{
	scan
	sed 's/^/<3>kmemleak: /' /sys/kernel/debug/kmemleak >/leaks
	while IFS= read -r line; do
		echo "$line" >/dev/kmsg
	done </leaks
	echo clear >/sys/kernel/debug/kmemleak
}

# a checker that can be disabled: its name, a file, and its contents
is_on()
{
	[ "$(cat "$2")" = "$3" ] || say "AMISS $1 is off"
}

# one whose file is absent then
is_there()
{
	[ -f "$2" ] || say "AMISS $1 is off"
}

# one that cannot: its name, and one of its functions
is_built()
{
	[ -n "$(sed -n "/ $2\$/p" /proc/kallsyms)" ] ||
		say "AMISS the kernel is built without $1"
}

# A checker without findings must be enabled. A report that did not reach the
# log, because a test had silenced the console, leaves a trace: a taint (except
# those of out-of-tree modules and of tests), or a lockdep that is
# off.
checkers()
{
	is_built KASAN kasan_report
	is_built UBSAN __ubsan_handle_shift_out_of_bounds
	is_on lockdep /proc/sys/kernel/prove_locking 1
	is_on DMA-API /sys/kernel/debug/dma-api/disabled N
	is_there debugobjects /sys/kernel/debug/debug_objects/stats
	is_there failslab /sys/kernel/debug/failslab/probability
	taint=$(cat /proc/sys/kernel/tainted)
	taint=$((taint & ~(1 << 12 | 1 << 13 | 1 << 18)))
	[ "$taint" -eq 0 ] || say "AMISS the kernel is tainted ($taint)"
	[ "$(sed -n 's/^ debug_locks: *//p' /proc/lockdep_stats)" = 1 ] ||
		say "AMISS lockdep is off"
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

# do not drop messages because of a rate limit
echo on >/proc/sys/kernel/printk_devkmsg
# leaks of the kernel itself so far are not the drivers'
scan
echo clear >/sys/kernel/debug/kmemleak

say BEGIN
while read -r line; do
	# shellcheck disable=SC2086 # load or reject, a name and words
	$line
done </order
# The files that a suite's kernel thread closed are released by a work item, and
# the kernel's bdev_release() drops its reference to the module before its last
# use of the disk.
sleep 1
while read -r name; do
	unload "$name"
done </last
leaks
checkers
say END
coverage
poweroff -f
