/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_trap_net: the network interface behind a register window,
 * and the functions that its files share.
 */
#ifndef VFE_TRAP_NET_H
#define VFE_TRAP_NET_H

#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include <vfe/wire_net.h>
#include <vfe/wire_window_net.h>

#include "../trap.h"
#include "ring.h"

/* Interrupts that are always enabled while the interface is up */
#define VFE_TRAP_NET_INTS	(VFE_NET_INT_RECEIVED | VFE_NET_INT_OVERRUN | \
				 VFE_NET_INT_LINK)

/**
 * enum vfe_trap_net_todo - requests to the work item, bits of
 *	vfe_trap_net.todo
 * @VFE_TRAP_NET_RESTART: reset the window, and start it again
 * @VFE_TRAP_NET_RX_MODE: receive other frames from now on
 */
enum vfe_trap_net_todo {
	VFE_TRAP_NET_RESTART,
	VFE_TRAP_NET_RX_MODE,
};

/**
 * struct vfe_trap_net_counters - counters of the class in sysfs
 * @overruns: interrupts that said that frames found no room
 * @window_resets: resets of the window: it went up, or something made no sense
 * @transmit_waits: frames that the device could not send at once
 */
struct vfe_trap_net_counters {
	u64 overruns;
	u64 window_resets;
	u64 transmit_waits;
};

/**
 * struct vfe_trap_net_stats - what the work item counts for the stack
 * @sync: for readers on 32-bit machines
 * @rx_packets: received frames
 * @rx_bytes: their bytes
 * @rx_missed: frames that found no room in the ring, as the device says
 * @rx_errors: headers or pages that made no sense
 * @tx_packets: sent frames
 * @tx_bytes: their bytes
 * @tx_errors: frames that the device refused, or did not send in time
 */
struct vfe_trap_net_stats {
	struct u64_stats_sync sync;
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	u64_stats_t rx_missed;
	u64_stats_t rx_errors;
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	u64_stats_t tx_errors;
};

/**
 * struct vfe_trap_net - the network interface behind a register window
 * @trap: the controller. vfe_trap.lock protects @mask and @events
 * @dev: the netdev
 * @queue: ordered workqueue of @work
 * @work: makes all accesses to packet memory, so that they need no lock
 * @running: the window is started, or will be; @work may access registers
 * @todo: enum vfe_trap_net_todo
 * @mask: interrupt_mask, as in the device
 * @events: interrupt_status of interrupts that @work has not handled
 * @ring: the receive ring
 * @receiving: there may be more frames in the ring
 * @waiting: the device has not sent the last frame yet
 * @rx_config: receive_config
 * @tx_len: length of the last frame to send
 * @missed: the device's count of missed frames, as it was last
 * @suspect: no frame has moved since the last restart after nonsense
 * @pause: before the next attempt to restart, in jiffies
 * @tx: frames to send
 * @page: where frames are copied from the device, and to it
 * @id: what the device said about itself
 * @stats: counters for the stack
 */
struct vfe_trap_net {
	struct vfe_trap trap;
	struct net_device *dev;
	struct workqueue_struct *queue;
	struct delayed_work work;
	bool running;
	unsigned long todo;
	u32 mask;
	u32 events;
	struct vfe_trap_net_ring ring;
	bool receiving;
	bool waiting;
	u32 rx_config;
	unsigned int tx_len;
	u32 missed;
	bool suspect;
	unsigned long pause;
	struct sk_buff_head tx;
	void *page;
	struct vfe_net_identity id;
	struct vfe_trap_net_stats stats;
};

static inline struct vfe_trap_net *to_trap_net(struct vfe_trap *trap)
{
	return container_of(trap, struct vfe_trap_net, trap);
}

#define vfe_trap_net_count(tn, event) \
	vfe_class_count(&(tn)->trap.stats, struct vfe_trap_net_counters, event)

/* --- window.c --- */
int vfe_trap_net_identify(struct vfe_trap_net *tn);
int vfe_trap_net_recheck(struct vfe_trap *trap);
int vfe_trap_net_start(struct vfe_trap_net *tn);
void vfe_trap_net_stop(struct vfe_trap_net *tn);
void vfe_trap_net_set_mask(struct vfe_trap_net *tn, u32 mask);
u32 vfe_trap_net_take_events(struct vfe_trap_net *tn);
int vfe_trap_net_link(struct vfe_trap_net *tn, bool *up);
int vfe_trap_net_missed(struct vfe_trap_net *tn, u32 *n);
int vfe_trap_net_current(struct vfe_trap_net *tn, u32 *page);
int vfe_trap_net_header(struct vfe_trap_net *tn, u32 current_page);
int vfe_trap_net_frame(struct vfe_trap_net *tn, unsigned int len);
void vfe_trap_net_release(struct vfe_trap_net *tn, unsigned int len);
int vfe_trap_net_send(struct vfe_trap_net *tn, unsigned int len);
int vfe_trap_net_sent(struct vfe_trap_net *tn);

/* --- work.c --- */
void vfe_trap_net_kick(struct vfe_trap_net *tn);
void vfe_trap_net_work(struct work_struct *work);

/* --- netdev.c --- */
irqreturn_t vfe_trap_net_irq(struct vfe_trap *trap);
void vfe_trap_net_gone(struct vfe_trap *trap);
void vfe_trap_net_quiesce(struct vfe_trap *trap, unsigned long patience);
void vfe_trap_net_resume(struct vfe_trap *trap);
void vfe_trap_net_init_netdev(struct vfe_trap_net *tn);

#endif /* VFE_TRAP_NET_H */
