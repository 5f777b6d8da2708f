// SPDX-License-Identifier: GPL-2.0
/*
 * One queue taken from the device and given back while others run
 * (VIRTIO_F_RING_RESET; virtio 1.4, 2.6.1).
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/virtio_config.h>

#include "core.h"

/* Is it live, and not in need of more than this? Return: 0 or the error */
static int vfe_requeue_check(struct vfe_queue *q)
{
	struct vfe_device *vd = q->vd;

	/* legacy devices do not have the bit */
	if (!vfe_has_feature(vd, VIRTIO_F_RING_RESET))
		return -EOPNOTSUPP;
	if (!vfe_wants_reset(vd) && vfe_get_state(vd) == VFE_STATE_LIVE)
		return 0;
	return vfe_gone(vd) ? -ENODEV : -EIO;
}

/* 4.1.4.3.2: not reset before the device says so, which may be never */
static int vfe_requeue_wait(struct vfe_queue *q)
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
					       "the queue's reset does not end, the device has to be reset");
		usleep_range(200, 500);
	}
}

int vfe_queue_reset(struct vfe_queue *q)
{
	int ret = vfe_requeue_check(q);

	if (ret)
		return ret;
	/* whoever comes now finds a queue that is not to be used */
	WRITE_ONCE(q->broken, true);
	vfe_irqs_synchronize(q->vd);
	q->vd->transport->queue_reset(q);
	return vfe_requeue_wait(q);
}
EXPORT_SYMBOL_GPL(vfe_queue_reset);

/*
 * needs_reset() is called once, so what else went wrong meanwhile was not told:
 * from here on it is, and another queue that broke is now.
 */
static void vfe_requeue_look_again(struct vfe_device *vd)
{
	unsigned int i;

	clear_bit(0, &vd->fault_reported);
	/* who broke a queue before this, and found the bit set, is seen here */
	smp_mb__after_atomic();
	for (i = 0; i < vd->num_queues; i++) {
		if (!READ_ONCE(vd->queues[i].broken))
			continue;
		vfe_fault(vd);
		break;
	}
}

int vfe_queue_restart(struct vfe_queue *q)
{
	struct vfe_device *vd = q->vd;
	u8 status;
	int ret;

	q->ops->reset(q);
	/* 2.6.1.2.2: as at first discovery */
	ret = vd->transport->queue_program(q);
	/* 4.1.5.1.2.2: the device is reset then, which maps them all again */
	if (ret == -EBUSY)
		ret = vfe_queue_error(q, -EIO, "queue_msix_vector",
				      vfe_irqs_queue_vector(vd, q->index),
				      "refused, though the queue had it before its reset");
	/* what looks like nonsense may be a function that is gone */
	if (ret)
		return vfe_status_read(vd, &status) ?: ret;
	WRITE_ONCE(q->broken, false);
	vfe_requeue_look_again(vd);
	/* a plea that came meanwhile, and was not told of either */
	if (!vfe_wants_reset(vd))
		return 0;
	return vfe_gone(vd) ? -ENODEV : -EIO;
}
EXPORT_SYMBOL_GPL(vfe_queue_restart);
