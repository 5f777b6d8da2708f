# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Runs commands that come in on a virtio-serial port; read in by the guest's
# init. A request is a line "ID SECONDS SCRIPT-BYTES INPUT-BYTES" and then that
# many bytes of each; the answer is a line "ID STATUS OUTPUT-BYTES" and then
# the output. Between commands it blocks in read: the guest is idle then.

find_port()
{
	for port in /sys/class/virtio-ports/*; do
		name=
		[ -e "$port/name" ] && read -r name <"$port/name"
		port=/dev/${port##*/}
		[ "$name" = vfe.agent ] && [ -c "$port" ] && return 0
	done
	return 1
}

until find_port; do
	busybox sleep 0.05
done
exec 3<>"$port"
work=/run/agent
busybox mkdir -p "$work"
cd /root || cd /
echo ready >&3

# By path, or busybox uses its own head, which reads too much.
take()
{
	if [ "$1" -gt 0 ]; then
		/usr/bin/head -c "$1" <&3
	fi
}

while read -r id seconds script_size input_size <&3; do
	take "$script_size" >"$work/script"
	take "$input_size" >"$work/input"
	/usr/bin/timeout -k 5 "$seconds" bash "$work/script" <"$work/input" \
		>"$work/output" 2>&1 3>&-
	status=$?
	size=$(busybox stat -c %s "$work/output")
	{
		echo "$id $status $size"
		busybox cat "$work/output"
	} >&3
done
