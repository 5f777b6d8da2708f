// SPDX-License-Identifier: GPL-2.0
/*
 * Each set of features that a device may offer: the interface works, with
 * every layout of the rings, through the DMA API or not, with the legacy
 * interface too.
 */
#include "lib/net_fixture.h"

#define MAC	BIT_ULL(VIRTIO_NET_F_MAC)
#define BARE	(BIT_ULL(VIRTIO_F_VERSION_1) | MAC)
#define CTRL	BIT_ULL(VIRTIO_NET_F_CTRL_VQ)

/* All that a device with one pair of queues may have */
#define FULL \
	(TNET_FEATURES | CTRL | BIT_ULL(VIRTIO_NET_F_CTRL_RX) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) | BIT_ULL(VIRTIO_NET_F_MTU) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ANNOUNCE) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
	 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | BIT_ULL(VIRTIO_NET_F_HOST_ECN) | \
	 BIT_ULL(VIRTIO_NET_F_HOST_USO) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) | BIT_ULL(VIRTIO_NET_F_GUEST_UFO) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | BIT_ULL(VIRTIO_NET_F_GUEST_USO6) | \
	 BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX) | BIT_ULL(VIRTIO_NET_F_RSS) | \
	 BIT_ULL(VIRTIO_NET_F_HASH_REPORT) | \
	 BIT_ULL(VIRTIO_NET_F_NOTF_COAL) | \
	 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL) | BIT_ULL(VIRTIO_F_RING_RESET))

/* and those from 64 on */
#define HIGH(name)	BIT_ULL(VIRTIO_NET_F_##name - 64)
#define FULL_HIGH \
	(HIGH(GUEST_UDP_TUNNEL_GSO) | HIGH(GUEST_UDP_TUNNEL_GSO_CSUM) | \
	 HIGH(HOST_UDP_TUNNEL_GSO) | HIGH(HOST_UDP_TUNNEL_GSO_CSUM))

static const struct vfe_net_config config = {
	.mac = { 2, 0, 0, 0, 0, 1 },
	.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
	.max_virtqueue_pairs = cpu_to_le16(1),
	.mtu = cpu_to_le16(1500),
	.speed = cpu_to_le32(1000),
	.duplex = 1,
	.rss_max_key_size = 40,
	.rss_max_indirection_table_length = cpu_to_le16(128),
	.supported_hash_types = cpu_to_le32(0x1ff),
};

/* A fragmented packet with a checksum for the device, as far as it can */
static void send_pieces(struct tnet *t)
{
	struct sk_buff *skb = tnet_frame(t, 100, 0x21);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	KUNIT_ASSERT_NOT_NULL(t->test, page);
	skb_add_rx_frag(skb, 0, page, 100, 1000, PAGE_SIZE);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + 40;
	skb->csum_offset = 6;
	KUNIT_EXPECT_EQ(t->test, tnet_send(t, skb), 0);
	KUNIT_EXPECT_TRUE(t->test, tnet_take(t));
	vfe_mock_interrupt(t->tx);
	tnet_run_softirqs();
}

/* Packets in both directions, over the ends of the rings; then a reset */
static void expect_lives(struct tnet *t)
{
	unsigned int i;

	for (i = 0; i < 40; i++) {
		tnet_expect_works(t);
		send_pieces(t);
	}
	tnet_expect_receives(t, 1514, 3);
	tnet_expect_receives(t, 14, 4);
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
	tnet_take_all(t);
	tnet_expect_works(t);
}

#define BITS(a, b)	(BIT_ULL(VIRTIO_NET_F_##a) | BIT_ULL(VIRTIO_NET_F_##b))

/* 5.1.3.1: the features that may be accepted of those that are offered */
static u64 allowed(u64 features)
{
	if (!(features & CTRL))
		features &= ~(BITS(CTRL_RX, CTRL_VLAN) |
			      BITS(CTRL_MAC_ADDR, GUEST_ANNOUNCE) |
			      BITS(CTRL_GUEST_OFFLOADS, RSS) |
			      BITS(HASH_REPORT, NOTF_COAL) |
			      BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL));
	if (!(features & BIT_ULL(VIRTIO_NET_F_CSUM)))
		features &= ~(BITS(HOST_TSO4, HOST_TSO6) |
			      BIT_ULL(VIRTIO_NET_F_HOST_USO));
	if (!(features & BITS(HOST_TSO4, HOST_TSO6)))
		features &= ~BIT_ULL(VIRTIO_NET_F_HOST_ECN);
	if (!(features & BIT_ULL(VIRTIO_NET_F_GUEST_CSUM)))
		features &= ~(BITS(GUEST_TSO4, GUEST_TSO6) |
			      BITS(GUEST_USO4, GUEST_USO6) |
			      BIT_ULL(VIRTIO_NET_F_GUEST_UFO));
	if (!(features & BITS(GUEST_TSO4, GUEST_TSO6)))
		features &= ~BIT_ULL(VIRTIO_NET_F_GUEST_ECN);
	return features;
}

static u64 allowed_high(u64 features, u64 high)
{
	u64 guest = BITS(GUEST_TSO4, GUEST_TSO6) | BITS(GUEST_USO4, GUEST_USO6);
	u64 host = BITS(HOST_TSO4, HOST_TSO6) | BIT_ULL(VIRTIO_NET_F_HOST_USO);

	if ((allowed(features) & guest) != guest)
		high &= ~(HIGH(GUEST_UDP_TUNNEL_GSO) |
			  HIGH(GUEST_UDP_TUNNEL_GSO_CSUM));
	if ((allowed(features) & host) != host)
		high &= ~(HIGH(HOST_UDP_TUNNEL_GSO) |
			  HIGH(HOST_UDP_TUNNEL_GSO_CSUM));
	return high & FULL_HIGH;
}

static void try_high(struct kunit *test, const char *name, u64 features,
		     u64 high, bool translated)
{
	struct vfe_mock_spec spec = {
		.features = features,
		.features_high = high,
		.translated = translated,
		.queues = features & CTRL ? 3 : 2,
	};
	struct tnet *t = tnet_up(test, &spec, &config);

	kunit_info(test, "%s, features %#llx, %#llx", name, features, high);
	expect_lives(t);
	/* 2.2.1: no more than is offered; no feature without those it needs */
	KUNIT_EXPECT_EQ(test, t->m->accepted, allowed(features));
	KUNIT_EXPECT_EQ(test, t->m->accepted_high,
			allowed_high(features, high));
	tnet_clean(t);
}

static void try(struct kunit *test, const char *name, u64 features,
		bool translated)
{
	try_high(test, name, features, 0, translated);
}

/* Rings and addresses: every combination */
static void rings(struct kunit *test)
{
	static const u64 bits[] = {
		BIT_ULL(VIRTIO_F_RING_PACKED), BIT_ULL(VIRTIO_F_IN_ORDER),
		BIT_ULL(VIRTIO_RING_F_EVENT_IDX),
		BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
		BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	};
	u64 features;
	unsigned int set, i;

	for (set = 0; set < BIT(ARRAY_SIZE(bits)); set++) {
		features = BARE | BIT_ULL(VIRTIO_NET_F_CSUM) |
			   (set % 3 ? BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) : 0);
		for (i = 0; i < ARRAY_SIZE(bits); i++)
			features |= set & BIT(i) ? bits[i] : 0;
		try(test, "rings", features,
		    features & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
	}
}

/* All features but one: those that depend on it go with it. */
static void each_feature_off(struct kunit *test)
{
	unsigned int bit;

	VFE_DUTY(test, "B05", "2.2.1",
		 "no feature is accepted without those that it needs");
	try_high(test, "all", FULL, FULL_HIGH, false);
	for (bit = 0; bit < 64; bit++)
		if (FULL & BIT_ULL(bit) && bit != VIRTIO_F_VERSION_1)
			try_high(test, "without one", FULL & ~BIT_ULL(bit),
				 FULL_HIGH, false);
	for (bit = 0; bit < 64; bit++)
		if (FULL_HIGH & BIT_ULL(bit))
			try_high(test, "without one", FULL,
				 FULL_HIGH & ~BIT_ULL(bit), false);
	/* and a device that offers some that nobody knows */
	try_high(test, "unknown ones", FULL, U64_MAX, false);
}

/* One feature alone, and the features that it needs */
static void each_feature_alone(struct kunit *test)
{
	unsigned int bit;

	try(test, "none", BARE, false);
	for (bit = 0; bit < 64; bit++)
		if (FULL & BIT_ULL(bit) && !(BARE & BIT_ULL(bit)))
			try(test, "alone", BARE | BIT_ULL(bit), false);
	for (bit = 0; bit < 64; bit++)
		if (FULL_HIGH & BIT_ULL(bit))
			try_high(test, "alone", BARE, BIT_ULL(bit), false);
}

/* --- the legacy interface --- */

static void old_devices(struct kunit *test)
{
	static const u64 sets[] = {
		MAC,
		MAC | BIT_ULL(VIRTIO_F_ANY_LAYOUT),
		MAC | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF),
		MAC | BIT_ULL(VIRTIO_NET_F_STATUS) |
		BIT_ULL(VIRTIO_NET_F_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |
		BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |
		BIT_ULL(VIRTIO_NET_F_GUEST_TSO4),
		MAC | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) |
		BIT_ULL(VIRTIO_RING_F_EVENT_IDX) |
		BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | BIT_ULL(VIRTIO_NET_F_CSUM),
	};
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(sets); i++) {
		struct vfe_mock_spec spec = {
			.device = VFE_PCI_OLD_NET,
			.features = sets[i / 2],
			.queues = 2,
			.legacy = !(i % 2),
			.transitional = i % 2,
		};
		struct tnet *t;

		if (spec.transitional)
			spec.features |= BIT_ULL(VIRTIO_F_VERSION_1);
		t = tnet_up(test, &spec, &config);
		kunit_info(test, "%s, features %#llx",
			   spec.legacy ? "legacy" : "transitional",
			   spec.features);
		KUNIT_EXPECT_EQ(test, t->dev->dev_addr[5], 1);
		expect_lives(t);
		tnet_clean(t);
	}
}

/* 5.1.4.2: there the address is written into the configuration. */
static void an_old_device_gets_its_address(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.device = VFE_PCI_OLD_NET, .features = MAC, .queues = 2,
		.legacy = true,
	};
	struct tnet *t = tnet_up(test, &spec, &config);
	struct sockaddr addr = { .sa_family = ARPHRD_ETHER };

	memcpy(addr.sa_data, t->dev->dev_addr, ETH_ALEN);
	addr.sa_data[5] = 99;
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mac_address(t->dev, &addr, NULL), 0);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, t->m->config[5], 99);
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rings),
	KUNIT_CASE(each_feature_off),
	KUNIT_CASE(each_feature_alone),
	KUNIT_CASE(old_devices),
	KUNIT_CASE(an_old_device_gets_its_address),
	{}
};

VFE_SUITE(cases);
