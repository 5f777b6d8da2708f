// SPDX-License-Identifier: GPL-2.0
/*
 * The features and the configuration space of a network device (virtio 1.4,
 * 5.1.3 and 5.1.4), and what the netdev offers because of them.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>

#include "net.h"

#define VFE_NET_CONFIG(field)	offsetof(struct vfe_net_config, field)

#define VFE_NET_GUEST_USO \
	(VFE_NET_RX_USO ? BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | \
			  BIT_ULL(VIRTIO_NET_F_GUEST_USO6) : 0)
#define VFE_NET_GUEST_GSO \
	(BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) | BIT_ULL(VIRTIO_NET_F_GUEST_UFO) | \
	 VFE_NET_GUEST_USO)

#define VFE_NET_HOST_GSO \
	(BIT_ULL(VIRTIO_NET_F_HOST_TSO4) | BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | \
	 BIT_ULL(VIRTIO_NET_F_HOST_ECN) | BIT_ULL(VIRTIO_NET_F_HOST_USO))

static const u64 vfe_net_features =
	VFE_NET_GUEST_GSO | VFE_NET_HOST_GSO |
	BIT_ULL(VIRTIO_NET_F_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |
	BIT_ULL(VIRTIO_NET_F_MTU) | BIT_ULL(VIRTIO_NET_F_MAC) |
	VFE_NET_CTRL_FEATURES |
	BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | BIT_ULL(VIRTIO_NET_F_STATUS) |
	BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX) | BIT_ULL(VIRTIO_F_ANY_LAYOUT) |
	BIT_ULL(VIRTIO_NET_F_GUEST_HDRLEN);

#define VFE_NET_HIGH(bit)	BIT_ULL((bit) - 64)

#define VFE_NET_GUEST_TUNNELS \
	(VFE_NET_HIGH(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO) | \
	 VFE_NET_HIGH(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM))
#define VFE_NET_HOST_TUNNELS \
	(VFE_NET_HIGH(VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO) | \
	 VFE_NET_HIGH(VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM))

/* 5.1.4.1: the MTU is 68 or more. With less, the device has no limit. */
static bool vfe_net_mtu_is_wrong(struct vfe_device *vd)
{
	u64 mtu;

	if (vfe_config_read_field(vd, VFE_NET_CONFIG(mtu), 2, &mtu) ||
	    mtu >= ETH_MIN_MTU)
		return false;
	dev_warn(vfe_dev(vd),
		 "mtu is %llu, less than 68: not accepting feature MTU\n", mtu);
	return true;
}

/*
 * 5.1.3.1: @features need one of @one_of. The order matters: an entry may take
 * away what a later one needs.
 */
static const struct {
	u64 features;
	u64 one_of;
} vfe_net_needs[] = {
	{ VFE_NET_CTRL_FEATURES & ~BIT_ULL(VIRTIO_NET_F_CTRL_VQ),
	  BIT_ULL(VIRTIO_NET_F_CTRL_VQ) },
	{ VFE_NET_HOST_GSO, BIT_ULL(VIRTIO_NET_F_CSUM) },
	{ BIT_ULL(VIRTIO_NET_F_HOST_ECN),
	  BIT_ULL(VIRTIO_NET_F_HOST_TSO4) | BIT_ULL(VIRTIO_NET_F_HOST_TSO6) },
	{ VFE_NET_GUEST_GSO, BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) },
	{ BIT_ULL(VIRTIO_NET_F_GUEST_ECN),
	  BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) },
};

/**
 * vfe_net_wanted_features() - features of the class to accept if offered
 * @vd: the device, features not yet negotiated
 *
 * 2.2.1: none that requires another one that the device lacks.
 *
 * Return: feature bits below 64.
 */
u64 vfe_net_wanted_features(struct vfe_device *vd)
{
	u64 wanted = vfe_net_features;
	unsigned int i;
	u64 offered;

	if (vfe_net_can_stand_by())
		wanted |= BIT_ULL(VIRTIO_NET_F_STANDBY);
	if (vfe_features_offered(vd, &offered))
		return wanted;
	wanted &= offered;
	for (i = 0; i < ARRAY_SIZE(vfe_net_needs); i++)
		if (!(wanted & vfe_net_needs[i].one_of))
			wanted &= ~vfe_net_needs[i].features;
	if (wanted & BIT_ULL(VIRTIO_NET_F_MTU) && vfe_net_mtu_is_wrong(vd))
		wanted &= ~BIT_ULL(VIRTIO_NET_F_MTU);
	return wanted;
}

/**
 * vfe_net_wanted_high() - the same for the features from 64 on
 * @wanted: those below 64
 *
 * Return: feature bits, bit 0 stands for 64.
 */
u64 vfe_net_wanted_high(u64 wanted)
{
	/* 5.1.3.1: tunnels need all kinds of segments that may be in them */
	const u64 guest = BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |
			  BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | VFE_NET_GUEST_USO;
	const u64 host = BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |
			 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) |
			 BIT_ULL(VIRTIO_NET_F_HOST_USO);
	u64 high = 0;

	if (VFE_NET_RX_USO && (wanted & guest) == guest)
		high |= VFE_NET_GUEST_TUNNELS;
	if ((wanted & host) == host)
		high |= VFE_NET_HOST_TUNNELS;
	return high;
}

/*
 * 5.1.4.2: without a MAC address of the device the driver chooses one, which the
 * device gets by the replay.
 */
static int vfe_net_read_mac(struct vfe_net *vn)
{
	static const u8 fields[ETH_ALEN + 1] = { 1, 1, 1, 1, 1, 1 };
	u8 mac[ETH_ALEN];
	int err;

	if (!vfe_net_has(vn, VIRTIO_NET_F_MAC)) {
		eth_hw_addr_random(vn->netdev);
		vn->state.mac_set = true;
		return 0;
	}
	err = vfe_config_read(vn->vd, VFE_NET_CONFIG(mac), fields, mac);
	if (err)
		return err;
	if (is_valid_ether_addr(mac)) {
		eth_hw_addr_set(vn->netdev, mac);
		return 0;
	}
	dev_warn(vfe_dev(vn->vd),
		 "mac is %pM, which is no address of an interface: using a random one\n",
		 mac);
	eth_hw_addr_random(vn->netdev);
	vn->state.mac_set = true;
	return 0;
}

static int vfe_net_read_mtu(struct vfe_net *vn)
{
	struct net_device *dev = vn->netdev;
	u64 mtu;
	int err;

	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	if (!vfe_net_has(vn, VIRTIO_NET_F_MTU))
		return 0;
	err = vfe_config_read_field(vn->vd, VFE_NET_CONFIG(mtu), 2, &mtu);
	if (err)
		return err;
	/* 68 or more when vfe_net_wanted_features() read it */
	mtu = max_t(u64, mtu, ETH_MIN_MTU);
	/* 5.1.4.2: send no larger packets */
	dev->max_mtu = mtu;
	dev->mtu = mtu;
	return 0;
}

/**
 * vfe_net_read_pairs() - read the number of queue pairs
 * @vd: the device, features negotiated
 * @pairs: set to the number that the device has
 *
 * Return: 0, or an error with a line in the log.
 */
int vfe_net_read_pairs(struct vfe_device *vd, u16 *pairs)
{
	u64 n;
	int err;

	*pairs = 1;
	if (!vfe_has_feature(vd, VIRTIO_NET_F_MQ) &&
	    !vfe_has_feature(vd, VIRTIO_NET_F_RSS))
		return 0;
	err = vfe_config_read_field(vd, VFE_NET_CONFIG(max_virtqueue_pairs), 2,
				    &n);
	if (err)
		return err;
	if (!n || n > VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX ||
	    2 * n + 1 > vfe_reread_max_queues(vd)) {
		dev_err(vfe_dev(vd),
			"max_virtqueue_pairs is %llu, but the device has %u queues\n",
			n, vfe_max_queues(vd));
		return -EINVAL;
	}
	*pairs = n;
	return 0;
}

/* 5.1.9.3.1: with the header 65562 bytes if the device sends large packets */
static unsigned int vfe_net_rx_frame(const struct vfe_net *vn, unsigned int mtu)
{
	unsigned int frame = mtu + ETH_HLEN + 2 * VLAN_HLEN;

	return vn->vd->features & VFE_NET_GUEST_GSO ?
	       max(frame, VFE_NET_GSO_FRAME) : frame;
}

/**
 * vfe_net_rx_segs() - segments of a receive buffer
 * @vn: the network device
 * @mtu: an MTU
 *
 * 2.7.5.3.1: no chain is longer than the ring, nor is one in a table.
 *
 * Return: the number; a ring of a smaller capacity never gets a buffer.
 */
unsigned int vfe_net_rx_segs(const struct vfe_net *vn, unsigned int mtu)
{
	unsigned int len = vn->hdr_len + vfe_net_rx_frame(vn, mtu);

	return vfe_net_has(vn, VIRTIO_NET_F_MRG_RXBUF) ? 1 :
	       !vn->any_layout + DIV_ROUND_UP(len, PAGE_SIZE);
}

/* Chooses receive buffers for an MTU. */
void vfe_net_choose_buffers(struct vfe_net *vn, unsigned int mtu)
{
	enum vfe_net_rx_mode mode = VFE_NET_RX_BIG;

	if (vfe_net_has(vn, VIRTIO_NET_F_MRG_RXBUF))
		mode = VFE_NET_RX_MERGEABLE;
	else if (vfe_net_rx_frame(vn, mtu) <= VFE_NET_FRAME)
		mode = VFE_NET_RX_SMALL;
	WRITE_ONCE(vn->rx_segs, vfe_net_rx_segs(vn, mtu));
	WRITE_ONCE(vn->mode, mode);
}

static void vfe_net_choose_layout(struct vfe_net *vn)
{
	bool v1 = vfe_net_has(vn, VIRTIO_F_VERSION_1);

	vn->dma = vfe_dma_api(vn->vd);
	vn->any_layout = v1 || vfe_net_has(vn, VIRTIO_F_ANY_LAYOUT);
	/* 5.1.9.3.1: a field brings those before it */
	if (vfe_net_has(vn, VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO) ||
	    vfe_net_has(vn, VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO))
		vn->hdr_len = VFE_NET_HDR_LEN_TUNNEL;
	else if (vfe_net_has(vn, VIRTIO_NET_F_HASH_REPORT))
		vn->hdr_len = VFE_NET_HDR_LEN_HASH;
	else if (v1 || vfe_net_has(vn, VIRTIO_NET_F_MRG_RXBUF))
		vn->hdr_len = sizeof(struct virtio_net_hdr_mrg_rxbuf);
	else
		vn->hdr_len = sizeof(struct virtio_net_hdr);
	vfe_net_choose_buffers(vn, vn->netdev->mtu);
}

/**
 * vfe_net_config_init() - read the configuration
 * @vn: the network device, features negotiated
 *
 * Return: 0, or an error with a line in the log.
 */
int vfe_net_config_init(struct vfe_net *vn)
{
	int err;

	vn->speed = SPEED_UNKNOWN;
	vn->duplex = DUPLEX_UNKNOWN;
	err = vfe_net_read_mac(vn);
	if (!err)
		err = vfe_net_read_mtu(vn);
	if (err)
		return err;
	vfe_net_choose_layout(vn);
	return 0;
}

static netdev_features_t vfe_net_tx_features(const struct vfe_net *vn)
{
	netdev_features_t f = 0;

	if (!vfe_net_has(vn, VIRTIO_NET_F_CSUM))
		return 0;
	f |= NETIF_F_HW_CSUM | NETIF_F_SG;
	if (vfe_net_has(vn, VIRTIO_NET_F_HOST_TSO4))
		f |= NETIF_F_TSO;
	if (vfe_net_has(vn, VIRTIO_NET_F_HOST_TSO6))
		f |= NETIF_F_TSO6;
	if (vfe_net_has(vn, VIRTIO_NET_F_HOST_ECN))
		f |= NETIF_F_TSO_ECN;
	if (vfe_net_has(vn, VIRTIO_NET_F_HOST_USO))
		f |= NETIF_F_GSO_UDP_L4;
	if (!vfe_net_has(vn, VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO))
		return f;
	f |= NETIF_F_GSO_UDP_TUNNEL;
	if (vfe_net_has(vn, VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM))
		f |= NETIF_F_GSO_UDP_TUNNEL_CSUM;
	return f;
}

/**
 * vfe_net_config_netdev() - set the netdev's features
 * @vn: the network device, its configuration read
 *
 * Context: before the netdev is registered.
 */
void vfe_net_config_netdev(struct vfe_net *vn)
{
	struct net_device *dev = vn->netdev;
	netdev_features_t tx = vfe_net_tx_features(vn);

	dev->hw_features |= tx;
	dev->features |= tx | NETIF_F_HIGHDMA;
	/* without this feature nothing in a tunnel is left to the device */
	if (tx & NETIF_F_GSO_UDP_TUNNEL)
		dev->hw_enc_features |= tx;
	/* the device may send such packets, and must check their headers */
	if (tx & NETIF_F_ALL_TSO)
		dev->features |= NETIF_F_GSO_ROBUST;
	/* without GUEST_CSUM, too, a device may have verified a checksum */
	dev->features |= NETIF_F_RXCSUM;
	if (vn->vd->features & (BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |
				BIT_ULL(VIRTIO_NET_F_GUEST_TSO6)))
		dev->features |= NETIF_F_GRO_HW;
	dev->vlan_features = dev->features;
	dev->needed_headroom = vn->hdr_len;
	/* AF_XDP without zero copy gives skbs whose bytes are all in pages */
	dev->priv_flags |= IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE |
			   IFF_TX_SKB_NO_LINEAR;
	/* skb->cb has what the driver mapped of an skb */
	if (vn->dma)
		dev->priv_flags &= ~IFF_TX_SKB_SHARING;
}

/* --- changes of the configuration --- */

/* Reads the status of the link; it is up if the device does not report it. */
static u16 vfe_net_status(struct vfe_net *vn)
{
	u64 status;

	if (!vfe_net_has(vn, VIRTIO_NET_F_STATUS) ||
	    vfe_config_read_field(vn->vd, VFE_NET_CONFIG(status), 2, &status))
		return VIRTIO_NET_S_LINK_UP;
	return status;
}

static void vfe_net_read_speed(struct vfe_net *vn)
{
	static const u8 fields[] = { 4, 1, 0 };
	struct {
		__le32 speed;
		u8 duplex;
	} __packed raw;
	u32 speed;

	if (!vfe_net_has(vn, VIRTIO_NET_F_SPEED_DUPLEX) ||
	    vfe_config_read(vn->vd, VFE_NET_CONFIG(speed), fields, &raw))
		return;
	speed = le32_to_cpu(raw.speed);
	/* 5.1.4.2: any other value means unknown */
	if (speed <= INT_MAX)
		WRITE_ONCE(vn->speed, speed);
	if (raw.duplex == DUPLEX_HALF || raw.duplex == DUPLEX_FULL)
		WRITE_ONCE(vn->duplex, raw.duplex);
}

/* Carrier is off while the device is reset, and on while only a queue is. */
static void vfe_net_set_carrier(struct vfe_net *vn, bool up)
{
	if (up && (!READ_ONCE(vn->replay) ||
		   vfe_recovery_state(&vn->recovery) == VFE_RUN_LIVE))
		netif_carrier_on(vn->netdev);
	else
		netif_carrier_off(vn->netdev);
}

/**
 * vfe_net_config_changed() - follow the link, and announce if asked
 * @vd: the device
 *
 * Must not take rtnl or the recovery's lock: a holder of both may be waiting
 * for this to end.
 *
 * Context: work item, or start of the device.
 */
void vfe_net_config_changed(struct vfe_device *vd)
{
	struct vfe_net *vn = vfe_priv(vd);
	u16 status = vfe_net_status(vn);

	vn->link_up = status & VIRTIO_NET_S_LINK_UP;
	vfe_net_read_speed(vn);
	vfe_net_set_carrier(vn, vn->link_up);
	if (status & VIRTIO_NET_S_ANNOUNCE &&
	    vfe_net_has(vn, VIRTIO_NET_F_GUEST_ANNOUNCE))
		schedule_work(&vn->announce);
}
