// SPDX-License-Identifier: GPL-2.0
/* The features and the configuration space, virtio 1.4, 5.6.3 and 5.6.4. */
#include <string.h>

#include "scsi/scsi.h"

const struct bit_name scsi_feature_names[] = {
	{ "hotplug", VIRTIO_SCSI_F_HOTPLUG },
	{ "change", VIRTIO_SCSI_F_CHANGE },
	{ "t10_pi", VIRTIO_SCSI_F_T10_PI },
	{ }
};

static bool has_protection(const struct scsi_options *o)
{
	for (unsigned int i = 0; i < o->n; i++) {
		if (o->units[i].protection)
			return true;
	}
	return false;
}

uint64_t scsi_features(const struct vdev *v)
{
	uint64_t f = BIT64(VIRTIO_SCSI_F_HOTPLUG) | BIT64(VIRTIO_SCSI_F_CHANGE);

	/* For other hosts it would only make each request longer. */
	if (has_protection(scsi_of(v)->o))
		f |= BIT64(VIRTIO_SCSI_F_T10_PI);
	return f & ~v->o->features_off;
}

uint32_t scsi_seg_max(const struct vdev *v)
{
	/* Request and response need one descriptor each, in either layout. */
	uint32_t size = ring_largest(&split_ops, v->o->queue_size);
	uint32_t room = size > 2 ? size - 2 : 1;

	/* As many for the protection information */
	if (v->offered & BIT64(VIRTIO_SCSI_F_T10_PI) && room > 1)
		room /= 2;
	return room < SCSI_SEG_MAX ? room : SCSI_SEG_MAX;
}

/* 5.6.4.2 */
void scsi_config_reset(struct scsi *s)
{
	s->sense_size = VFE_SCSI_SENSE_SIZE;
	s->cdb_size = VFE_SCSI_CDB_SIZE;
}

static uint32_t cmd_per_lun(const struct vdev *v)
{
	uint32_t size = ring_largest(&split_ops, v->o->queue_size);

	return size < SCSI_CMD_PER_LUN ? size : SCSI_CMD_PER_LUN;
}

uint32_t scsi_config_read(struct vdev *v, uint32_t offset, unsigned int size)
{
	const struct scsi *s = scsi_of(v);
	struct vfe_scsi_config c = {
		.num_queues = htole32(v->o->queues),
		.seg_max = htole32(scsi_seg_max(v)),
		.max_sectors = htole32(SCSI_MAX_SECTORS),
		.cmd_per_lun = htole32(cmd_per_lun(v)),
		.event_info_size = htole32(sizeof(struct vfe_scsi_event)),
		.sense_size = htole32(s->sense_size),
		.cdb_size = htole32(s->cdb_size),
		.max_target = htole16(VFE_SCSI_MAX_TARGETS - 1),
		.max_lun = htole32(VFE_SCSI_MAX_UNITS - 1),
	};

	scsi_quirk_config(v, &c);
	return vdev_config_read(&c, sizeof(c), offset, size);
}

void scsi_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		       uint32_t value)
{
	struct scsi *s = scsi_of(v);

	/* Requests in flight have the size that was valid before. */
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		log_line("device_config: write of %u bytes at %u ignored: after DRIVER_OK",
			 size, offset);
	else if (offset == offsetof(struct vfe_scsi_config, sense_size) &&
		 size == 4 && value <= SCSI_SENSE_MOST)
		s->sense_size = value;
	else if (offset == offsetof(struct vfe_scsi_config, cdb_size) &&
		 size == 4 && value && value <= SCSI_CDB_MOST)
		s->cdb_size = value;
	else
		log_line("device_config: write of %u, %u bytes at %u, ignored: sense_size takes up to %u, cdb_size 1 to %u, in 4 bytes",
			 value, size, offset, SCSI_SENSE_MOST, SCSI_CDB_MOST);
}
