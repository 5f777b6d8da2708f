// SPDX-License-Identifier: GPL-2.0
/*
 * AF_XDP with zero copy: a socket of the kernel with memory of a user, whose
 * rings this file reads and writes as a user would.
 */
#include <kunit/test.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_xdp.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/net.h>
#include <linux/pm.h>
#include <linux/sched/mm.h>
#include <net/net_namespace.h>
#include <net/xdp_sock.h>
#include <net/xsk_buff_pool.h>

#include "lib/net_fixture.h"

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);

#define PLAIN	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
		 BIT_ULL(VIRTIO_NET_F_STATUS) | BIT_ULL(VIRTIO_F_RING_RESET))
#define MERGE	(PLAIN | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF))
#define RING	64U	/* entries of each ring of the socket */
#define CHUNK	4096U
#define CHUNKS	128U

/* The begin of struct xsk_queue, which the kernel keeps to itself */
struct queue {
	u32 ring_mask;
	u32 nentries;
	u32 cached_prod;
	u32 cached_cons;
	void *ring;
};

/**
 * struct sock_rings - a socket as its user sees it
 * @t: the interface
 * @sock: the socket
 * @umem: the user's address of its memory
 * @off: where the rings have what
 * @prog: the program that gives it packets
 */
struct sock_rings {
	struct tnet *t;
	struct socket *sock;
	unsigned long umem;
	struct xdp_mmap_offsets off;
	struct bpf_prog *prog;
};

static struct xdp_sock *target;		/* of the program, or NULL: pass */

static u64 decide(u64 ctx, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct bpf_redirect_info *ri;

	if (!target)
		return XDP_PASS;
	ri = bpf_net_ctx_get_ri();
	ri->map_type = BPF_MAP_TYPE_XSKMAP;
	ri->tgt_value = target;
	return XDP_REDIRECT;
}

static void free_prog(void *data)
{
	synchronize_rcu();
	bpf_prog_free(data);
}

static struct bpf_prog *make_prog(struct kunit *test)
{
	const struct bpf_insn insns[] = {
		BPF_EMIT_CALL(decide),
		BPF_EXIT_INSN(),
	};
	struct bpf_prog *prog;
	int err = 0;

	prog = bpf_prog_alloc(bpf_prog_size(ARRAY_SIZE(insns)), 0);
	KUNIT_ASSERT_NOT_NULL(test, prog);
	prog->type = BPF_PROG_TYPE_XDP;
	prog->len = ARRAY_SIZE(insns);
	memcpy(prog->insnsi, insns, sizeof(insns));
	atomic64_set(&prog->aux->refcnt, 1);
	prog = bpf_prog_select_runtime(prog, &err);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, free_prog, prog), 0);
	return prog;
}

static void load(struct sock_rings *s, struct bpf_prog *prog)
{
	struct netlink_ext_ack extack = {};
	struct netdev_bpf bpf = {
		.command = XDP_SETUP_PROG, .prog = prog, .extack = &extack,
	};
	struct net_device *dev = s->t->dev;

	if (prog)
		bpf_prog_inc(prog);
	rtnl_lock();
	KUNIT_EXPECT_EQ(s->t->test, dev->netdev_ops->ndo_bpf(dev, &bpf), 0);
	rtnl_unlock();
}

/* --- the user's side of rings --- */

static void *ring_of(struct xsk_queue *q)
{
	return ((struct queue *)q)->ring;
}

static struct xdp_sock *xs_of(struct sock_rings *s)
{
	return (struct xdp_sock *)s->sock->sk;
}

/* The user gives chunks @first to @first + @n - 1 to the driver. */
static void fill(struct sock_rings *s, unsigned int first, unsigned int n)
{
	u8 *ring = ring_of(xs_of(s)->pool->fq);
	u32 *prod = (void *)ring + s->off.fr.producer;
	u64 *desc = (void *)ring + s->off.fr.desc;
	unsigned int i;

	for (i = 0; i < n; i++)
		desc[(*prod + i) % RING] = (u64)(first + i) * CHUNK;
	/* entries before their number */
	smp_store_release(prod, *prod + n);
}

/* The user sends @n chunks of @len bytes. */
static void send(struct sock_rings *s, unsigned int n, unsigned int len)
{
	u8 *ring = ring_of(xs_of(s)->tx);
	u32 *prod = (void *)ring + s->off.tx.producer;
	struct xdp_desc *desc = (void *)ring + s->off.tx.desc;
	unsigned int i;

	for (i = 0; i < n; i++)
		desc[(*prod + i) % RING] = (struct xdp_desc) {
			.addr = (u64)(CHUNKS / 2 + i) * CHUNK, .len = len,
		};
	/* entries before their number */
	smp_store_release(prod, *prod + n);
}

/* The user takes all packets, and may fill their chunks again. */
static unsigned int received(struct sock_rings *s, bool again)
{
	u8 *ring = ring_of(xs_of(s)->rx);
	u32 *cons = (void *)ring + s->off.rx.consumer;
	u32 prod = READ_ONCE(*(u32 *)((void *)ring + s->off.rx.producer));
	const struct xdp_desc *desc = (void *)ring + s->off.rx.desc;
	unsigned int n;

	for (n = 0; *cons != prod; n++, (*cons)++)
		if (again)
			fill(s, desc[*cons % RING].addr / CHUNK, 1);
	return n;
}

static unsigned int completed(struct sock_rings *s)
{
	u8 *ring = ring_of(xs_of(s)->pool->cq);
	u32 *cons = (void *)ring + s->off.cr.consumer;
	u32 prod = READ_ONCE(*(u32 *)((void *)ring + s->off.cr.producer));
	unsigned int n = prod - *cons;

	*cons = prod;
	return n;
}

static int wake(struct sock_rings *s, u32 flags)
{
	struct net_device *dev = s->t->dev;
	int err;

	local_bh_disable();
	err = dev->netdev_ops->ndo_xsk_wakeup(dev, 0, flags);
	local_bh_enable();
	return err;
}

/* --- life --- */

static void release(void *data)
{
	struct sock_rings *s = data;

	target = NULL;
	if (s->sock)
		sock_release(s->sock);
	s->sock = NULL;
}

static void set(struct sock_rings *s, int option, void *value, unsigned int n)
{
	KUNIT_ASSERT_EQ(s->t->test,
			s->sock->ops->setsockopt(s->sock, SOL_XDP, option,
						 KERNEL_SOCKPTR(value), n), 0);
}

/* What getsockopt(XDP_MMAP_OFFSETS) says to users */
static void read_offsets(struct sock_rings *s)
{
	unsigned long at = s->umem;
	int len = sizeof(s->off);

	/* the answer and its length use the begin of the memory */
	KUNIT_ASSERT_EQ(s->t->test,
			copy_to_user((void __user *)at, &len, sizeof(len)), 0);
	KUNIT_ASSERT_EQ(s->t->test,
			s->sock->ops->getsockopt(s->sock, SOL_XDP,
						 XDP_MMAP_OFFSETS,
						 (char __user *)at + 64,
						 (int __user *)at), 0);
	KUNIT_ASSERT_EQ(s->t->test,
			copy_from_user(&s->off, (void __user *)at + 64,
				       sizeof(s->off)), 0);
}

static int bind_to(struct sock_rings *s, u16 flags, u32 queue)
{
	struct sockaddr_xdp addr = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_ZEROCOPY | flags,
		.sxdp_ifindex = s->t->dev->ifindex,
		.sxdp_queue_id = queue,
	};

	return s->sock->ops->bind(s->sock, (struct sockaddr *)&addr,
				  sizeof(addr));
}

/* A socket with memory and rings, not bound */
static struct sock_rings *make_sock(struct tnet *t, u32 chunk)
{
	struct sock_rings *s = kunit_kzalloc(t->test, sizeof(*s), GFP_KERNEL);
	struct xdp_umem_reg reg = {
		.len = CHUNKS * CHUNK, .chunk_size = chunk,
	};
	u32 entries = RING;
	int err;

	KUNIT_ASSERT_NOT_NULL(t->test, s);
	s->t = t;
	s->umem = kunit_vm_mmap(t->test, NULL, 0, CHUNKS * CHUNK,
				PROT_READ | PROT_WRITE,
				MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(t->test, IS_ERR_VALUE(s->umem) || !s->umem);
	reg.addr = s->umem;
	err = sock_create_kern(&init_net, AF_XDP, SOCK_RAW, 0, &s->sock);
	KUNIT_ASSERT_EQ(t->test, err, 0);
	KUNIT_ASSERT_EQ(t->test, kunit_add_action(t->test, release, s), 0);
	set(s, XDP_UMEM_REG, &reg, sizeof(reg));
	set(s, XDP_UMEM_FILL_RING, &entries, sizeof(entries));
	set(s, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries));
	set(s, XDP_RX_RING, &entries, sizeof(entries));
	set(s, XDP_TX_RING, &entries, sizeof(entries));
	read_offsets(s);
	return s;
}

/* A socket that is bound to pair 0, with a program that gives it packets */
static struct sock_rings *sock_up(struct kunit *test, u64 features,
				  bool translated)
{
	struct vfe_mock_spec spec = {
		.features = features, .translated = translated,
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sock_rings *s = make_sock(t, CHUNK);

	s->prog = make_prog(test);
	KUNIT_ASSERT_EQ(test, bind_to(s, XDP_USE_NEED_WAKEUP, 0), 0);
	KUNIT_ASSERT_TRUE(test, xs_of(s)->zc);
	fill(s, 0, RING / 2);
	load(s, s->prog);
	target = xs_of(s);
	wake(s, XDP_WAKEUP_RX | XDP_WAKEUP_TX);
	return s;
}

/* kunit_vm_mmap() of Linux 6.12 keeps the memory's owner for ever. */
static void forget_user(void)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

static void sock_down(struct sock_rings *s)
{
	load(s, NULL);
	target = NULL;
	kunit_release_action(s->t->test, release, s);
	tnet_wait_live(s->t);
	tnet_take_all(s->t);
	tnet_expect_works(s->t);
	tnet_clean(s->t);
}

/* Buffers from before the socket was bound are used up first. */
static void use_old_buffers(struct sock_rings *s)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		tnet_arrive(s->t, NULL, 100, i);
		skb_queue_purge(&s->t->got);
		received(s, true);
		wake(s, XDP_WAKEUP_RX);
	}
}

static void expect_traffic(struct sock_rings *s)
{
	struct kunit *test = s->t->test;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_TRUE(test, tnet_arrive(s->t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, received(s, true), 1U);
		wake(s, XDP_WAKEUP_RX);
		send(s, 3, 200);
		wake(s, XDP_WAKEUP_TX);
		KUNIT_EXPECT_EQ(test, tnet_take_all(s->t), 3U);
		vfe_mock_interrupt(s->t->tx);
		tnet_run_softirqs();
		KUNIT_EXPECT_EQ(test, completed(s), 3U);
		/* the stack sends in the same ring */
		tnet_expect_sends(s->t);
	}
	/* the program may pass packets to the stack */
	target = NULL;
	for (i = 0; i < 10; i++)
		tnet_expect_receives(s->t, 300, i);
	target = xs_of(s);
}

static void packets_of_a_socket(struct kunit *test)
{
	static const u64 layouts[] = {
		PLAIN, MERGE, MERGE | BIT_ULL(VIRTIO_F_RING_PACKED),
		PLAIN & ~BIT_ULL(VIRTIO_F_RING_RESET),
		MERGE | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	};
	struct sock_rings *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		kunit_info(test, "features %#llx", layouts[i]);
		s = sock_up(test, layouts[i],
			    layouts[i] & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
		use_old_buffers(s);
		expect_traffic(s);
		sock_down(s);
	}
	forget_user();
}

/* Nobody fills the ring for long; then somebody does, without a call. */
static void a_fill_ring_that_is_empty(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i;

	use_old_buffers(s);
	for (i = 0; i < 200 && tnet_arrive(s->t, NULL, 100, i); i++)
		received(s, false);
	KUNIT_EXPECT_LT(test, i, 200U);
	msleep(3000);
	fill(s, 0, 30);
	msleep(3000);
	tnet_run_softirqs();
	KUNIT_EXPECT_TRUE(test, tnet_arrive(s->t, NULL, 100, i));
	KUNIT_EXPECT_EQ(test, received(s, true), 1U);
	sock_down(s);
	forget_user();
}

static void resets_with_a_socket(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	struct device *dev = &s->t->m->pdev->dev;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		send(s, 10, 200);
		wake(s, XDP_WAKEUP_TX);
		tnet_arrive(s->t, NULL, 300, i);
		if (i % 2) {
			KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
			KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
		} else {
			vfe_mock_needs_reset(s->t->m);
		}
		tnet_wait_live(s->t);
		tnet_take_all(s->t);
		vfe_mock_interrupt(s->t->tx);
		tnet_run_softirqs();
		msleep(200);
		/* the user gets all descriptors back, sent or not */
		KUNIT_EXPECT_EQ(test, completed(s), 10U);
		received(s, true);
		wake(s, XDP_WAKEUP_RX);
		KUNIT_EXPECT_TRUE(test, tnet_arrive(s->t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, received(s, true), 1U);
	}
	tnet_close(s->t);
	KUNIT_EXPECT_EQ(test, wake(s, XDP_WAKEUP_TX), -ENETDOWN);
	KUNIT_EXPECT_EQ(test, tnet_open(s->t), 0);
	/* packets are in flight when the socket goes */
	send(s, 10, 200);
	wake(s, XDP_WAKEUP_TX);
	sock_down(s);
	forget_user();
}

/* No program: the stack gets copies. */
static void a_socket_without_a_program(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i;

	use_old_buffers(s);
	load(s, NULL);
	for (i = 0; i < 10; i++)
		tnet_expect_receives(s->t, 300 + i, i);
	load(s, s->prog);
	sock_down(s);
	forget_user();
}

static void lengths_that_lie(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 11, 12, 25, 4096, U32_MAX };
	struct sock_rings *s = sock_up(test, MERGE, false);
	u8 bytes[64] = {};
	unsigned int i;

	use_old_buffers(s);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		if (!tnet_fill(s->t, bytes, sizeof(bytes), lens[i]))
			break;
		tnet_deliver(s->t);
		msleep(20);
	}
	tnet_wait_live(s->t);
	received(s, true);
	skb_queue_purge(&s->t->got);
	sock_down(s);
	forget_user();
}

static void sockets_that_are_refused(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = PLAIN };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sock_rings *first = make_sock(t, CHUNK);
	struct sock_rings *small = make_sock(t, 2048);

	KUNIT_EXPECT_NE(test, bind_to(first, 0, 1), 0);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 3000), 0);
	rtnl_unlock();
	/* a frame does not fit into a chunk */
	KUNIT_EXPECT_NE(test, bind_to(small, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, wake(first, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, bind_to(first, 0, 0), 0);
	tnet_expect_works(t);
	kunit_release_action(test, release, small);
	kunit_release_action(test, release, first);
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
	forget_user();
}

static void an_mtu_without_room_in_a_chunk(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, PLAIN, false);
	struct net_device *dev = s->t->dev;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(dev, 3000), 0);
	/* 4096, less the headroom of XDP */
	KUNIT_EXPECT_EQ(test, dev_set_mtu(dev, 3840), -EINVAL);
	KUNIT_EXPECT_EQ(test, dev->mtu, 3000U);
	KUNIT_EXPECT_EQ(test, dev_set_mtu(dev, 1500), 0);
	rtnl_unlock();
	sock_down(s);
	forget_user();
}

static const struct vfe_ring_ops *real_ops;
static struct vfe_ring_ops long_ops;

/* The first buffer appears to be larger than what the driver can copy into. */
static unsigned int get_long(struct vfe_queue *q, struct vfe_used *used,
			     unsigned int most)
{
	unsigned int n = real_ops->get_many(q, used, most);

	if (n)
		used[0].len = PAGE_SIZE + 1;
	return n;
}

/*
 * The stack would take the rest of a packet without its first buffer for
 * packets: the sender would choose their headers.
 */
static void a_packet_that_cannot_be_copied(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	struct vfe_net_rxq *rxq = &s->t->vn->rxq[0];

	use_old_buffers(s);
	load(s, NULL);
	tnet_expect_receives(s->t, 300, 1);
	real_ops = rxq->vq->ops;
	long_ops = *real_ops;
	long_ops.get_many = get_long;
	rxq->vq->ops = &long_ops;
	tnet_arrive_merged(s->t, 3, 500, 3);
	rxq->vq->ops = real_ops;
	KUNIT_EXPECT_NULL(test, tnet_next(s->t));
	KUNIT_EXPECT_EQ(test, u64_stats_read(&rxq->stats.drops), 1ULL);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&rxq->stats.bad), 0ULL);
	wake(s, XDP_WAKEUP_RX);
	tnet_expect_receives(s->t, 300, 2);
	load(s, s->prog);
	sock_down(s);
	forget_user();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(packets_of_a_socket),
	KUNIT_CASE(a_fill_ring_that_is_empty),
	KUNIT_CASE(resets_with_a_socket),
	KUNIT_CASE(a_socket_without_a_program),
	KUNIT_CASE(lengths_that_lie),
	KUNIT_CASE(sockets_that_are_refused),
	KUNIT_CASE(an_mtu_without_room_in_a_chunk),
	KUNIT_CASE(a_packet_that_cannot_be_copied),
	{}
};

VFE_SUITE(cases);
