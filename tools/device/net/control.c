// SPDX-License-Identifier: GPL-2.0
/*
 * The control queue (virtio 1.4, 5.1.9.5): commands are copied, checked, then
 * done whole or not at all.
 */
#include <string.h>

#include "base/clock.h"
#include "net/net.h"

#define MOST_DATA	16384U
#define MOST_ANSWER	16384U

struct command {
	struct net *n;
	struct queue *q;	/* the control queue */
	uint8_t number;
	const uint8_t *data;
	size_t len;
	uint8_t *answer;	/* behind ack */
	size_t room;
};

/* Return: the bytes of the answer, or -1 to refuse */
typedef int (*handler)(const struct command *c);

static bool has(const struct command *c, unsigned int feature)
{
	return vdev_has(c->n->v, feature);
}

static int set_mode(const struct command *c)
{
	unsigned int feature = c->number <= VIRTIO_NET_CTRL_RX_ALLMULTI ?
			       VIRTIO_NET_F_CTRL_RX :
			       VIRTIO_NET_F_CTRL_RX_EXTRA;

	if (c->number > VIRTIO_NET_CTRL_RX_NOBCAST || !has(c, feature) ||
	    c->len != 1 || c->data[0] > 1)
		return -1;
	c->n->filter.mode[c->number] = c->data[0];
	return 0;
}

/* Take a table of addresses off the front. Return: false if it is not whole */
static bool take_table(const uint8_t **data, size_t *len,
		       struct filter_table *t)
{
	uint32_t n;

	if (*len < sizeof(n))
		return false;
	memcpy(&n, *data, sizeof(n));
	n = le32toh(n);
	*data += sizeof(n);
	*len -= sizeof(n);
	if (n > *len / MAC_LEN)
		return false;
	t->n = n;
	memcpy(t->mac, *data, MAC_LEN * (n < FILTER_ADDRESSES ?
					 n : FILTER_ADDRESSES));
	*data += n * MAC_LEN;
	*len -= n * MAC_LEN;
	return true;
}

static int set_macs(const struct command *c)
{
	struct filter_table unicast, multicast;
	const uint8_t *data = c->data;
	size_t len = c->len;

	if (!has(c, VIRTIO_NET_F_CTRL_RX) ||
	    !take_table(&data, &len, &unicast) ||
	    !take_table(&data, &len, &multicast) || len)
		return -1;
	c->n->filter.unicast = unicast;
	c->n->filter.multicast = multicast;
	return 0;
}

static int set_mac(const struct command *c)
{
	if (c->number == VIRTIO_NET_CTRL_MAC_TABLE_SET)
		return set_macs(c);
	if (c->number != VIRTIO_NET_CTRL_MAC_ADDR_SET ||
	    !has(c, VIRTIO_NET_F_CTRL_MAC_ADDR) || c->len != MAC_LEN ||
	    is_multicast(c->data))
		return -1;
	memcpy(c->n->mac, c->data, MAC_LEN);
	return 0;
}

static uint16_t first16(const struct command *c)
{
	uint16_t value;

	memcpy(&value, c->data, sizeof(value));
	return le16toh(value);
}

static int set_vlan(const struct command *c)
{
	if (!has(c, VIRTIO_NET_F_CTRL_VLAN) ||
	    c->number > VIRTIO_NET_CTRL_VLAN_DEL || c->len != 2 ||
	    first16(c) > 4095)
		return -1;
	filter_set_vlan(&c->n->filter, first16(c),
			c->number == VIRTIO_NET_CTRL_VLAN_ADD);
	return 0;
}

static int announced(const struct command *c)
{
	if (!has(c, VIRTIO_NET_F_GUEST_ANNOUNCE) ||
	    c->number != VIRTIO_NET_CTRL_ANNOUNCE_ACK || c->len)
		return -1;
	c->n->announce = false;
	return 0;
}

/*
 * A frame that waits for buffers may belong to another queue now. It is tried
 * later: this command still uses the memory for the pieces of a buffer.
 */
static void set_pairs(struct net *n, unsigned int pairs)
{
	n->pairs = pairs;
	n->retry_at = clock_ns();
}

static bool are_pairs(const struct command *c, unsigned int pairs)
{
	return pairs && pairs <= net_max_pairs(c->n->v);
}

static int mq_pairs(const struct command *c)
{
	if (!has(c, VIRTIO_NET_F_MQ) || c->len != 2 ||
	    !are_pairs(c, first16(c)))
		return -1;
	c->n->steer.rss = false;
	set_pairs(c->n, first16(c));
	return 0;
}

/*
 * Is there a key of this length? Linux sends a byte more, since it takes the
 * size of a structure.
 */
static bool is_key(const struct command *c, size_t at, unsigned int len)
{
	return len <= STEER_KEY && c->len >= at + len;
}

/* 5.1.9.5.7; entries are checked by the queues that there are. */
static int mq_rss(const struct command *c)
{
	struct steer *s = &c->n->steer;
	struct vfe_net_rss_head head;
	struct vfe_net_rss_tail tail;
	uint16_t table[STEER_TABLE];
	unsigned int entries;
	size_t at;

	if (!has(c, VIRTIO_NET_F_RSS) || c->len < sizeof(head))
		return -1;
	memcpy(&head, c->data, sizeof(head));
	entries = le16toh(head.indirection_table_mask) + 1U;
	at = sizeof(head) + entries * sizeof(table[0]);
	if (entries > STEER_TABLE || entries & (entries - 1) ||
	    c->len < at + sizeof(tail))
		return -1;
	memcpy(table, c->data + sizeof(head), entries * sizeof(table[0]));
	memcpy(&tail, c->data + at, sizeof(tail));
	at += sizeof(tail);
	if (!are_pairs(c, le16toh(tail.max_tx_vq)) ||
	    le32toh(head.hash_types) & ~STEER_TYPES ||
	    !is_key(c, at, tail.hash_key_length) ||
	    le16toh(head.unclassified_queue) >= net_max_pairs(c->n->v))
		return -1;
	for (unsigned int i = 0; i < entries; i++) {
		if (le16toh(table[i]) >= net_max_pairs(c->n->v))
			return -1;
	}
	for (unsigned int i = 0; i < entries; i++)
		s->table[i] = le16toh(table[i]);
	s->rss = true;
	s->types = le32toh(head.hash_types);
	s->mask = entries - 1;
	s->unclassified = le16toh(head.unclassified_queue);
	steer_key(s, c->data + at, tail.hash_key_length);
	set_pairs(c->n, le16toh(tail.max_tx_vq));
	return 0;
}

static int mq_hash(const struct command *c)
{
	struct vfe_net_hash_config config;

	if (!has(c, VIRTIO_NET_F_HASH_REPORT) || c->len < sizeof(config))
		return -1;
	memcpy(&config, c->data, sizeof(config));
	if (le32toh(config.hash_types) & ~STEER_TYPES ||
	    !is_key(c, sizeof(config), config.hash_key_length))
		return -1;
	c->n->steer.types = le32toh(config.hash_types);
	steer_key(&c->n->steer, c->data + sizeof(config),
		  config.hash_key_length);
	return 0;
}

static int set_mq(const struct command *c)
{
	switch (c->number) {
	case VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET:
		return mq_pairs(c);
	case VIRTIO_NET_CTRL_MQ_RSS_CONFIG:
		return mq_rss(c);
	case VIRTIO_NET_CTRL_MQ_HASH_CONFIG:
		return mq_hash(c);
	default:
		return -1;
	}
}

static int set_offloads(const struct command *c)
{
	uint64_t offloads;

	if (!has(c, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) ||
	    c->number != VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET ||
	    c->len != sizeof(offloads))
		return -1;
	memcpy(&offloads, c->data, sizeof(offloads));
	return net_set_offloads(c->n, le64toh(offloads)) ? 0 : -1;
}

/* All queues of a kind; @odd: transmit queues */
static void coalesce_all(struct net *n, unsigned int odd,
			 const struct vfe_net_coal *coal)
{
	if (odd)
		n->tx_coal = *coal;
	else
		n->rx_coal = *coal;
	for (unsigned int i = odd; i < 2 * net_max_pairs(n->v); i += 2)
		moderate_set(&n->v->queues[i], coal);
}

static int coalesce_queue(const struct command *c)
{
	struct vfe_net_coal_vq vq = {};
	size_t head = offsetof(struct vfe_net_coal_vq, coal);
	bool get = c->number == VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET;
	const struct moderation *m;
	struct queue *q;

	if (!has(c, VIRTIO_NET_F_VQ_NOTF_COAL) ||
	    c->len != (get ? head : sizeof(vq)))
		return -1;
	memcpy(&vq, c->data, c->len);
	if (le16toh(vq.vq_index) >= 2 * net_max_pairs(c->n->v))
		return -1;
	q = &c->n->v->queues[le16toh(vq.vq_index)];
	if (q->state != QUEUE_ENABLED)
		return -1;
	if (!get) {
		moderate_set(q, &vq.coal);
		return 0;
	}
	if (c->room < sizeof(vq.coal))
		return -1;
	m = &c->n->moderation[q->index];
	vq.coal.max_packets = htole32(m->max_packets);
	vq.coal.max_usecs = htole32(m->max_usecs);
	memcpy(c->answer, &vq.coal, sizeof(vq.coal));
	return sizeof(vq.coal);
}

static int coalesce(const struct command *c)
{
	struct vfe_net_coal coal;

	if (c->number > VIRTIO_NET_CTRL_NOTF_COAL_RX_SET)
		return c->number <= VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET ?
		       coalesce_queue(c) : -1;
	if (!has(c, VIRTIO_NET_F_NOTF_COAL) || c->len != sizeof(coal))
		return -1;
	memcpy(&coal, c->data, sizeof(coal));
	coalesce_all(c->n, c->number == VIRTIO_NET_CTRL_NOTF_COAL_TX_SET,
		     &coal);
	return 0;
}

static int statistics(const struct command *c)
{
	if (!has(c, VIRTIO_NET_F_DEVICE_STATS))
		return -1;
	switch (c->number) {
	case VIRTIO_NET_CTRL_STATS_QUERY:
		return stats_query(c->answer, c->room);
	case VIRTIO_NET_CTRL_STATS_GET:
		return stats_get(c->n, c->data, c->len, c->answer, c->room);
	default:
		return -1;
	}
}

static const handler handlers[] = {
	[VIRTIO_NET_CTRL_RX] = set_mode,
	[VIRTIO_NET_CTRL_MAC] = set_mac,
	[VIRTIO_NET_CTRL_VLAN] = set_vlan,
	[VIRTIO_NET_CTRL_ANNOUNCE] = announced,
	[VIRTIO_NET_CTRL_MQ] = set_mq,
	[VIRTIO_NET_CTRL_GUEST_OFFLOADS] = set_offloads,
	[VIRTIO_NET_CTRL_NOTF_COAL] = coalesce,
	[VIRTIO_NET_CTRL_STATS] = statistics,
};

#define NUM_HANDLERS	(sizeof(handlers) / sizeof(handlers[0]))

static int run(struct command *c, uint8_t class)
{
	const struct vdev *v = c->n->v;

	if (quirk_on(v, QUIRK_CTRL_REFUSE) &&
	    quirk_value(v, QUIRK_CTRL_REFUSE, 0) == class)
		return -1;
	return class < NUM_HANDLERS && handlers[class] ? handlers[class](c) :
							 -1;
}

/* Quirks: is this command to be answered now? */
static bool is_time(struct net *n)
{
	uint64_t ms = quirk_value(n->v, QUIRK_CTRL_SLOW, 0);

	if (quirk_on(n->v, QUIRK_CTRL_SILENT))
		return false;
	if (!ms)
		return true;
	if (!n->control_at)
		n->control_at = clock_ns() + ms * UINT64_C(1000000);
	if (clock_ns() < n->control_at)
		return false;
	n->control_at = 0;
	return true;
}

/* Write ack and answer. Return: the bytes written */
static uint32_t put_answer(const struct chain *c, uint8_t ack,
			   const uint8_t *answer, size_t len)
{
	const struct iovec *iov = c->iov + c->readable;
	size_t done = 0;

	for (int i = 0; i < c->writable && done < len + 1; i++) {
		uint8_t *to = iov[i].iov_base;
		size_t part = iov[i].iov_len;

		if (part && !done) {
			*to++ = ack;
			part--;
			done++;
		}
		if (part > len + 1 - done)
			part = len + 1 - done;
		memcpy(to, answer + done - 1, part);
		done += part;
	}
	return done;
}

static int complain(const struct queue *q, const char *what)
{
	log_line("queue %u: %s", q->index, what);
	return -1;
}

int net_control(struct queue *q, struct chain *chain, uint32_t *len)
{
	static uint8_t data[MOST_DATA], answer[MOST_ANSWER];
	struct net *n = net_of(q->v);
	struct command c = { .n = n, .q = q, .answer = answer };
	size_t have;
	int ret;

	*len = 0;
	if (chain->fault)
		return complain(q, "a command that is not all guest memory");
	/* 5.1.9.5: class, command and ack are there. */
	if (chain->read_len < 2 || !chain->write_len)
		return complain(q, "a command with no room for class, command and ack");
	if (!is_time(n))
		return REQUEST_LATER;
	have = net_gather(chain->iov, chain->readable, 0, data, sizeof(data));
	c.number = data[1];
	c.data = data + 2;
	c.len = have - 2;
	c.room = chain->write_len - 1 < sizeof(answer) ?
		 chain->write_len - 1 : sizeof(answer);
	n->commands++;
	/* counts itself, in its own statistics */
	n->commands_ok++;
	ret = have < chain->read_len ? -1 : run(&c, data[0]);
	if (ret < 0) {
		n->commands_ok--;
		log_line("control queue: class %u command %u refused, with %zu bytes from %02x%02x%02x%02x on",
			 data[0], c.number, c.len, data[2], data[3], data[4],
			 data[5]);
	}
	net_count(n, ret < 0 ? NET_CTRL_REFUSED : NET_CTRL_OK, 1);
	*len = put_answer(chain, ret < 0 ? VIRTIO_NET_ERR : VIRTIO_NET_OK,
			  answer, ret < 0 ? 0 : ret);
	return 0;
}
