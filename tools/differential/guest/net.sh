# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Functions for workloads of networks; read in by their scripts. The runner
# sets N, the tested interface, and P, its peer's.

W=/run/differential
LIB=/usr/lib/differential

# Remove both namespaces; interfaces of functions return to the first one.
take_down()
{
	local name
	for name in dut peer; do
		umount "$W/sys.$name" || :
		ip netns del "$name" || :
	done 2>/dev/null
	busybox mkdir -p "$W/sys.dut" "$W/sys.peer"
}

# Put both interfaces into namespaces of their own, with addresses.
set_up()
{
	local name
	take_down
	for name in dut peer; do
		ip netns add "$name"
		ip netns exec "$name" busybox sysctl -q -w \
			net.ipv6.conf.default.addr_gen_mode=1 \
			net.ipv6.conf.all.accept_ra=0 \
			net.ipv4.ping_group_range='0 0'
	done
	ip link set "$N" netns dut name dut || return 1
	ip link set "$P" netns peer name peer || return 1
	for name in dut peer; do
		nsenter --net="/run/netns/$name" \
			mount -t sysfs sysfs "$W/sys.$name"
		ip -n "$name" link set lo up
	done
	configure dut 2 peer 1
	configure peer 1 dut 2
}

# configure NAME NUMBER OTHER NUMBER: addresses, and those of the other one
configure()
{
	ip -n "$1" -batch - <<EOF
addr add 10.9.0.$2/24 dev $1
addr add fd09::$2/64 dev $1 nodad
link set $1 up
neigh replace 10.9.0.$4 lladdr $(<"$W/sys.$3/class/net/$3/address") dev $1 nud permanent
neigh replace fd09::$4 lladdr $(<"$W/sys.$3/class/net/$3/address") dev $1 nud permanent
EOF
}

# traffic WORKLOAD ARGUMENT...
traffic()
{
	(cd "$LIB" && python3 -S -E -B -m traffic "$@")
}
