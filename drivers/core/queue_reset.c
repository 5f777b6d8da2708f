// SPDX-License-Identifier: GPL-2.0
/*
 * Resets and restarts one queue while the others run (VIRTIO_F_RING_RESET;
 * virtio 1.4, 2.6.1).
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/virtio_config.h>

#include "core.h"

/* Is the device live, and does it need no full reset? Return: 0 or the error */
static int vfe_queue_can_reset(struct vfe_queue *q)
{
	struct vfe_device *vd = q->vd;

	/* legacy devices do not have this feature */
	if (!vfe_has_feature(vd, VIRTIO_F_RING_RESET))
		return -EOPNOTSUPP;
	if (!vfe_wants_reset(vd) && vfe_get_state(vd) == VFE_STATE_LIVE)
		return 0;
	return vfe_gone(vd) ? -ENODEV : -EIO;
}

/* 4.1.4.3.2: waits until the device reports the end, but not for ever. */
static int vfe_queue_wait_reset(struct vfe_queue *q)
{
	unsigned long end = jiffies +
			    msecs_to_jiffies(VFE_QUEUE_RESET_TIMEOUT_MS);
	bool late;

	for (;;) {
		late = time_after(jiffies, end);
		if (q->vd->transport->queue_is_reset(q))
			return 0;
		if (late)
			return vfe_queue_error(q, -ETIMEDOUT, "queue_reset", 1,
					       "the queue's reset does not end, resetting the device");
		usleep_range(200, 500);
	}
}

int vfe_queue_reset(struct vfe_queue *q)
{
	int ret = vfe_queue_can_reset(q);

	if (ret)
		return ret;
	/* from now on callers find a broken queue */
	WRITE_ONCE(q->broken, true);
	vfe_irqs_synchronize(q->vd);
	q->vd->transport->queue_reset(q);
	return vfe_queue_wait_reset(q);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_reset, VFE_NS);

int vfe_queue_restart(struct vfe_queue *q)
{
	struct vfe_device *vd = q->vd;
	u8 status;
	int ret;

	if (q->ring)
		q->ops->reset(q);
	/* 2.6.1.2.2: as when the queue was first set up */
	ret = vd->transport->queue_program(q);
	/* 4.1.5.1.2.2: only a reset of the device maps all vectors again */
	if (ret == -EBUSY)
		ret = vfe_queue_error(q, -EIO, "queue_msix_vector",
				      vfe_irqs_queue_vector(q),
				      "the device refuses the vector that the queue had before its reset");
	/* the wrong value may come from a function that is gone */
	if (ret)
		return vfe_status_read(vd, &status) ?: ret;
	WRITE_ONCE(q->broken, false);
	/* faults during the queue's reset were not reported */
	vfe_clear_reset_request(vd);
	/* the device may have set DEVICE_NEEDS_RESET meanwhile, unreported */
	if (!vfe_wants_reset(vd))
		return 0;
	return vfe_gone(vd) ? -ENODEV : -EIO;
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_restart, VFE_NS);
