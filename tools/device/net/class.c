// SPDX-License-Identifier: GPL-2.0
/* The class of network devices: the operations for the rest of the device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "net/net.h"

#define PCI_CLASS_NETWORK_ETHERNET	0x020000
/* In place of a time in control_at: the command can be answered now. */
#define WOKEN	1

static bool choose_mac(struct net *n)
{
	uint8_t *mac = n->first_mac;

	if (n->o->has_mac) {
		memcpy(mac, n->o->mac, MAC_LEN);
		return true;
	}
	if (getrandom(mac, MAC_LEN, 0) != MAC_LEN)
		return false;
	/* unicast, administered locally */
	mac[0] = (mac[0] & 0xfc) | 0x02;
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
	n->link_set = true;
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

/* --quirk link-flap begins again when the driver does. */
static void stop_flapping(struct net *n)
{
	if (!n->flap_at)
		return;
	n->flap_at = 0;
	n->link_set = true;
	link_set(n->link, true);
}

static void reset(struct vdev *v)
{
	struct net *n = net_of(v);

	stop_flapping(n);
	n->v = v;
	n->pairs = 1;
	n->hdr_len = VFE_NET_HDR_LEN;
	n->offloads = 0;
	n->allowed = 0;
	n->touched = 0;
	n->retry_at = UINT64_MAX;
	n->announce = false;
	n->control_at = 0;
	n->commands = 0;
	n->commands_ok = 0;
	memcpy(n->mac, n->first_mac, sizeof(n->mac));
	memset(&n->rx_coal, 0, sizeof(n->rx_coal));
	memset(&n->tx_coal, 0, sizeof(n->tx_coal));
	memset(n->moderation, 0, sizeof(n->moderation));
	memset(n->stats, 0, sizeof(n->stats));
	filter_reset(&n->filter, false, false);
	steer_reset(&n->steer);
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
	if (quirk_on(v, QUIRK_LINK_FLAP) && !n->flap_at)
		n->flap_at = clock_ns();
}

static void queue_reset(struct queue *q)
{
	struct net *n = net_of(q->v);

	if (net_role(q) == ROLE_RX)
		net_rx_reset(n, q->index / 2);
	if (net_role(q) == ROLE_RX || net_role(q) == ROLE_TX)
		moderate_queue_reset(q);
}

static int request(struct queue *q, struct chain *c, uint32_t *len)
{
	switch (net_role(q)) {
	case ROLE_TX:
		return net_transmit(q, c, len);
	case ROLE_CTRL:
		return net_control(q, c, len);
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

void net_update_link(struct vdev *v)
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
	net_update_link(v);
}

static uint64_t due(const struct vdev *v)
{
	const struct net *n = net_of(v);
	const uint64_t times[] = {
		link_due(n->link), n->retry_at, moderate_due(n),
		n->control_at > WOKEN ? n->control_at : UINT64_MAX,
		n->flap_at ? : UINT64_MAX,
	};
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		first = times[i] < first ? times[i] : first;
	return first;
}

/* --quirk link-flap */
static void flap(struct vdev *v, uint64_t now)
{
	uint64_t ms = quirk_value(v, QUIRK_LINK_FLAP, 0);
	struct net *n = net_of(v);

	n->link_set = !n->link_set || !ms;
	n->flap_at = ms ? now + ms * UINT64_C(1000000) : 0;
	link_set(n->link, n->link_set);
}

/* --quirk ctrl-slow: the command may be answered now. */
static void wake_control(struct vdev *v)
{
	unsigned int index = 2 * net_max_pairs(v);

	if (index < v->num_queues)
		v->queues[index].pending = true;
}

static void expired(struct vdev *v, uint64_t now)
{
	struct net *n = net_of(v);

	if (n->retry_at <= now) {
		n->retry_at = UINT64_MAX;
		link_room(n->link);
	}
	moderate_expired(n, now);
	if (n->control_at > WOKEN && n->control_at <= now) {
		wake_control(v);
		n->control_at = WOKEN;
	}
	if (n->flap_at && n->flap_at <= now)
		flap(v, now);
	if (link_due(n->link) <= now)
		link_expired(n->link, now);
	net_update_link(v);
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
	.quirks = net_quirks,
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
	.may_notify = moderate_may_notify,
	.wants_poll = wants_poll,
	.poll = poll_link,
	.fds = fds,
	.handle = handle,
	.due = due,
	.expired = expired,
	.window = &net_window_class,
	.counters = counters,
	.commands = net_commands,
};
