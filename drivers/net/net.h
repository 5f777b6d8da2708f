/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_net: a virtio network device as a netdev. Virtqueue 2i
 * receives for pair i, virtqueue 2i + 1 transmits; the control queue is the
 * last one of the device.
 *
 * Locks, the outer one first: rtnl, &vfe_recovery.lock, &vfe_net_ctrl.mutex, a
 * queue's lock (the NAPI context of a receive queue, the xmit lock of a
 * transmit queue, &vfe_net_ctrl.lock). Code that opens or closes queues holds
 * &vfe_recovery.lock, so that a reset of the device and an operation of the user
 * do not interleave. A recovery must not take rtnl.
 */
#ifndef VFE_NET_H
#define VFE_NET_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <linux/virtio_config.h>
#include <net/xdp.h>

#include <vfe/compat/core.h>
#include <vfe/compat/net.h>
#include <vfe/device.h>
#include <vfe/queue.h>
#include <vfe/recovery.h>
#include <vfe/stats.h>
#include <vfe/wire_net.h>

#include "state.h"

#define VFE_NET_PAIRS_LIMIT	256	/* most queue pairs that are set up */
#define VFE_NET_FRAME		(ETH_FRAME_LEN + 2 * VLAN_HLEN) /* at MTU 1500 */
#define VFE_NET_GSO_FRAME	65550U	/* largest one that a device merges */
#define VFE_NET_MAX_SEGS	(MAX_SKB_FRAGS + 2) /* header, head, fragments */
#define VFE_NET_REAP		32	/* most buffers reaped at a time */
#define VFE_NET_MAX_AGE		(HZ / 100 ?: 1)	/* of a used tx buffer */
#define VFE_NET_MAX_RUNS	10	/* of its timer, with nothing taken back */

struct bpf_prog;
struct page_pool;
struct vfe_net;
struct vfe_net_ctrl;
struct vfe_net_moderation;
struct vfe_net_tx_map;
struct vfe_net_xsk_tx;
struct xsk_buff_pool;

/**
 * enum vfe_net_rx_mode - the layout of receive buffers
 * @VFE_NET_RX_SMALL: one buffer per packet, for frames of the MTU
 * @VFE_NET_RX_BIG: one buffer of several pages per packet, because the device
 *		    may send larger packets and cannot merge buffers
 * @VFE_NET_RX_MERGEABLE: a packet uses one or more buffers (MRG_RXBUF)
 */
enum vfe_net_rx_mode {
	VFE_NET_RX_SMALL,
	VFE_NET_RX_BIG,
	VFE_NET_RX_MERGEABLE,
};

/**
 * enum vfe_net_rx_class - what the token of a receive buffer points to
 * @VFE_NET_BUF_SMALL: a piece of &vfe_net_rxq.small bytes
 * @VFE_NET_BUF_PAGE: a piece of a page's size
 * @VFE_NET_BUF_BIG: a struct vfe_net_big, a list of pages
 * @VFE_NET_BUF_XDP: a page's size, with room for XDP before and after the data
 * @VFE_NET_BUF_XSK: a struct xdp_buff of an AF_XDP pool
 *
 * The lowest three bits of the token. A ring can have buffers of several
 * classes, so that their size can change while the device runs.
 */
enum vfe_net_rx_class {
	VFE_NET_BUF_SMALL,
	VFE_NET_BUF_PAGE,
	VFE_NET_BUF_BIG,
	VFE_NET_BUF_XDP,
	VFE_NET_BUF_XSK,
};

#define VFE_NET_BUF_CLASS	7UL

/**
 * struct vfe_net_rx_stats - counts of a receive queue, written by its NAPI
 * @syncp: for readers
 * @packets: packets given to the network stack or to an XDP program
 * @bytes: their bytes
 * @drops: packets dropped for lack of memory
 * @bad: packets dropped because the device wrote a wrong header or length
 * @no_memory: attempts to refill the ring that found no memory
 * @xdp_packets: packets that an XDP program has seen
 * @xdp_drops: dropped by an XDP program, or because of it
 * @xdp_tx: sent back by an XDP program
 * @xdp_redirects: redirected by an XDP program
 */
struct vfe_net_rx_stats {
	struct u64_stats_sync syncp;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t drops;
	u64_stats_t bad;
	u64_stats_t no_memory;
	u64_stats_t xdp_packets;
	u64_stats_t xdp_drops;
	u64_stats_t xdp_tx;
	u64_stats_t xdp_redirects;
};

/**
 * struct vfe_net_tx_stats - counts of a transmit queue, written under its lock
 * @syncp: for readers
 * @packets: packets that the device has sent
 * @bytes: their bytes
 * @drops: packets dropped, because they could not be added
 * @tables: packets that got an indirect table
 * @stops: times that the queue was stopped because the ring was nearly full
 * @wakes: times that it was woken
 * @timeouts: transmit timeouts
 * @xdp_tx: frames of XDP that the device has sent
 * @xdp_tx_drops: frames of XDP that found no room
 */
struct vfe_net_tx_stats {
	struct u64_stats_sync syncp;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t drops;
	u64_stats_t tables;
	u64_stats_t stops;
	u64_stats_t wakes;
	u64_stats_t timeouts;
	u64_stats_t xdp_tx;
	u64_stats_t xdp_tx_drops;
};

/**
 * struct vfe_net_rxq - a receive queue
 * @vn: the network device
 * @vq: the virtqueue
 * @napi: polls this queue, and reclaims buffers of the transmit queue of the
 *	  pair
 * @hdr_len: as in struct vfe_net
 * @dma: as in struct vfe_net
 * @ready: the device takes buffers; protected by &vfe_recovery.lock
 * @hash: the header has a hash (HASH_REPORT)
 * @small: bytes of a buffer of class VFE_NET_BUF_SMALL
 * @average: moving average of packet lengths, times 64
 * @posted: buffers in the ring
 * @fresh: those of them that the device cannot see yet
 * @low: refill when the device has this many buffers or fewer
 * @packets: received in this poll
 * @bytes: likewise
 * @used: buffers just reaped, @used_n of them, those before @used_i handled.
 *	  Empty when NAPI is not running
 * @used_n: see @used
 * @used_i: see @used
 * @pool: large pages
 * @pool0: single pages, if there is no large one
 * @spare: buffers of class VFE_NET_BUF_BIG whose pages a packet did not need
 * @index: number of the pair
 * @napi_on: NAPI is enabled; protected by &vfe_recovery.lock
 * @moderation: dynamic moderation, or NULL if the device has none per queue
 * @refill: reschedules NAPI after a refill found no memory
 * @stats: counts
 * @xdp_pool: pages for XDP, or NULL before the first program
 * @xdp_rxq: the queue for XDP, registered while there is @xdp_pool
 * @xdp_prog: the XDP program, or NULL
 * @xsk: the AF_XDP pool, or NULL
 * @xsk_rxq: the queue for AF_XDP, registered while there is @xsk
 * @convert: copy buffers of AF_XDP for the stack: no program is loaded
 * @name: of the virtqueue
 */
struct vfe_net_rxq {
	struct vfe_net *vn;
	struct vfe_queue *vq;
	struct napi_struct napi;
	u8 hdr_len;
	bool dma;
	bool ready;
	bool hash;
	u16 small;
	u32 average;
	unsigned int posted;
	unsigned int fresh;
	unsigned int low;
	unsigned int packets;
	unsigned int bytes;
	struct vfe_used used[VFE_NET_REAP];
	unsigned int used_n;
	unsigned int used_i;
	struct page_pool *pool;
	struct page_pool *pool0;
	struct vfe_net_big *spare;
	unsigned int index;
	bool napi_on;
	struct vfe_net_moderation *moderation;
	struct timer_list refill;
	struct vfe_net_rx_stats stats;
	struct page_pool *xdp_pool;
	struct xdp_rxq_info xdp_rxq;
	struct bpf_prog __rcu *xdp_prog;
	struct xsk_buff_pool *xsk;
	struct xdp_rxq_info xsk_rxq;
	bool convert;
	char name[16];
} ____cacheline_aligned_in_smp;

/**
 * enum vfe_net_tx_kind - what the token of a transmit buffer points to
 * @VFE_NET_TX_SKB: a struct sk_buff
 * @VFE_NET_TX_XDP: a struct xdp_frame
 * @VFE_NET_TX_XSK: a descriptor of AF_XDP, not a pointer
 * @VFE_NET_TX_TABLE: a struct vfe_net_tx_table, which has a struct sk_buff
 *
 * The lowest two bits of the token.
 */
enum vfe_net_tx_kind {
	VFE_NET_TX_SKB,
	VFE_NET_TX_XDP,
	VFE_NET_TX_XSK,
	VFE_NET_TX_TABLE,
};

#define VFE_NET_TX_KIND		3UL

static inline enum vfe_net_tx_kind vfe_net_tx_kind(void *token)
{
	return (unsigned long)token & VFE_NET_TX_KIND;
}

/**
 * struct vfe_net_txq - a transmit queue; the xmit lock protects it
 * @vn: the network device
 * @vq: the virtqueue
 * @nq: the queue of the netdev
 * @hdr_len: as in struct vfe_net
 * @packed: the ring is a packed one
 * @push: the header may precede the data in one descriptor (VERSION_1 or
 *	  ANY_LAYOUT)
 * @dma: as in struct vfe_net
 * @ready: the device takes buffers; protected by &vfe_recovery.lock
 * @open: buffers may be added
 * @need: descriptors that must be free before the next skb
 * @most: descriptors of the ring
 * @room: free descriptors; there may be more, if buffers were taken back
 * @tables: skbs of several pieces get tables
 * @low: they do from when a chain would leave less @room than this; 0 without
 *	 INDIRECT_DESC
 * @tables_left: and at least for this number of skbs more
 * @begin: position of the first buffer in the ring. Positions count what an
 *	   interrupt can be requested for: descriptors on a packed ring, buffers
 *	   on a split one; modulo 2^32
 * @end: position behind the last one
 * @watch: interrupt when all before this position is used: somebody may be
 *	   waiting for it
 * @armed: an interrupt comes when all before this position is used, unless
 *	   @begin has reached it
 * @fired: an interrupt came since the last poll
 * @armed_at: @end when it was armed
 * @armed_for: what was in flight then
 * @added: buffers added, modulo 2^32
 * @done: buffers taken back, modulo 2^32
 * @maps: with ACCESS_PLATFORM, mapped addresses, one for each descriptor
 * @free_map: the first free one, U16_MAX for none
 * @used: buffers just reaped; empty when nobody holds the lock
 * @segs: segments of a buffer that is being added
 * @index: number of the pair
 * @timer: takes buffers back that no interrupt reports
 * @runs: how often the timer has run since buffers were taken back or the device
 *	  was kicked again
 * @late: frames of XDP to free when interrupts are enabled
 * @stuck_at: when the watchdog last had the queue reset, 0 for never
 * @late_since: jiffies at the first timeout since the device last used a buffer
 * @late_done: @done at that timeout
 * @late_moved: vfe_net_moved() at the last timeout
 * @stats: counts
 * @xsk: the AF_XDP pool, or NULL
 * @xsk_tx: its descriptors in the ring, while the device may have one
 * @name: of the virtqueue
 */
struct vfe_net_txq {
	struct vfe_net *vn;
	struct vfe_queue *vq;
	struct netdev_queue *nq;
	u8 hdr_len;
	bool packed;
	bool push;
	bool dma;
	bool ready;
	bool open;
	bool tables;
	u16 need;
	u16 most;
	u16 room;
	u16 low;
	u32 tables_left;
	u32 begin;
	u32 end;
	u32 watch;
	u32 armed;
	u32 armed_at;
	u32 armed_for;
	bool fired;
	u32 added;
	u32 done;
	struct vfe_net_tx_map *maps;
	u16 free_map;
	struct vfe_used used[VFE_NET_REAP];
	struct vfe_seg segs[VFE_NET_MAX_SEGS];
	unsigned int index;
	struct timer_list timer;
	unsigned int runs;
	struct xdp_frame *late;
	unsigned long stuck_at;
	unsigned long late_since;
	u32 late_done;
	u64 late_moved;
	struct vfe_net_tx_stats stats;
	struct xsk_buff_pool *xsk;
	struct vfe_net_xsk_tx *xsk_tx;
	char name[16];
} ____cacheline_aligned_in_smp;

/**
 * struct vfe_net - a network device, the private data of its netdev
 * @netdev: the netdev
 * @vd: the device
 * @recovery: its recovery
 * @sysfs: its counters
 * @failover: makes the master, if this is a standby
 * @mode: layout of receive buffers
 * @hdr_len: bytes of the virtio header
 * @dma: the device takes addresses of the DMA API
 * @any_layout: the header may share a descriptor with the data
 * @rx_segs: segments of a receive buffer
 * @device_pairs: queue pairs of the device
 * @max_pairs: queue pairs that are set up
 * @rxq: receive queues, @max_pairs of them
 * @txq: transmit queues, @max_pairs of them
 * @ctrl: the control queue, see ctrl.c, or NULL
 * @state: what users set
 * @replay: the device was reset: replay @state
 * @announce: the device asks for an announcement (GUEST_ANNOUNCE)
 * @cpu_node: for affinity.c: a CPU comes or goes
 * @running: between ndo_open() and ndo_stop(); protected by &vfe_recovery.lock
 * @link_up: the device's link is up, or it does not report it
 * @speed: in Mbit/s, or SPEED_UNKNOWN
 * @duplex: DUPLEX_*
 */
struct vfe_net {
	struct net_device *netdev;
	struct vfe_device *vd;
	struct vfe_recovery recovery;
	struct vfe_sysfs *sysfs;
	struct failover *failover;
	enum vfe_net_rx_mode mode;
	u8 hdr_len;
	bool dma;
	bool any_layout;
	unsigned int rx_segs;
	u16 device_pairs;
	u16 max_pairs;
	struct vfe_net_rxq *rxq;
	struct vfe_net_txq *txq;
	struct vfe_net_ctrl *ctrl;
	struct vfe_net_state state;
	bool replay;
	struct work_struct announce;
	struct hlist_node cpu_node;
	bool running;
	bool link_up;
	u32 speed;
	u8 duplex;
};

static inline bool vfe_net_has(const struct vfe_net *vn, unsigned int bit)
{
	return vfe_has_feature(vn->vd, bit);
}

/* Number of the control queue among the queues that are set up */
static inline unsigned int vfe_net_ctrl_queue(const struct vfe_net *vn)
{
	return 2 * vn->max_pairs;
}

/* Should this pair run? @recovery.lock is held. */
static inline bool vfe_net_pair_on(const struct vfe_net *vn, unsigned int pair)
{
	return vn->running && pair < vn->state.pairs;
}

/* Buffers of a transmit queue that were not taken back. The lock is held. */
static inline u32 vfe_net_tx_pending(const struct vfe_net_txq *txq)
{
	return txq->added - txq->done;
}

/* The hash that the device computed, with HASH_REPORT */
static inline u32 vfe_net_hash_value(const struct vfe_net_hdr *hdr)
{
	return le16_to_cpu(hdr->hash_value_lo) |
	       (u32)le16_to_cpu(hdr->hash_value_hi) << 16;
}

/**
 * union vfe_net_rx_hdr - the header of a received packet, copied
 * @v1: of each device
 * @kind: its flags, and its gso_type in the upper half
 * @full: of a device that reports hashes, or has tunnels
 */
union vfe_net_rx_hdr {
	struct virtio_net_hdr_mrg_rxbuf v1;
	__le16 kind;
	struct vfe_net_hdr full;
};

/* Counts a buffer of @n descriptors that was added. The lock is held. */
static inline void vfe_net_tx_added(struct vfe_net_txq *txq, unsigned int n)
{
	txq->room -= n;
	txq->end += txq->packed ? n : 1;
	txq->added++;
}

/* header.c */
void vfe_net_hash_to_skb(struct sk_buff *skb,
			 const struct vfe_net_hdr *hdr);
int vfe_net_hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *hdr);
void vfe_net_hdr_from_skb(struct virtio_net_hdr_mrg_rxbuf *hdr,
			  unsigned int hdr_len, const struct sk_buff *skb);

/* config.c */
u64 vfe_net_wanted_features(struct vfe_device *vd);
u64 vfe_net_wanted_high(u64 wanted);
int vfe_net_read_pairs(struct vfe_device *vd, u16 *pairs);
int vfe_net_config_init(struct vfe_net *vn);
void vfe_net_config_netdev(struct vfe_net *vn);
void vfe_net_config_changed(struct vfe_device *vd);
unsigned int vfe_net_rx_segs(const struct vfe_net *vn, unsigned int mtu);
void vfe_net_choose_buffers(struct vfe_net *vn, unsigned int mtu);

/* failover.c */
bool vfe_net_can_stand_by(void);
int vfe_net_failover_create(struct vfe_net *vn);
void vfe_net_failover_destroy(struct vfe_net *vn);
int vfe_net_port_name(struct net_device *dev, char *buf, size_t len);

/* affinity.c */
int vfe_net_affinity_init(void);
void vfe_net_affinity_exit(void);
void vfe_net_set_affinity(struct vfe_net *vn);
void vfe_net_follow_cpus(struct vfe_net *vn);
void vfe_net_leave_cpus(struct vfe_net *vn);

/* queues.c */
int vfe_net_queues_init(struct vfe_net *vn, enum vfe_interrupts irqs);
void vfe_net_queues_exit(struct vfe_net *vn);
/* Pairs in use from now on; @recovery.lock and rtnl are held. */
int vfe_net_netdev_queues(struct vfe_net *vn, unsigned int pairs);
int vfe_net_use_pairs(struct vfe_net *vn, unsigned int pairs);
/* Resets a queue, which gives all its buffers back; @recovery.lock is held. */
int vfe_net_reset_queue(struct vfe_net *vn, unsigned int queue);
/* New ring sizes; @recovery.lock and rtnl are held. 0 keeps a size. */
int vfe_net_resize(struct vfe_net *vn, unsigned int rx, unsigned int tx);

/* netdev.c */
extern const struct net_device_ops vfe_net_netdev_ops;

/* recovery.c */
extern const struct vfe_recovery_ops vfe_net_recovery_ops;
void vfe_net_needs_reset(struct vfe_device *vd);
/* Starts or stops the queues, as they should be; @recovery.lock is held. */
void vfe_net_update_queues(struct vfe_net *vn);

/* napi.c */
int vfe_net_poll(struct napi_struct *napi, int budget);
/* Schedules it, in any context but hard interrupts. */
void vfe_net_wake_napi(struct vfe_net_rxq *rxq);
void vfe_net_rx_irq(struct vfe_queue *vq);
void vfe_net_tx_irq(struct vfe_queue *vq);
/* Starts or stops NAPI; @recovery.lock is held. */
void vfe_net_rx_update(struct vfe_net_rxq *rxq);

/* rx_setup.c */
int vfe_net_rx_init(struct vfe_net_rxq *rxq);
void vfe_net_rx_exit(struct vfe_net_rxq *rxq);
unsigned int vfe_net_rx_entries(const struct vfe_net *vn, unsigned int mtu,
				u64 offloads);

/* rx.c */
/* Fills the ring. Return: false if there was no memory */
bool vfe_net_rx_refill(struct vfe_net_rxq *rxq, gfp_t gfp);
unsigned int vfe_net_rx_poll(struct vfe_net_rxq *rxq, unsigned int budget);
void vfe_net_rx_setup(struct vfe_net_rxq *rxq);
void vfe_net_rx_flush(struct vfe_net_rxq *rxq);
/* Frees all buffers of a ring that was reset. */
void vfe_net_rx_detach(struct vfe_net_rxq *rxq);

/* tx.c */
void vfe_net_tx_setup(struct vfe_net_txq *txq);
netdev_tx_t vfe_net_start_xmit(struct sk_buff *skb, struct net_device *dev);
/*
 * Takes back all buffers that the device used, wakes the queue. The lock is
 * held. @budget: as for napi_consume_skb()
 */
void vfe_net_tx_reclaim(struct vfe_net_txq *txq, int budget);
/* After a timeout. Return: whether there were used buffers */
bool vfe_net_tx_rescue(struct vfe_net_txq *txq);
/* For NAPI. Return: whether there may be more to transmit for AF_XDP */
bool vfe_net_tx_poll(struct vfe_net_txq *txq, int budget);
/* Takes back all buffers of a ring that was reset. */
void vfe_net_tx_detach(struct vfe_net_txq *txq);
/* Starts or stops adding; @recovery.lock is held. */
void vfe_net_tx_update(struct vfe_net_txq *txq);
/* For those that add buffers; the lock is held. */
void vfe_net_tx_stop_if_full(struct vfe_net_txq *txq);
void vfe_net_tx_end_batch(struct vfe_net_txq *txq);
/* Publishes buffers, notifies the device. The lock is held. */
void vfe_net_tx_kick(struct vfe_net_txq *txq);
void vfe_net_tx_set_timer(struct vfe_net_txq *txq);

/* tx_map.c */
int vfe_net_tx_init(struct vfe_net_txq *txq);
void vfe_net_tx_exit(struct vfe_net_txq *txq);
bool vfe_net_tx_map(struct vfe_net_txq *txq, u16 *first, unsigned int n);
void vfe_net_tx_unmap(struct vfe_net_txq *txq, u16 i);

/* tx_table.c */
int vfe_net_tx_add_table(struct vfe_net_txq *txq, struct sk_buff *skb,
			 unsigned int n);
struct sk_buff *vfe_net_tx_end_table(struct vfe_net_txq *txq, void *token);

/* stats.c */
void vfe_net_get_stats64(struct net_device *dev,
			 struct rtnl_link_stats64 *sum);
u64 vfe_net_moved(struct vfe_net *vn);

/* ctrl.c: the control queue; see also ctrl.h. All do nothing without one */
void vfe_net_ctrl_spec(struct vfe_net *vn, struct vfe_queue_spec *spec);
int vfe_net_ctrl_init(struct vfe_net *vn);
void vfe_net_ctrl_stop(struct vfe_net *vn);
void vfe_net_ctrl_exit(struct vfe_net *vn);
void vfe_net_ctrl_close(struct vfe_net *vn);
void vfe_net_ctrl_open(struct vfe_net *vn);
void vfe_net_ctrl_take_back(struct vfe_net *vn);

/* ethtool.c */
extern const struct ethtool_ops vfe_net_ethtool_ops;

/* xdp.c: programs; rtnl is held, and @recovery.lock is not */
int vfe_net_xdp(struct net_device *dev, struct netdev_bpf *bpf);
void vfe_net_xdp_exit(struct vfe_net_rxq *rxq);
void vfe_net_xdp_config(struct vfe_net *vn);
bool vfe_net_xdp_loaded(const struct vfe_net *vn);
u64 vfe_net_xdp_offloads(const struct vfe_net *vn, u64 offloads);
bool vfe_net_xdp_mtu_ok(const struct vfe_net *vn, unsigned int mtu);

/* xdp_tx.c */
int vfe_net_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		     u32 flags);
unsigned int vfe_net_xdp_tx_done(struct vfe_net_txq *txq,
				 const struct vfe_used *used, unsigned int n,
				 int budget);

/* xsk.c: sockets; rtnl is held, and @recovery.lock is not */
int vfe_net_xsk_setup(struct vfe_net *vn, struct xsk_buff_pool *pool, u16 pair);
/* Does a frame of this MTU fit into the sockets' chunks? */
bool vfe_net_xsk_mtu_ok(const struct vfe_net *vn, unsigned int mtu);
int vfe_net_xsk_wakeup(struct net_device *dev, u32 queue, u32 flags);

#endif /* VFE_NET_H */
