# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tools/differential/guest/lib.sh
# shellcheck disable=SC2154
# What sysfs shows of a unit and of its host; the features that both offer.
shopt -s nullglob
show()
{
	local file text
	cd "$2" || return 1
	for file in $3; do
		if [ ! -f "$file" ] || [ ! -r "$file" ]; then
			continue
		fi
		text=$(busybox hexdump -v -e '1/1 "%_p"' "$file" 2>/dev/null)
		outcome "$1.$file" "$text"
	done
}
show unit "$SCSI/$A" "vendor model rev type scsi_level queue_depth
	queue_type queue_ramp_up_period timeout eh_timeout state device_blocked
	device_busy blacklist dh_state evt_* inquiry vpd_pg* wwid
	preferred_path access_state cdl_*"
show host "$HOST" "active_mode can_queue cmd_per_lun host_busy
	nr_hw_queues proc_name prot_capabilities prot_guard_type
	sg_prot_tablesize sg_tablesize state supported_mode eh_deadline
	host_reset use_blk_mq unchecked_isa_dma"
for folder in "$SCSI/$A"/scsi_disk/*; do
	show disk "$folder" "allow_restart app_tag_own cache_type FUA
		manage_* max_medium_access_timeouts max_retries max_write_same_blocks
		protection_mode protection_type provisioning_mode thin_provisioning
		zeroing_mode zoned_cap"
done
outcome links "$(cd "$SCSI/$A" && busybox ls -d block scsi_device \
	scsi_disk scsi_generic bsg 2>&1 | busybox tr '\n' ' ')"
outcome units "$(list_units)"
# The bits of the class, and those of the ring that both drivers know
if [ -e "$F/vfe/features" ]; then
	bits=$(<"$F/vfe/features")
	for bit in {0..3} 24 28 29 32 33 34; do
		outcome "feature.$bit" "$((bits >> bit & 1))"
	done
else
	bits=$(cat "$F"/virtio*/features)
	for bit in {0..3} 24 28 29 32 33 34; do
		outcome "feature.$bit" "${bits:bit:1}"
	done
fi
