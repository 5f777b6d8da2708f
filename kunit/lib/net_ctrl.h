/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of network suites: struct tnet, and the control queue of its
 * device. A work item answers commands, and keeps a copy of each.
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
