// SPDX-License-Identifier: GPL-2.0
/*
 * The state of a device, and requests for a reset after a fault. Any context
 * may change them; nothing here accesses a register.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>

#include "core.h"
#include "trace.h"

static const char * const vfe_state_names[VFE_NUM_STATES] = {
	[VFE_STATE_RESET] = "reset",
	[VFE_STATE_DRIVER] = "driver",
	[VFE_STATE_FEATURES] = "features",
	[VFE_STATE_QUEUES] = "queues",
	[VFE_STATE_LIVE] = "live",
	[VFE_STATE_FAILED] = "failed",
	[VFE_STATE_GONE] = "gone",
};

/*
 * The states from which each state may be entered. Only vfe_function_restore()
 * leaves GONE.
 */
static const u8 vfe_state_from[VFE_NUM_STATES] = {
	[VFE_STATE_RESET] = BIT(VFE_STATE_RESET) | BIT(VFE_STATE_DRIVER) |
			    BIT(VFE_STATE_FEATURES) | BIT(VFE_STATE_QUEUES) |
			    BIT(VFE_STATE_LIVE) | BIT(VFE_STATE_FAILED),
	[VFE_STATE_DRIVER] = BIT(VFE_STATE_RESET),
	[VFE_STATE_FEATURES] = BIT(VFE_STATE_DRIVER),
	[VFE_STATE_QUEUES] = BIT(VFE_STATE_FEATURES),
	[VFE_STATE_LIVE] = BIT(VFE_STATE_QUEUES),
	[VFE_STATE_FAILED] = BIT(VFE_STATE_RESET) | BIT(VFE_STATE_DRIVER) |
			     BIT(VFE_STATE_FEATURES) | BIT(VFE_STATE_QUEUES) |
			     BIT(VFE_STATE_LIVE),
	[VFE_STATE_GONE] = BIT(VFE_STATE_RESET) | BIT(VFE_STATE_DRIVER) |
			   BIT(VFE_STATE_FEATURES) | BIT(VFE_STATE_QUEUES) |
			   BIT(VFE_STATE_LIVE) | BIT(VFE_STATE_FAILED),
};

/**
 * vfe_set_state() - change the state, if the transition is allowed
 * @vd: the device
 * @to: the new state
 *
 * Context: any; another CPU may find the function gone meanwhile.
 * Return: whether this call changed the state to @to.
 */
bool vfe_set_state(struct vfe_device *vd, enum vfe_state to)
{
	enum vfe_state from = READ_ONCE(vd->state);
	enum vfe_state was;

	while (vfe_state_from[to] & BIT(from)) {
		was = cmpxchg(&vd->state, from, to);
		if (was == from)
			return true;
		from = was;
	}
	return false;
}

/**
 * vfe_state_name() - a state's name
 * @state: the state
 *
 * Return: the name.
 */
const char *vfe_state_name(enum vfe_state state)
{
	return vfe_state_names[state];
}

/**
 * vfe_request_reset() - request a reset, once until vfe_restart()
 * @vd: the device
 *
 * Context: any.
 * Return: whether this call requested it.
 */
bool vfe_request_reset(struct vfe_device *vd)
{
	if (test_and_set_bit(0, &vd->reset_requested))
		return false;
	trace_vfe_fault(vfe_dev(vd), vfe_get_state(vd));
	if (vd->ops->needs_reset)
		vd->ops->needs_reset(vd);
	return true;
}

/**
 * vfe_clear_reset_request() - report the next fault, since no reset was needed
 * @vd: the device
 *
 * needs_reset() is called once until a restart, see vfe_request_reset().
 *
 * Context: process context; the caller must check for faults afterwards, since
 * those after the last request were not reported.
 */
void vfe_clear_reset_request(struct vfe_device *vd)
{
	unsigned int i;

	clear_bit(VFE_LOGGED_STATUS, &vd->logged);
	clear_bit(0, &vd->reset_requested);
	/* see queues that broke before this, while the bit was set */
	smp_mb__after_atomic();
	for (i = 0; i < vd->num_queues; i++) {
		if (!READ_ONCE(vd->queues[i].broken))
			continue;
		vfe_request_reset(vd);
		break;
	}
}
