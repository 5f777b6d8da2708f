/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_XDP with zero copy: a socket of the kernel with memory of a user, whose
 * rings this file reads and writes as a user would.
 */
#ifndef VFE_KUNIT_NET_XSK_H
#define VFE_KUNIT_NET_XSK_H

#include <kunit/test.h>
#include <linux/if_xdp.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/net.h>
#include <linux/pm.h>
#include <linux/sched/mm.h>
#include <net/net_namespace.h>
#include <net/xdp_sock.h>
#include <net/xsk_buff_pool.h>

#include "net_prog.h"

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

static inline void set_prog(struct sock_rings *s, struct bpf_prog *prog)
{
	KUNIT_EXPECT_EQ(s->t->test, load(s->t, prog), 0);
}

/* --- the user's side of rings --- */

static inline void *ring_of(struct xsk_queue *q)
{
	return ((struct queue *)q)->ring;
}

static inline struct xdp_sock *xs_of(struct sock_rings *s)
{
	return (struct xdp_sock *)s->sock->sk;
}

/* The user puts an address into the fill ring, maybe a wrong one. */
static inline void fill_address(struct sock_rings *s, u64 address)
{
	u8 *ring = ring_of(xs_of(s)->pool->fq);
	u32 *prod = (void *)ring + s->off.fr.producer;
	u64 *desc = (void *)ring + s->off.fr.desc;

	desc[*prod % RING] = address;
	/* the entry before its number */
	smp_store_release(prod, *prod + 1);
}

/* The user sends what a descriptor describes, maybe nonsense. */
static inline void send_desc(struct sock_rings *s, struct xdp_desc what)
{
	u8 *ring = ring_of(xs_of(s)->tx);
	u32 *prod = (void *)ring + s->off.tx.producer;
	struct xdp_desc *desc = (void *)ring + s->off.tx.desc;

	desc[*prod % RING] = what;
	/* the entry before its number */
	smp_store_release(prod, *prod + 1);
}

/* The user gives chunks @first to @first + @n - 1 to the driver. */
static inline void fill(struct sock_rings *s, unsigned int first, unsigned int n)
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
static inline void send(struct sock_rings *s, unsigned int n, unsigned int len)
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
static inline unsigned int received(struct sock_rings *s, bool again)
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

static inline unsigned int completed(struct sock_rings *s)
{
	u8 *ring = ring_of(xs_of(s)->pool->cq);
	u32 *cons = (void *)ring + s->off.cr.consumer;
	u32 prod = READ_ONCE(*(u32 *)((void *)ring + s->off.cr.producer));
	unsigned int n = prod - *cons;

	*cons = prod;
	return n;
}

static inline int wake(struct sock_rings *s, u32 flags)
{
	struct net_device *dev = s->t->dev;
	int err;

	local_bh_disable();
	err = dev->netdev_ops->ndo_xsk_wakeup(dev, 0, flags);
	local_bh_enable();
	return err;
}

/* --- life --- */

static inline void release(void *data)
{
	struct sock_rings *s = data;

	target = NULL;
	if (s->sock)
		sock_release(s->sock);
	s->sock = NULL;
}

static inline void set(struct sock_rings *s, int option, void *value, unsigned int n)
{
	KUNIT_ASSERT_EQ(s->t->test,
			s->sock->ops->setsockopt(s->sock, SOL_XDP, option,
						 KERNEL_SOCKPTR(value), n), 0);
}

/* What getsockopt(XDP_MMAP_OFFSETS) says to users */
static inline void read_offsets(struct sock_rings *s)
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

static inline int bind_to(struct sock_rings *s, u16 flags, u32 queue)
{
	struct sockaddr_xdp addr = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = flags & XDP_COPY ? flags : flags | XDP_ZEROCOPY,
		.sxdp_ifindex = s->t->dev->ifindex,
		.sxdp_queue_id = queue,
	};

	return s->sock->ops->bind(s->sock, (struct sockaddr *)&addr,
				  sizeof(addr));
}

/* A socket with memory and rings, not bound */
static inline struct sock_rings *make_sock(struct tnet *t, u32 chunk)
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
static inline struct sock_rings *sock_up(struct kunit *test, u64 features,
					 bool translated)
{
	struct vfe_mock_spec spec = {
		.features = features, .translated = translated,
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sock_rings *s = make_sock(t, CHUNK);

	s->prog = make_prog(test, false);
	KUNIT_ASSERT_EQ(test, bind_to(s, XDP_USE_NEED_WAKEUP, 0), 0);
	KUNIT_ASSERT_TRUE(test, xs_of(s)->zc);
	fill(s, 0, RING / 2);
	set_prog(s, s->prog);
	target = xs_of(s);
	wake(s, XDP_WAKEUP_RX | XDP_WAKEUP_TX);
	return s;
}

/* kunit_vm_mmap() of Linux 6.12 keeps the memory's owner for ever. */
static inline void forget_user(void)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

static inline void sock_down(struct sock_rings *s)
{
	set_prog(s, NULL);
	target = NULL;
	kunit_release_action(s->t->test, release, s);
	tnet_wait_live(s->t);
	tnet_take_all(s->t);
	tnet_expect_works(s->t);
	tnet_clean(s->t);
}

/* Buffers from before the socket was bound are used up first. */
static inline void use_old_buffers(struct sock_rings *s)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		tnet_arrive(s->t, NULL, 100, i);
		skb_queue_purge(&s->t->got);
		received(s, true);
		wake(s, XDP_WAKEUP_RX);
	}
}

static inline void expect_traffic(struct sock_rings *s)
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

#endif /* VFE_KUNIT_NET_XSK_H */
