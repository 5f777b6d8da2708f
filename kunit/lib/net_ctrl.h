/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of network suites: struct tnet, and the control queue of its
 * device. A work item answers commands, and keeps a copy of each. A test fails
 * if the driver sends one whose feature was not negotiated.
 */
#ifndef VFE_KUNIT_NET_CTRL_H
#define VFE_KUNIT_NET_CTRL_H

#include <kunit/test.h>
#include <linux/netdevice.h>
#include <linux/virtio_net.h>
#include <linux/workqueue.h>

#include "../../drivers/net/net.h"
#include "mock/mock.h"

#define TNET_COMMANDS	64	/* commands that are remembered */

/* A command of the control queue, as the device got it */
struct tnet_command {
	u8 class;
	u8 cmd;
	u8 data[64];
	unsigned int len;
};

/**
 * struct tnet - the interface of a test, and its device
 * @test: the test
 * @m: the function
 * @rx: the first receive queue
 * @tx: the first transmit queue
 * @ctrl: the control queue, or NULL
 * @chain: for vfe_mock_pop(), too large for the stack
 * @answers: the same, for the work item
 * @vn: the driver's data
 * @dev: the netdev
 * @tap: gets every packet that is received
 * @got: copies of them, the oldest first
 * @answer: answers commands
 * @silent: answer no command
 * @ack: the answer
 * @refuses: decides that a command is refused, or NULL
 * @reply: writes the bytes behind the answer, or NULL
 * @commands: commands so far, @num_commands of them
 * @num_commands: see @commands
 */
struct tnet {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_mock_queue *rx;
	struct vfe_mock_queue *tx;
	struct vfe_mock_queue *ctrl;
	struct vfe_mock_chain *chain;
	struct vfe_mock_chain *answers;
	struct vfe_net *vn;
	struct net_device *dev;
	struct packet_type tap;
	struct sk_buff_head got;
	struct work_struct answer;
	bool silent;
	u8 ack;
	bool (*refuses)(const struct tnet_command *c);
	void (*reply)(const struct tnet_command *c,
		      const struct vfe_mock_seg *seg);
	struct tnet_command commands[TNET_COMMANDS];
	unsigned int num_commands;
};

/**
 * struct tnet_command_row - a command that a driver may send, 5.1.9.5
 * @class: its class
 * @cmd: its number
 * @feature: must have been negotiated
 */
struct tnet_command_row {
	u8 class;
	u8 cmd;
	u8 feature;
};

#define TNET_COMMAND(class, cmd, feature) \
	{ VIRTIO_NET_CTRL_##class, VIRTIO_NET_CTRL_##cmd, VIRTIO_NET_F_##feature }

static const struct tnet_command_row tnet_command_rows[] = {
	TNET_COMMAND(RX, RX_PROMISC, CTRL_RX),
	TNET_COMMAND(RX, RX_ALLMULTI, CTRL_RX),
	TNET_COMMAND(RX, RX_ALLUNI, CTRL_RX_EXTRA),
	TNET_COMMAND(RX, RX_NOMULTI, CTRL_RX_EXTRA),
	TNET_COMMAND(RX, RX_NOUNI, CTRL_RX_EXTRA),
	TNET_COMMAND(RX, RX_NOBCAST, CTRL_RX_EXTRA),
	TNET_COMMAND(MAC, MAC_TABLE_SET, CTRL_RX),
	TNET_COMMAND(MAC, MAC_ADDR_SET, CTRL_MAC_ADDR),
	TNET_COMMAND(VLAN, VLAN_ADD, CTRL_VLAN),
	TNET_COMMAND(VLAN, VLAN_DEL, CTRL_VLAN),
	TNET_COMMAND(ANNOUNCE, ANNOUNCE_ACK, GUEST_ANNOUNCE),
	TNET_COMMAND(MQ, MQ_VQ_PAIRS_SET, MQ),
	TNET_COMMAND(MQ, MQ_RSS_CONFIG, RSS),
	TNET_COMMAND(MQ, MQ_HASH_CONFIG, HASH_REPORT),
	TNET_COMMAND(GUEST_OFFLOADS, GUEST_OFFLOADS_SET, CTRL_GUEST_OFFLOADS),
	TNET_COMMAND(NOTF_COAL, NOTF_COAL_TX_SET, NOTF_COAL),
	TNET_COMMAND(NOTF_COAL, NOTF_COAL_RX_SET, NOTF_COAL),
	TNET_COMMAND(NOTF_COAL, NOTF_COAL_VQ_SET, VQ_NOTF_COAL),
	TNET_COMMAND(NOTF_COAL, NOTF_COAL_VQ_GET, VQ_NOTF_COAL),
	TNET_COMMAND(STATS, STATS_QUERY, DEVICE_STATS),
	TNET_COMMAND(STATS, STATS_GET, DEVICE_STATS),
};

/* The feature without which no driver sends this command; -1: nobody may */
static inline int tnet_command_feature(const struct tnet_command *c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tnet_command_rows); i++)
		if (tnet_command_rows[i].class == c->class &&
		    tnet_command_rows[i].cmd == c->cmd)
			return tnet_command_rows[i].feature;
	return -1;
}

/* Fails the test if the driver has not negotiated the command's feature. */
static inline void tnet_expect_negotiated(struct tnet *t,
					  const struct tnet_command *c)
{
	int feature = tnet_command_feature(c);

	KUNIT_EXPECT_TRUE_MSG(t->test, feature >= 0 &&
			      t->m->accepted & BIT_ULL(feature),
			      "class %u, command %u, features %#llx", c->class,
			      c->cmd, t->m->accepted);
}

static inline const struct tnet_command *
tnet_remember(struct tnet *t, const struct vfe_mock_chain *chain)
{
	struct tnet_command *c = &t->commands[t->num_commands % TNET_COMMANDS];
	const u8 *hdr = vfe_mock_mem(chain->segs[0].addr);
	unsigned int i, n;

	memset(c, 0, sizeof(*c));
	c->class = hdr[0];
	c->cmd = hdr[1];
	for (i = 1; i < chain->out; i++) {
		n = min_t(unsigned int, chain->segs[i].len,
			  sizeof(c->data) - c->len);
		memcpy(c->data + c->len, vfe_mock_mem(chain->segs[i].addr), n);
		c->len += n;
	}
	t->num_commands++;
	tnet_expect_negotiated(t, c);
	return c;
}

/* Answers all commands in the ring. */
static inline void tnet_answer(struct tnet *t)
{
	struct vfe_mock_chain *chain = t->answers;
	const struct tnet_command *c;
	u8 *ack;

	while (vfe_mock_pop(t->ctrl, chain) == 1) {
		c = tnet_remember(t, chain);
		ack = vfe_mock_mem(chain->segs[chain->out].addr);
		*ack = t->refuses && t->refuses(c) ? VIRTIO_NET_ERR : t->ack;
		if (t->reply && chain->in > 1)
			t->reply(c, &chain->segs[chain->out + 1]);
		vfe_mock_push(t->ctrl, chain->id, chain->in_len, chain->descs);
	}
	if (!t->ctrl->packed)
		vfe_mock_set_avail_event(t->ctrl,
					 vfe_mock_avail_idx(t->ctrl));
	vfe_mock_interrupt(t->ctrl);
}

static inline void tnet_answer_work(struct work_struct *work)
{
	struct tnet *t = container_of(work, struct tnet, answer);

	if (!t->silent && vfe_mock_available(t->ctrl))
		tnet_answer(t);
}

/* The hook of the mock: a notification wakes the work item. */
static inline bool tnet_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct tnet *t = m->knobs.priv;

	if (a->reg == VFE_REG_NOTIFY && t->ctrl)
		schedule_work(&t->answer);
	return false;
}

/* How often did the device get this command? */
static inline unsigned int tnet_commands(const struct tnet *t, u8 class, u8 cmd)
{
	unsigned int i, n = 0;

	for (i = 0; i < min(t->num_commands, TNET_COMMANDS); i++)
		n += t->commands[i].class == class && t->commands[i].cmd == cmd;
	return n;
}

/* The last of them, or NULL */
static inline const struct tnet_command *
tnet_last_command(const struct tnet *t, u8 class, u8 cmd)
{
	unsigned int i = min(t->num_commands, TNET_COMMANDS);

	while (i--)
		if (t->commands[i].class == class && t->commands[i].cmd == cmd)
			return &t->commands[i];
	return NULL;
}

/* The guest offloads of the last command; U64_MAX: there is none */
static inline u64 tnet_offloads_sent(const struct tnet *t)
{
	const struct tnet_command *c;
	__le64 offloads;

	c = tnet_last_command(t, VIRTIO_NET_CTRL_GUEST_OFFLOADS,
			      VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET);
	if (!c || c->len != sizeof(offloads))
		return U64_MAX;
	memcpy(&offloads, c->data, sizeof(offloads));
	return le64_to_cpu(offloads);
}

#endif /* VFE_KUNIT_NET_CTRL_H */
