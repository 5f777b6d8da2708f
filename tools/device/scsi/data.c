// SPDX-License-Identifier: GPL-2.0
/* Parameter data of commands, to and from the driver's buffers. */
#include "guest/iov.h"
#include "scsi/command.h"

static bool suffices(struct command *c, const struct scsi_data *d, uint64_t len)
{
	if (len <= d->len)
		return true;
	c->response = VIRTIO_SCSI_S_OVERRUN;
	return false;
}

bool command_takes(struct command *c, uint64_t len)
{
	return suffices(c, &c->out, len);
}

bool command_gives(struct command *c, uint64_t len)
{
	return suffices(c, &c->in, len);
}

void command_reply(struct command *c, const void *data, size_t len,
		   uint64_t allocated)
{
	if (!command_gives(c, allocated))
		return;
	if (len > allocated)
		len = allocated;
	iov_write(c->in.iov, data, len);
	c->moved = len;
}

bool command_list(struct command *c, void *to, size_t len)
{
	if (!command_takes(c, len))
		return false;
	iov_read(to, c->out.iov, len);
	c->moved = len;
	return true;
}
