/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network device (virtio 1.4, 5.1), shared by the files that make it up;
 * each calls those above it:
 *
 *   packet.c   headers of frames, checksums
 *   offload.c  checksums and segmentation in software
 *   echo.c ... the back ends; backend.c lists them
 *   wire.c     loss, delay and reordering of frames that come in
 *   link.c     between port and back end
 *   options.c  the options
 *   features.c features and configuration space
 *   filter.c   which frames the driver wants; steer.c: in which queue
 *   moderate.c when an interrupt may come; stats.c: statistics by queue
 *   quirk.c    deviations for tests of drivers
 *   rx.c, tx.c, control.c  the queues
 *   window.c   the register window, beside the queues
 *   command.c  commands of the control socket
 *   class.c    the class: the operations for the rest of the device
 */
#ifndef NET_H
#define NET_H

#include <argp.h>

#include "base/parse.h"
#include "net/filter.h"
#include "net/link.h"
#include "net/steer.h"
#include "virtio/virtio.h"

/* Feature bits from 64 on, as the device keeps them */
#define NET_F_GUEST_TUNNEL \
	FEATURE_HIGH(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO)
#define NET_F_GUEST_TUNNEL_CSUM \
	FEATURE_HIGH(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM)
#define NET_F_HOST_TUNNEL \
	FEATURE_HIGH(VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO)
#define NET_F_HOST_TUNNEL_CSUM \
	FEATURE_HIGH(VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM)

#define NET_MAX_QUEUES	(2 * VFE_NET_MAX_PAIRS + 1)

/* In the order of net_counters[]; frames and bytes without virtio header */
enum net_count {
	/* of the driver */
	NET_TX_FRAMES,
	NET_TX_BYTES,
	NET_TX_MALFORMED,	/* header or length made no sense */
	NET_TX_INACTIVE,	/* on a queue that the driver has not enabled */
	/* to the driver */
	NET_RX_FRAMES,
	NET_RX_BYTES,
	NET_RX_BUFFERS,
	NET_RX_FILTERED,
	NET_RX_OVERRUN,		/* no buffers for too long */
	NET_RX_TOO_LONG,	/* for a buffer, or the MTU */
	/* on the link */
	NET_LINK_DROPPED,	/* the far side took nothing, or is not there */
	NET_LINK_LOST,		/* by --loss */
	NET_LINK_MALFORMED,	/* from the far side */
	NET_LINK_UNWANTED,	/* no driver */
	/* control queue */
	NET_CTRL_OK,
	NET_CTRL_REFUSED,
	NET_NUM_COUNTS
};

static_assert(NET_NUM_COUNTS <= COUNTS_OF_CLASS, "there is room");

enum net_quirk {
	QUIRK_CTRL_SILENT = QUIRK_OF_CLASS,
	QUIRK_CTRL_SLOW,	/* milliseconds */
	QUIRK_CTRL_REFUSE,	/* a class */
	/* what the configuration space says */
	QUIRK_CONFIG_MTU,
	QUIRK_CONFIG_PAIRS,
	QUIRK_CONFIG_SPEED,
	QUIRK_CONFIG_DUPLEX,
	QUIRK_LINK_FLAP,	/* milliseconds */
	/* received frames */
	QUIRK_RX_EVERY,		/* only each Nth of them */
	QUIRK_RX_LEN,		/* an enum net_odd_len */
	QUIRK_RX_NUM_BUFFERS,
	QUIRK_RX_HEADER,	/* an enum net_odd_header */
	QUIRK_NET_END
};

/* The used length of the first buffer of a frame */
enum net_odd_len {
	ODD_LEN_ZERO,
	ODD_LEN_SHORT,		/* less than a header */
	ODD_LEN_BEYOND,		/* one more than the buffer has */
	ODD_LEN_ALL_ONES,
};

/* What is wrong with the header of a frame */
enum net_odd_header {
	ODD_GSO_TYPE,		/* one that there is not */
	ODD_GSO_NO_CSUM,	/* TSO without NEEDS_CSUM */
	ODD_GSO_SIZE,		/* TSO with gso_size 0 */
	ODD_GSO_HUGE,		/* gso_size larger than the frame */
	ODD_HDR_LEN,		/* beyond the frame */
	ODD_CSUM_START,
	ODD_CSUM_OFFSET,
	ODD_CSUM_ZERO,		/* NEEDS_CSUM from the first byte on */
	ODD_TUNNEL,		/* both kinds */
	ODD_FLAGS,		/* all of them */
};

struct net_options {
	const char *backend;
	unsigned int pairs;
	bool has_mac;
	uint8_t mac[6];
	unsigned int mtu;	/* 0: not announced */
	bool has_speed;		/* or duplex */
	uint32_t speed;
	uint8_t duplex;
	struct service_model delay;
	double loss, reorder;	/* percent */
};

/* What a queue is for */
enum net_role {
	ROLE_NONE,
	ROLE_RX,
	ROLE_TX,
	ROLE_CTRL,
};

/* By virtqueue */
struct net_stats {
	uint64_t packets, bytes, drops, overruns;
	uint64_t csum_none, csum_valid, needs_csum;
	uint64_t gso_packets, gso_bytes;
};

/* Coalescing of a queue's notifications */
struct moderation {
	uint32_t max_packets, max_usecs;
	uint64_t packets;	/* since the last interrupt */
	uint64_t due;		/* ns, for the first of these */
	bool held;		/* an interrupt waits */
};

struct net {
	const struct net_options *o;
	struct net_backend *backend;
	struct link *link;
	struct vdev *v;		/* known from the first reset on */
	uint8_t first_mac[MAC_LEN];	/* at power on */
	uint8_t mac[MAC_LEN];	/* as the configuration has it */
	bool seen_up;		/* the link, when it last changed */
	bool announce;		/* 5.1.9.5.4: asks the driver to */
	bool link_set;		/* the link, by the control socket */
	uint64_t flap_at;	/* --quirk link-flap: when it changes */
	unsigned int pairs;	/* that the driver uses */
	unsigned int hdr_len;	/* of the header in buffers */
	uint32_t offloads;	/* enum net_offload: the driver's, for receiving */
	uint32_t allowed;	/* and for sending */

	struct filter filter;
	struct steer steer;
	struct moderation moderation[NET_MAX_QUEUES];
	struct vfe_net_coal rx_coal, tx_coal;	/* for all queues of a kind */
	struct net_stats stats[NET_MAX_QUEUES];
	uint64_t commands, commands_ok;
	uint64_t control_at;	/* --quirk ctrl-slow: when to answer */

	/* rx.c */
	uint64_t received;	/* frames, for --quirk rx-every */
	uint64_t starved_since[VFE_NET_MAX_PAIRS];
	uint64_t retry_at;	/* when a frame that waits is given up */
	uint32_t touched;	/* receive queues with used buffers, a bit each */
};

extern const struct vdev_class net_class;

static inline struct net_options *net_options_of(const struct options *o)
{
	return o->of_class;
}

static inline struct net *net_of(const struct vdev *v)
{
	return v->state;
}

static inline void net_count(const struct net *n, enum net_count which,
			     uint64_t by)
{
	n->v->c->of_class[which] += by;
}

/* options.c */
extern const struct argp net_argp;
extern struct net_options net_default_options;

/* features.c; see struct vdev_class */
extern const struct bit_name net_feature_names[];
uint64_t net_features(const struct vdev *v);
const char *net_lacks(const struct vdev *v);
void net_accepted(struct vdev *v);
uint32_t net_config_read(struct vdev *v, uint32_t offset, unsigned int size);
void net_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		      uint32_t value);
/* Pairs that there are with the features of the driver */
unsigned int net_max_pairs(const struct vdev *v);
enum net_role net_role(const struct queue *q);
/* Bits as the command has them. Return: false if some were not accepted */
bool net_set_offloads(struct net *n, uint64_t bits);

/* moderate.c */

/* @packets of this queue are used now. */
void moderate_packets(struct queue *q, unsigned int packets);
bool moderate_may_notify(struct queue *q);
void moderate_expired(struct net *n, uint64_t now);
uint64_t moderate_due(const struct net *n);
void moderate_set(struct queue *q, const struct vfe_net_coal *c);
void moderate_queue_reset(struct queue *q);

/* stats.c */
void stats_frame(struct net_stats *s, const struct vfe_net_hdr *hdr,
		 uint32_t len);
/* Answers to commands. Return: their bytes, or -1 */
int stats_query(uint8_t *answer, size_t room);
int stats_get(const struct net *n, const uint8_t *data, size_t len,
	      uint8_t *answer, size_t room);

/* quirk.c */
extern const struct value_info net_quirks[];
void net_quirk_config(const struct vdev *v, struct vfe_net_config *c);
void net_quirk_header(struct net *n, struct vfe_net_hdr *hdr, uint32_t len);
/* The used length of a frame's first buffer, of @room bytes */
uint32_t net_quirk_len(const struct net *n, uint32_t len, uint64_t room);

/* rx.c */
extern const struct net_port net_virtio_port;
bool net_available(struct queue *q);
void net_rx_reset(struct net *n, unsigned int pair);

/* window.c */
extern const struct window_class net_window_class;

/* tx.c */
int net_transmit(struct queue *q, struct chain *c, uint32_t *len);
/* Copy up to @len bytes of the pieces from @skip on. Return: how many */
size_t net_gather(const struct iovec *iov, int n, size_t skip, void *to,
		  size_t len);

/* control.c */
int net_control(struct queue *q, struct chain *chain, uint32_t *len);

/* command.c */
extern const struct vdev_command net_commands[];

/* class.c: the carrier may have changed */
void net_update_link(struct vdev *v);

#endif /* NET_H */
