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
 *   rx.c, tx.c, control.c  the queues
 *   window.c   the register window, beside the queues
 *   class.c    the class: the operations for the rest of the device
 */
#ifndef NET_H
#define NET_H

#include <argp.h>

#include "base/parse.h"
#include "net/link.h"
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

struct net {
	const struct net_options *o;
	struct net_backend *backend;
	struct link *link;
	struct vdev *v;		/* known from the first reset on */
	uint8_t mac[6];		/* as the configuration has it */
	bool seen_up;		/* the link, when it last changed */
	unsigned int pairs;	/* that the driver uses */
	unsigned int hdr_len;	/* of the header in buffers */
	uint32_t offloads;	/* enum net_offload: the driver's, for receiving */
	uint32_t allowed;	/* and for sending */

	/* rx.c */
	uint64_t starved_since[VFE_NET_MAX_PAIRS];
	bool overrun[VFE_NET_MAX_PAIRS];
	uint64_t retry_at;	/* when a frame that waits is given up */
	uint32_t touched;	/* receive queues with used buffers, a bit each */
	uint64_t stalled_until;
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

/* rx.c */
extern const struct net_port net_virtio_port;
bool net_available(struct queue *q);
void net_rx_reset(struct net *n, unsigned int pair);

/* window.c */
extern const struct window_class net_window_class;

/* tx.c */
int net_transmit(struct queue *q, struct chain *c, uint32_t *len);

#endif /* NET_H */
