/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program of XDP on an interface of the fixture. It calls a function of this
 * file, which decides.
 */
#ifndef VFE_KUNIT_NET_PROG_H
#define VFE_KUNIT_NET_PROG_H

#include <linux/bpf.h>
#include <linux/filter.h>
#include <net/xdp.h>

#include "net_fixture.h"

static u32 verdict;		/* what the program decides */
static unsigned int seen;	/* packets that it saw */
static unsigned int seen_len;	/* bytes of the last one */
static int shift;		/* it moves the begin of the packet by this */
static int meta;		/* bytes of its own that it puts before it */
static int to;			/* it redirects to this interface, if not 0 */
static struct xdp_sock *target;	/* and to this socket, if there is one */

/* What the driver says about the packet's hash */
static struct {
	int err;
	u32 hash;
	enum xdp_rss_hash_type type;
} hint;

static inline u64 decide(u64 ctx, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct xdp_buff *xdp = (void *)(unsigned long)ctx;
	struct bpf_redirect_info *ri;

	seen++;
	seen_len = xdp_get_buff_len(xdp);
	xdp->data += shift;
	xdp->data_meta = xdp->data - meta;
	hint.err = xdp->rxq->dev->xdp_metadata_ops->xmo_rx_hash((void *)xdp,
								&hint.hash,
								&hint.type);
	if (!to && !target)
		return verdict;
	ri = bpf_net_ctx_get_ri();
	ri->tgt_index = to;
	ri->tgt_value = target;
	ri->map_id = INT_MAX;
	ri->map_type = target ? BPF_MAP_TYPE_XSKMAP : BPF_MAP_TYPE_UNSPEC;
	return XDP_REDIRECT;
}

static inline void free_prog(void *data)
{
	struct bpf_prog *prog = data;

	synchronize_rcu();
	bpf_prog_free(prog);
}

/* A program that calls decide(); the test frees it. */
static inline struct bpf_prog *make_prog(struct kunit *test, bool frags)
{
	const struct bpf_insn insns[] = {
		BPF_EMIT_CALL(decide),
		BPF_EXIT_INSN(),
	};
	struct bpf_prog *prog;
	int err = 0;

	verdict = XDP_PASS;
	seen = 0;
	shift = 0;
	meta = 0;
	to = 0;
	target = NULL;
	prog = bpf_prog_alloc(bpf_prog_size(ARRAY_SIZE(insns)), 0);
	KUNIT_ASSERT_NOT_NULL(test, prog);
	prog->type = BPF_PROG_TYPE_XDP;
	prog->gpl_compatible = 1;
	prog->len = ARRAY_SIZE(insns);
	prog->aux->xdp_has_frags = frags;
	memcpy(prog->insnsi, insns, sizeof(insns));
	/* one reference is the test's */
	atomic64_set(&prog->aux->refcnt, 1);
	prog = bpf_prog_select_runtime(prog, &err);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, free_prog, prog), 0);
	return prog;
}

/* The driver gets a reference, as it does from the network stack. */
static inline int load(struct tnet *t, struct bpf_prog *prog)
{
	struct netlink_ext_ack extack = {};
	struct netdev_bpf bpf = {
		.command = XDP_SETUP_PROG, .prog = prog, .extack = &extack,
	};
	int err;

	if (prog)
		bpf_prog_inc(prog);
	rtnl_lock();
	err = t->dev->netdev_ops->ndo_bpf(t->dev, &bpf);
	rtnl_unlock();
	if (err && prog)
		bpf_prog_put(prog);
	if (err)
		KUNIT_EXPECT_NOT_NULL(t->test, extack._msg);
	return err;
}

#endif /* VFE_KUNIT_NET_PROG_H */
