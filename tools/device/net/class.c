// SPDX-License-Identifier: GPL-2.0
/* The class of network devices: the operations for the rest of the device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "net/net.h"

#define PCI_CLASS_NETWORK_ETHERNET	0x020000

static bool choose_mac(struct net *n)
{
	if (n->o->has_mac) {
		memcpy(n->mac, n->o->mac, sizeof(n->mac));
		return true;
	}
	if (getrandom(n->mac, sizeof(n->mac), 0) != sizeof(n->mac))
		return false;
	/* unicast, administered locally */
	n->mac[0] = (n->mac[0] & 0xfc) | 0x02;
	return true;
}

static void net_close(void *state)
{
	struct net *n = state;

	if (!n)
		return;
	link_free(n->link);
	if (n->backend)
		n->backend->ops->close(n->backend);
	free(n);
}

static void *net_open(const struct options *o)
{
	struct net *n = calloc(1, sizeof(*n));

	if (!n)
		goto err;
	n->o = net_options_of(o);
	n->retry_at = UINT64_MAX;
	n->backend = net_backend_open(o, n->o->backend);
	if (!n->backend) {
		net_close(n);
		return NULL;
	}
	n->link = link_new(n->o, n->backend, o->seed);
	if (n->link && choose_mac(n))
		return n;
err:
	fprintf(stderr, "vfe-device: no memory for a network device\n");
	net_close(n);
	return NULL;
}

static unsigned int most_queues(const struct options *o)
{
	return 2 * net_options_of(o)->pairs + 1;
}

static unsigned int num_queues(const struct vdev *v)
{
	unsigned int control = !!(v->offered & BIT64(VIRTIO_NET_F_CTRL_VQ));

	return 2 * net_of(v)->o->pairs + control;
}

static void reset(struct vdev *v)
{
	struct net *n = net_of(v);

	n->v = v;
	n->pairs = 1;
	n->hdr_len = VFE_NET_HDR_LEN;
	n->offloads = 0;
	n->allowed = 0;
	n->touched = 0;
	n->retry_at = UINT64_MAX;
	n->seen_up = link_is_up(n->link);
	link_counts(n->link, v->c->of_class);
	if (link_is_attached(n->link, &net_virtio_port, n))
		link_attach(n->link, NULL, NULL);
}

static void started(struct vdev *v)
{
	struct net *n = net_of(v);

	if (!link_is_attached(n->link, &net_virtio_port, n))
		link_attach(n->link, &net_virtio_port, n);
}

static void queue_reset(struct queue *q)
{
	struct net *n = net_of(q->v);

	if (net_role(q) == ROLE_RX)
		net_rx_reset(n, q->index / 2);
}

static int request(struct queue *q, struct chain *c, uint32_t *len)
{
	switch (net_role(q)) {
	case ROLE_TX:
		return net_transmit(q, c, len);
	default:
		return REQUEST_LATER;
	}
}

static void pass_done(struct queue *q)
{
	struct net *n = net_of(q->v);

	if (net_role(q) != ROLE_TX)
		return;
	link_flush(n->link, q->index / 2);
	/* The answer may be there already. */
	if (!n->backend->ops->fds)
		link_poll(n->link);
}

static bool wants_poll(const struct vdev *v)
{
	return link_wants_poll(net_of(v)->link);
}

static bool poll_link(struct vdev *v)
{
	return link_wants_poll(net_of(v)->link) && link_poll(net_of(v)->link);
}

static int fds(struct vdev *v, struct pollfd *p)
{
	return link_fds(net_of(v)->link, p);
}

/* The carrier may have changed: tell the driver. */
static void update_link(struct vdev *v)
{
	struct net *n = net_of(v);
	bool up = link_is_up(n->link);

	if (n->seen_up == up)
		return;
	n->seen_up = up;
	if (vdev_has(v, VIRTIO_NET_F_STATUS))
		vdev_config_changed(v);
}

static void handle(struct vdev *v, const struct pollfd *p, int n)
{
	link_handle(net_of(v)->link, p, n);
	update_link(v);
}

static uint64_t due(const struct vdev *v)
{
	const struct net *n = net_of(v);
	uint64_t at = link_due(n->link);

	return n->retry_at < at ? n->retry_at : at;
}

static void expired(struct vdev *v, uint64_t now)
{
	struct net *n = net_of(v);

	if (n->retry_at <= now) {
		n->retry_at = UINT64_MAX;
		link_room(n->link);
	}
	if (link_due(n->link) <= now)
		link_expired(n->link, now);
	update_link(v);
}

static const struct vdev_counter counters[] = {
	[NET_TX_FRAMES] = { "tx", "frames" },
	[NET_TX_BYTES] = { "tx", "bytes" },
	[NET_TX_MALFORMED] = { "tx", "malformed" },
	[NET_TX_INACTIVE] = { "tx", "inactive" },
	[NET_RX_FRAMES] = { "rx", "frames" },
	[NET_RX_BYTES] = { "rx", "bytes" },
	[NET_RX_BUFFERS] = { "rx", "buffers" },
	[NET_RX_FILTERED] = { "rx", "filtered" },
	[NET_RX_OVERRUN] = { "rx", "overrun" },
	[NET_RX_TOO_LONG] = { "rx", "too_long" },
	[NET_LINK_DROPPED] = { "link", "dropped" },
	[NET_LINK_LOST] = { "link", "lost" },
	[NET_LINK_MALFORMED] = { "link", "malformed" },
	[NET_LINK_UNWANTED] = { "link", "unwanted" },
	[NET_CTRL_OK] = { "control", "ok" },
	[NET_CTRL_REFUSED] = { "control", "refused" },
	[NET_NUM_COUNTS] = { }
};

const struct vdev_class net_class = {
	.name = "net",
	.type = VFE_TYPE_NET,
	.pci_class = PCI_CLASS_NETWORK_ETHERNET,
	.title = "Network device (--class net):",
	.argp = &net_argp,
	.options = &net_default_options,
	.feature_names = net_feature_names,
	.open = net_open,
	.close = net_close,
	.features = net_features,
	.most_queues = most_queues,
	.num_queues = num_queues,
	.lacks = net_lacks,
	.accepted = net_accepted,
	.reset = reset,
	.config_read = net_config_read,
	.config_write = net_config_write,
	.request = request,
	.started = started,
	.queue_reset = queue_reset,
	.available = net_available,
	.pass_done = pass_done,
	.wants_poll = wants_poll,
	.poll = poll_link,
	.fds = fds,
	.handle = handle,
	.due = due,
	.expired = expired,
	.window = &net_window_class,
	.counters = counters,
};
