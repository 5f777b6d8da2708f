// SPDX-License-Identifier: GPL-2.0
/*
 * Indirect tables for transmit (virtio 1.4, 2.7.5.3 and 2.8.7): a packet of any
 * number of pieces takes one descriptor of the ring. A table costs an
 * allocation, and a device that reads it one access more; a chain does not.
 * Therefore a packet gets a table only if a device that keeps packets for long
 * has filled three quarters of the ring, from then on until the ring is nearly
 * empty. Once a full ring has stopped the queue, VFE_NET_TX_TABLES rings of
 * packets more get one: the next ones would fill the ring, too, and with chains
 * sooner.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "net.h"

/**
 * struct vfe_net_tx_table - a table, and the packet that it describes
 * @skb: the packet
 * @addr: bus address of @desc
 * @n: number of descriptors
 * @desc: the descriptors; with ACCESS_PLATFORM, they have mapped addresses
 */
struct vfe_net_tx_table {
	struct sk_buff *skb;
	dma_addr_t addr;
	unsigned int n;
	/* aligned as the ring's: a device may expect that */
	struct vfe_desc desc[] __aligned(sizeof(struct vfe_desc));
};

static void *vfe_net_tx_table_token(struct vfe_net_tx_table *table)
{
	return (void *)((unsigned long)table | VFE_NET_TX_TABLE);
}

static struct vfe_net_tx_table *vfe_net_tx_table_of(void *token)
{
	return (void *)((unsigned long)token & ~VFE_NET_TX_KIND);
}

static size_t vfe_net_tx_table_len(const struct vfe_net_tx_table *table)
{
	return table->n * sizeof(table->desc[0]);
}

static void vfe_net_tx_unmap_pieces(struct device *dev,
				    const struct vfe_net_tx_table *table,
				    unsigned int n)
{
	while (n--)
		dma_unmap_page(dev, le64_to_cpu(table->desc[n].addr),
			       le32_to_cpu(table->desc[n].len), DMA_TO_DEVICE);
}

/* Maps the pieces, then the table. Return: whether it was possible */
static bool vfe_net_tx_map_table(struct device *dev,
				 struct vfe_net_tx_table *table)
{
	struct vfe_desc *desc;
	unsigned int i;
	dma_addr_t to;
	u64 addr;

	for (i = 0; i < table->n; i++) {
		desc = &table->desc[i];
		addr = le64_to_cpu(desc->addr);
		to = dma_map_page(dev, pfn_to_page(PHYS_PFN(addr)),
				  offset_in_page(addr), le32_to_cpu(desc->len),
				  DMA_TO_DEVICE);
		if (unlikely(dma_mapping_error(dev, to)))
			goto unmap;
		desc->addr = cpu_to_le64(to);
	}
	/* the device may get a copy: the table is complete */
	table->addr = dma_map_single(dev, table->desc,
				     vfe_net_tx_table_len(table),
				     DMA_TO_DEVICE);
	if (likely(!dma_mapping_error(dev, table->addr)))
		return true;

unmap:
	vfe_net_tx_unmap_pieces(dev, table, i);
	return false;
}

static void vfe_net_tx_table_free(struct vfe_net_txq *txq,
				  struct vfe_net_tx_table *table)
{
	struct device *dev = vfe_dev(txq->vn->vd);

	if (unlikely(txq->dma)) {
		dma_unmap_single(dev, table->addr, vfe_net_tx_table_len(table),
				 DMA_TO_DEVICE);
		vfe_net_tx_unmap_pieces(dev, table, table->n);
	}
	kfree(table);
}

static void vfe_net_tx_write_table(struct vfe_net_txq *txq,
				   struct vfe_net_tx_table *table)
{
	const struct vfe_table_format *format =
		vfe_queue_table_format(txq->vq);
	unsigned int i, last = table->n - 1;

	for (i = 0; i <= last; i++) {
		table->desc[i].addr = cpu_to_le64(txq->segs[i].addr);
		table->desc[i].len = cpu_to_le32(txq->segs[i].len);
		table->desc[i].ctrl = cpu_to_le32(i == last ? 0 :
						  format->link +
						  (i + 1) * format->step);
	}
}

/**
 * vfe_net_tx_add_table() - add a packet by a table
 * @txq: the queue; its @segs are the packet's, with physical addresses
 * @skb: the packet
 * @n: number of segments
 *
 * Context: the xmit lock is held.
 * Return: 0 or an error: @segs are as they were, a chain may do.
 */
int vfe_net_tx_add_table(struct vfe_net_txq *txq, struct sk_buff *skb,
			 unsigned int n)
{
	struct device *dev = vfe_dev(txq->vn->vd);
	struct vfe_net_tx_table *table;
	int err;

	/* a chain will do: no reserves, no warning */
	table = kmalloc(struct_size(table, desc, n), GFP_NOWAIT | __GFP_NOWARN);
	if (unlikely(!table))
		return -ENOMEM;
	table->skb = skb;
	table->n = n;
	vfe_net_tx_write_table(txq, table);
	if (likely(!txq->dma)) {
		table->addr = virt_to_phys(table->desc);
	} else if (unlikely(!vfe_net_tx_map_table(dev, table))) {
		kfree(table);
		return -ENOMEM;
	}
	err = vfe_queue_add_table(txq->vq, table->addr, n, 0,
				  vfe_net_tx_table_token(table));
	if (unlikely(err)) {
		vfe_net_tx_table_free(txq, table);
		return err;
	}
	vfe_net_tx_added(txq, 1);
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_inc(&txq->stats.tables);
	u64_stats_update_end(&txq->stats.syncp);
	return 0;
}

/**
 * vfe_net_tx_end_table() - free a table that the device no longer reads
 * @txq: the queue
 * @token: of its buffer
 *
 * Context: the xmit lock is held.
 * Return: the packet, none of whose pieces is mapped any more.
 */
struct sk_buff *vfe_net_tx_end_table(struct vfe_net_txq *txq, void *token)
{
	struct vfe_net_tx_table *table = vfe_net_tx_table_of(token);
	struct sk_buff *skb = table->skb;

	vfe_net_tx_table_free(txq, table);
	return skb;
}
