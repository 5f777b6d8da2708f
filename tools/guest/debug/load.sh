# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Runs in the guest with an archive on standard input: loads its modules in
# the order of its file "order", logs that in the kernel's log, and unloads
# those of its file "last". All between @@BEGIN and @@END is judged
# (tools/kunit/kernellog.py).

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
	if insmod "$name.ko" "$@"; then
		say "LOADED $name"
	else
		say "REFUSED $name"
	fi
}

# the same, but the module must refuse the parameters
reject()
{
	if insmod "$1.ko" "$2" 2>/dev/null; then
		say "TAKEN $1 $2"
		rmmod "$1"
	fi
}

# A report that did not reach the log leaves a trace: a taint (except those of
# modules from outside and of tests count), or a checker that is off.
checkers()
{
	taint=$(cat /proc/sys/kernel/tainted)
	taint=$((taint & ~(1 << 12 | 1 << 13 | 1 << 18)))
	[ "$taint" -eq 0 ] || say "AMISS the kernel is tainted ($taint)"
	grep -q '^ debug_locks: *1$' /proc/lockdep_stats ||
		say "AMISS lockdep is off"
	grep -q '^enabled: 1$' /sys/kernel/debug/kcsan ||
		say "AMISS KCSAN is off"
	grep -q '^N' /sys/kernel/debug/dma-api/disabled ||
		say "AMISS DMA-API is off"
}

# do not bind drivers to the guest's own disks
echo 0 >/sys/bus/pci/drivers_autoprobe
# do not drop messages because of a rate limit
echo on >/proc/sys/kernel/printk_devkmsg
mkdir -p /tmp/suites
cd /tmp/suites || exit
busybox tar -x
say BEGIN
while read -r line; do
	# shellcheck disable=SC2086 # load or reject, a name and words
	$line </dev/null
done <order
while read -r name; do
	rmmod "$name" || say "STAYS $name"
done <last
checkers
say END
