#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs commands that come in on a virtio-serial port. A request is a line
# "ID SECONDS SCRIPT-BYTES INPUT-BYTES" and then that many bytes of each; the
# answer is a line "ID STATUS OUTPUT-BYTES" and then the output. Between
# commands it blocks in read: the guest is idle then.

find_port()
{
	local port name
	for port in /sys/class/virtio-ports/*; do
		name=
		[ -e "$port/name" ] && read -r name <"$port/name"
		if [ "$name" = vfe.agent ]; then
			echo "/dev/${port##*/}"
			return
		fi
	done
	return 1
}

until port=$(find_port); do
	sleep 0.05
done
exec 3<>"$port"
work=/run/agent
mkdir -p "$work"
cd /root || exit 1
printf 'ready\n' >&3

while read -r -u 3 id seconds script_size input_size; do
	head -c "$script_size" <&3 >"$work/script"
	head -c "$input_size" <&3 >"$work/input"
	timeout -k 5 "$seconds" bash "$work/script" <"$work/input" \
		>"$work/output" 2>&1 3>&-
	status=$?
	printf '%s %s %s\n' "$id" "$status" "$(stat -c %s "$work/output")" >&3
	cat "$work/output" >&3
done
