// SPDX-License-Identifier: GPL-2.0
/*
 * Quirks of SCSI hosts: values of the configuration that do not go with the
 * units, and responses that a driver must not trust.
 */
#include "scsi/scsi.h"

static const char *const odd_lengths[] = {
	[ODD_ZERO] = "zero",
	[ODD_BEYOND] = "beyond",
	[ODD_MAX] = "all-ones",
	NULL
};

/* In the order of enum scsi_quirk */
const struct value_info scsi_quirks[] = {
	VALUE_FLAG_OF("tmf-silent"),
	VALUE_OF("tmf-slow", VALUE_SECONDS, 1, 600 * 1000),
	VALUE_OF("tmf-response", VALUE_NUMBER, 0, UINT8_MAX),
	VALUE_FLAG_OF("abort-ignored"),
	VALUE_FLAG_OF("abort-lost"),
	VALUE_OF("bad-every", VALUE_NUMBER, 1, UINT32_MAX),
	VALUE_OF("response", VALUE_NUMBER, 0, UINT8_MAX),
	VALUE_OF("status", VALUE_NUMBER, 0, UINT8_MAX),
	{ .name = "sense-len", .kind = VALUE_CHOICE, .choices = odd_lengths },
	{ .name = "residual", .kind = VALUE_CHOICE, .choices = odd_lengths },
	VALUE_OF("task-set-full", VALUE_NUMBER, 1, UINT16_MAX),
	VALUE_OF("lost-event", VALUE_NUMBER, 1, UINT32_MAX),
	VALUE_OF("num-queues", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("seg-max", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("max-sectors", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("cmd-per-lun", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("event-info-size", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("max-target", VALUE_NUMBER, 0, UINT16_MAX),
	VALUE_OF("max-lun", VALUE_NUMBER, 0, UINT32_MAX),
	{ }
};

static_assert(sizeof(scsi_quirks) / sizeof(scsi_quirks[0]) ==
	      QUIRK_SCSI_END - QUIRK_OF_CLASS + 1, "each quirk has a name");
static_assert((int)QUIRK_SCSI_END <= (int)NUM_QUIRKS, "there is room");

static void announce(const struct vdev *v, unsigned int which, __le32 *field)
{
	*field = htole32(quirk_value(v, which, le32toh(*field)));
}

void scsi_quirk_config(const struct vdev *v, struct vfe_scsi_config *c)
{
	announce(v, QUIRK_HOST_QUEUES, &c->num_queues);
	announce(v, QUIRK_HOST_SEG_MAX, &c->seg_max);
	announce(v, QUIRK_HOST_MAX_SECTORS, &c->max_sectors);
	announce(v, QUIRK_HOST_CMD_PER_LUN, &c->cmd_per_lun);
	announce(v, QUIRK_HOST_EVENT_SIZE, &c->event_info_size);
	announce(v, QUIRK_HOST_MAX_LUN, &c->max_lun);
	c->max_target = htole16(quirk_value(v, QUIRK_HOST_MAX_TARGET,
					    le16toh(c->max_target)));
}

bool scsi_quirk_hits(struct scsi *s)
{
	return !(++s->commands % quirk_value(s->v, QUIRK_BAD_EVERY, 1));
}

static uint32_t odd(const struct scsi *s, unsigned int which, uint32_t most,
		    uint32_t otherwise)
{
	if (!quirk_on(s->v, which))
		return otherwise;
	switch (quirk_value(s->v, which, 0)) {
	case ODD_ZERO:
		return 0;
	case ODD_BEYOND:
		return most + 1;
	default:
		return UINT32_MAX;
	}
}

void scsi_quirk_response(const struct scsi *s, struct vfe_scsi_response *r,
			 uint32_t room, uint64_t data)
{
	r->sense_len = htole32(odd(s, QUIRK_SENSE_LEN, room,
				   le32toh(r->sense_len)));
	r->residual = htole32(odd(s, QUIRK_RESIDUAL, data,
				  le32toh(r->residual)));
}
