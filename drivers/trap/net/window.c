// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver does with the registers of the window, one step each: the
 * identity, start and stop, the ring, a frame to send. The work item calls
 * these, or a function that has stopped it. cost.h has their cost.
 */
#include <linux/etherdevice.h>
#include <linux/pci.h>

#include "net.h"

/* A register has an impossible value. Return: -ENODEV the device is gone, or -EPROTO */
static int vfe_trap_net_nonsense(struct vfe_trap_net *tn, const char *name,
				 u32 val)
{
	if (val == VFE_TRAP_ONES && !pci_device_is_present(tn->trap.pdev)) {
		vfe_trap_set_gone(&tn->trap);
		return -ENODEV;
	}
	dev_warn_ratelimited(&tn->trap.pdev->dev,
			     "%s is %#x: resetting the window\n", name, val);
	return -EPROTO;
}

static void vfe_trap_net_seek(struct vfe_trap_net *tn, u32 address, u32 bytes)
{
	vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_REMOTE_ADDRESS, address);
	vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_REMOTE_COUNT, bytes);
}

static int vfe_trap_net_check_id(struct vfe_trap_net *tn,
				 const struct vfe_net_identity *id)
{
	struct device *dev = &tn->trap.pdev->dev;

	if (le32_to_cpu(id->magic) != VFE_NET_IDENTITY_MAGIC ||
	    le32_to_cpu(id->version) != VFE_NET_IDENTITY_VERSION) {
		dev_err_ratelimited(dev,
				    "page 0 has magic %#x version %u, not %#x and %u: not an interface of this driver\n",
				    le32_to_cpu(id->magic),
				    le32_to_cpu(id->version),
				    VFE_NET_IDENTITY_MAGIC,
				    VFE_NET_IDENTITY_VERSION);
		return -ENODEV;
	}
	if (le16_to_cpu(id->pages) < VFE_TRAP_NET_MIN_PAGES ||
	    le16_to_cpu(id->pages) > VFE_NET_MAX_PAGES ||
	    le16_to_cpu(id->mtu) < ETH_MIN_MTU) {
		dev_err_ratelimited(dev,
				    "page 0 has %u pages and an MTU of %u, but the driver needs %zu to %u, and %u: fix the device\n",
				    le16_to_cpu(id->pages),
				    le16_to_cpu(id->mtu),
				    VFE_TRAP_NET_MIN_PAGES, VFE_NET_MAX_PAGES,
				    ETH_MIN_MTU);
		return -EINVAL;
	}
	return 0;
}

/**
 * vfe_trap_net_identify() - read what the device says about itself
 * @tn: with its window open, and stopped
 *
 * Context: process context, may sleep.
 * Return: 0, -ENODEV the device is gone or not one of this driver, -EINVAL it
 * cannot work. Each with a line in the log.
 */
int vfe_trap_net_identify(struct vfe_trap_net *tn)
{
	struct vfe_net_identity id;
	int err;

	vfe_trap_net_seek(tn, 0, sizeof(id));
	err = vfe_trap_read(&tn->trap, &id, sizeof(id));
	if (!err)
		err = vfe_trap_net_check_id(tn, &id);
	if (!err)
		tn->id = id;
	return err;
}

/**
 * vfe_trap_net_recheck() - check that it is still the same device
 * @trap: its controller, with the window reset
 *
 * Context: process context, may sleep.
 * Return: as vfe_trap_net_identify(); also -ENODEV if the device is another.
 */
int vfe_trap_net_recheck(struct vfe_trap *trap)
{
	struct vfe_trap_net *tn = to_trap_net(trap);
	struct vfe_net_identity old = tn->id;
	int err;

	err = vfe_trap_net_identify(tn);
	if (err)
		return err;
	if (ether_addr_equal(old.mac, tn->id.mac) &&
	    old.pages == tn->id.pages && old.mtu == tn->id.mtu)
		return 0;
	dev_err_ratelimited(&trap->pdev->dev,
			    "%pM, %u pages, MTU %u; previously %pM, %u, %u: unbind the driver and bind it again\n",
			    tn->id.mac, le16_to_cpu(tn->id.pages),
			    le16_to_cpu(tn->id.mtu), old.mac,
			    le16_to_cpu(old.pages), le16_to_cpu(old.mtu));
	return -ENODEV;
}

/**
 * vfe_trap_net_set_mask() - choose the interrupts
 * @tn: the interface
 * @mask: VFE_NET_INT_*
 *
 * Nothing is enabled while there are events that the work item has not handled:
 * it calls this again. With the lock, @tn->mask and the register change together
 * for the handler; that is one access with interrupts off.
 *
 * Context: any.
 */
void vfe_trap_net_set_mask(struct vfe_trap_net *tn, u32 mask)
{
	unsigned long flags;

	spin_lock_irqsave(&tn->trap.lock, flags);
	if (tn->mask != mask && !(mask && tn->events)) {
		tn->mask = mask;
		vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_INTERRUPT_MASK, mask);
	}
	spin_unlock_irqrestore(&tn->trap.lock, flags);
}

/**
 * vfe_trap_net_take_events() - acknowledge what interrupts have said
 * @tn: the interface
 *
 * Frames that come from now on interrupt again, so the caller must look at the
 * device after this.
 *
 * Context: process context.
 * Return: VFE_NET_INT_*
 */
u32 vfe_trap_net_take_events(struct vfe_trap_net *tn)
{
	unsigned long flags;
	u32 events;

	spin_lock_irqsave(&tn->trap.lock, flags);
	events = tn->events;
	tn->events = 0;
	spin_unlock_irqrestore(&tn->trap.lock, flags);
	if (events)
		vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_INTERRUPT_STATUS,
			     events);
	return events;
}

/* Reads the state from the command register. */
static int vfe_trap_net_state(struct vfe_trap_net *tn, u32 *state)
{
	*state = vfe_trap_get(&tn->trap, VFE_REG_NET_PORT_COMMAND);
	if (*state & ~(u32)VFE_NET_STATE_ALL ||
	    !(*state & VFE_NET_STATE_STARTED))
		return vfe_trap_net_nonsense(tn, "command", *state);
	return 0;
}

/**
 * vfe_trap_net_start() - start receiving, with an empty ring
 * @tn: the interface, whose work item does not run, or calls this
 *
 * Context: process context.
 * Return: 0, -ENODEV the device is gone, -EPROTO it does not start.
 */
int vfe_trap_net_start(struct vfe_trap_net *tn)
{
	const u8 *mac = tn->dev->dev_addr;
	struct vfe_trap *trap = &tn->trap;
	u32 state;

	if (READ_ONCE(trap->gone))
		return -ENODEV;
	tn->ring.start = VFE_TRAP_NET_RX_PAGE;
	tn->ring.stop = le16_to_cpu(tn->id.pages);
	tn->ring.next = tn->ring.start;
	tn->receiving = false;
	tn->waiting = false;
	tn->missed = 0;
	vfe_trap_net_take_events(tn);
	vfe_trap_set(trap, VFE_REG_NET_PORT_COMMAND, VFE_NET_CMD_STOP);
	vfe_trap_set(trap, VFE_REG_NET_PORT_TRANSMIT_PAGE,
		     VFE_TRAP_NET_TX_PAGE);
	vfe_trap_set(trap, VFE_REG_NET_PORT_RECEIVE_START, tn->ring.start);
	vfe_trap_set(trap, VFE_REG_NET_PORT_RECEIVE_STOP, tn->ring.stop);
	vfe_trap_set(trap, VFE_REG_NET_PORT_BOUNDARY, tn->ring.next);
	vfe_trap_set(trap, VFE_REG_NET_PORT_STATION_LO,
		     mac[0] | mac[1] << 8 | mac[2] << 16 | (u32)mac[3] << 24);
	vfe_trap_set(trap, VFE_REG_NET_PORT_STATION_HI, mac[4] | mac[5] << 8);
	vfe_trap_set(trap, VFE_REG_NET_PORT_RECEIVE_CONFIG,
		     READ_ONCE(tn->rx_config));
	vfe_trap_set(trap, VFE_REG_NET_PORT_INTERRUPT_STATUS, VFE_NET_INT_ALL);
	vfe_trap_set(trap, VFE_REG_NET_PORT_COMMAND, VFE_NET_CMD_START);
	return vfe_trap_net_state(tn, &state);
}

/* Stop receiving; interrupts stay as they are. */
void vfe_trap_net_stop(struct vfe_trap_net *tn)
{
	vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_COMMAND, VFE_NET_CMD_STOP);
}

/* Is the link up? Return: 0, -ENODEV or -EPROTO */
int vfe_trap_net_link(struct vfe_trap_net *tn, bool *up)
{
	u32 state;
	int err;

	err = vfe_trap_net_state(tn, &state);
	*up = !err && state & VFE_NET_STATE_LINK;
	return err;
}

/* Frames missed since the last call. Return: 0 or -ENODEV */
int vfe_trap_net_missed(struct vfe_trap_net *tn, u32 *n)
{
	__le32 missed;
	int err;

	vfe_trap_net_seek(tn, offsetof(struct vfe_net_identity, missed),
			  sizeof(missed));
	err = vfe_trap_read(&tn->trap, &missed, sizeof(missed));
	if (err)
		return err;
	*n = le32_to_cpu(missed) - tn->missed;
	tn->missed = le32_to_cpu(missed);
	return 0;
}

/* Reads the page that the device writes next. Return: 0, -ENODEV or -EPROTO */
int vfe_trap_net_current(struct vfe_trap_net *tn, u32 *page)
{
	*page = vfe_trap_get(&tn->trap, VFE_REG_NET_PORT_CURRENT);
	if (!vfe_trap_net_in_ring(&tn->ring, *page))
		return vfe_trap_net_nonsense(tn, "current", *page);
	return 0;
}

/**
 * vfe_trap_net_header() - read and check the header of the next frame
 * @tn: the interface
 * @current_page: the page that the device writes next, see
 *	vfe_trap_net_current()
 *
 * Return: the length of the frame, which vfe_trap_net_frame() reads, -ENODEV,
 * or -EPROTO: the ring must be emptied.
 */
int vfe_trap_net_header(struct vfe_trap_net *tn, u32 current_page)
{
	struct vfe_net_packet p;
	int ret;

	/* address and count serve for the frame as well */
	vfe_trap_net_seek(tn, tn->ring.next * VFE_NET_PAGE_SIZE,
			  round_up(sizeof(p) + VFE_NET_WINDOW_FRAME,
				   sizeof(__le32)));
	ret = vfe_trap_read(&tn->trap, &p, sizeof(p));
	if (ret)
		return ret;
	ret = vfe_trap_net_check(&tn->ring, current_page, &p);
	if (ret >= 0)
		return ret;
	dev_warn_ratelimited(&tn->trap.pdev->dev,
			     "page %u has status %#x, next %u, length %u, with current %u: resetting the window\n",
			     tn->ring.next, p.status, p.next,
			     le16_to_cpu(p.length), current_page);
	return -EPROTO;
}

/* Reads the frame of the last header to tn->page. Return: 0 or -ENODEV */
int vfe_trap_net_frame(struct vfe_trap_net *tn, unsigned int len)
{
	return vfe_trap_read(&tn->trap, tn->page,
			     round_up(len, sizeof(__le32)));
}

/* Gives the pages of a frame back to the device. */
void vfe_trap_net_release(struct vfe_trap_net *tn, unsigned int len)
{
	tn->ring.next = vfe_trap_net_behind(&tn->ring, tn->ring.next,
					    VFE_TRAP_NET_HEADER + len);
	vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_BOUNDARY, tn->ring.next);
}

/* The device has not sent the frame yet: prepare for its interrupt. */
static int vfe_trap_net_prepare_wait(struct vfe_trap_net *tn, u32 *state)
{
	vfe_trap_net_count(tn, transmit_waits);
	/* from frames before */
	vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_INTERRUPT_STATUS,
		     VFE_NET_INT_TRANSMITTED);
	return vfe_trap_net_state(tn, state);
}

/**
 * vfe_trap_net_send() - send the frame in tn->page
 * @tn: the interface; the device sends no frame
 * @len: its length; the bytes behind it, up to a whole word, are sent to the
 *	device, too
 *
 * Return: 0 it is sent, -EINPROGRESS an interrupt will say when, -EIO the
 * device refused it, -ENODEV, or -EPROTO: reset the window.
 */
int vfe_trap_net_send(struct vfe_trap_net *tn, unsigned int len)
{
	unsigned int bytes = round_up(len, sizeof(__le32));
	u32 state;
	int err;

	vfe_trap_net_seek(tn, VFE_TRAP_NET_TX_PAGE * VFE_NET_PAGE_SIZE, bytes);
	vfe_trap_write(&tn->trap, tn->page, bytes);
	vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_TRANSMIT_COUNT, len);
	vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_COMMAND,
		     VFE_NET_CMD_TRANSMIT);
	err = vfe_trap_net_state(tn, &state);
	if (!err && state & VFE_NET_STATE_TRANSMITTING)
		err = vfe_trap_net_prepare_wait(tn, &state);
	if (err)
		return err;
	if (state & VFE_NET_STATE_TRANSMITTING)
		return -EINPROGRESS;
	return state & VFE_NET_STATE_REFUSED ? -EIO : 0;
}

/* Is it sent by now? Return: as vfe_trap_net_send() */
int vfe_trap_net_sent(struct vfe_trap_net *tn)
{
	u32 state;
	int err;

	err = vfe_trap_net_state(tn, &state);
	if (err)
		return err;
	if (state & VFE_NET_STATE_TRANSMITTING)
		return -EINPROGRESS;
	return state & VFE_NET_STATE_REFUSED ? -EIO : 0;
}
