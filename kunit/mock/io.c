// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_mock_io.ko: mappings of mock functions, distinguished by cookies that are
 * no valid addresses. Accesses to real mappings pass through. It does not
 * depend on the mock, so that vfe.ko, which is built to call it, loads without
 * one.
 */
#include <linux/module.h>
#include <linux/mutex.h>

#include "io.h"

#define IO_COOKIE	0xdead000000000000UL	/* canonical on no CPU */
#define IO_MASK		0xffff000000000000UL
#define IO_SHIFT	24	/* bytes of a mapping: 16 MB at most */
#define IO_MAPS		256

static const struct vfe_mock_io_ops *io_ops;
static void *io_maps[IO_MAPS];
static DEFINE_MUTEX(io_mutex);

void vfe_mock_io_register(const struct vfe_mock_io_ops *ops)
{
	WRITE_ONCE(io_ops, ops);
}
EXPORT_SYMBOL_GPL(vfe_mock_io_register);

/* The mapping of a cookie, NULL when @addr is real */
static void **io_map_of(const void __iomem *addr)
{
	unsigned long a = (__force unsigned long)addr;

	if ((a & IO_MASK) != IO_COOKIE)
		return NULL;
	return &io_maps[(a & ~IO_MASK) >> IO_SHIFT & (IO_MAPS - 1)];
}

static u32 io_offset(const void __iomem *addr)
{
	return (__force unsigned long)addr & (BIT(IO_SHIFT) - 1);
}

static void __iomem *io_make(void *to, u32 offset)
{
	unsigned long i;

	for (i = 0; i < IO_MAPS; i++) {
		if (io_maps[i])
			continue;
		WRITE_ONCE(io_maps[i], to);
		return (void __iomem *)(IO_COOKIE + (i << IO_SHIFT) + offset);
	}
	io_ops->unmap(to);
	return NULL;
}

void __iomem *vfe_mock_ioremap(phys_addr_t addr, size_t len)
{
	void __iomem *ret;
	void *to = NULL;
	u32 offset;

	mutex_lock(&io_mutex);
	if (io_ops)
		to = io_ops->map(addr, len, &offset);
	ret = to ? io_make(to, offset) : ioremap(addr, len);
	mutex_unlock(&io_mutex);
	return ret;
}
EXPORT_SYMBOL_GPL(vfe_mock_ioremap);

/* Return: whether it was a cookie; removes it */
static bool io_forget(void __iomem *addr)
{
	void **map = io_map_of(addr);

	if (!map)
		return false;
	mutex_lock(&io_mutex);
	if (!WARN_ON(!*map))
		io_ops->unmap(*map);
	WRITE_ONCE(*map, NULL);
	mutex_unlock(&io_mutex);
	return true;
}

void vfe_mock_iounmap(void __iomem *addr)
{
	if (!io_forget(addr))
		iounmap(addr);
}
EXPORT_SYMBOL_GPL(vfe_mock_iounmap);

void __iomem *vfe_mock_iomap_range(struct pci_dev *pdev, int bar,
				   unsigned long offset, unsigned long max)
{
	resource_size_t start = pci_resource_start(pdev, bar);
	resource_size_t len = pci_resource_len(pdev, bar);
	void *to;
	u32 at;

	if (!io_ops || !start || offset >= len ||
	    !(pci_resource_flags(pdev, bar) & IORESOURCE_MEM))
		return pci_iomap_range(pdev, bar, offset, max);
	len -= offset;
	if (max && len > max)
		len = max;
	/* ask only here: real memory is mapped as usual */
	to = io_ops->map(start + offset, len, &at);
	if (!to)
		return pci_iomap_range(pdev, bar, offset, max);
	io_ops->unmap(to);
	return vfe_mock_ioremap(start + offset, len);
}
EXPORT_SYMBOL_GPL(vfe_mock_iomap_range);

void vfe_mock_pci_iounmap(struct pci_dev *pdev, void __iomem *addr)
{
	if (!io_forget(addr))
		pci_iounmap(pdev, addr);
}
EXPORT_SYMBOL_GPL(vfe_mock_pci_iounmap);

static u32 io_read_real(const void __iomem *addr, unsigned int size)
{
	if (size == sizeof(u8))
		return ioread8(addr);
	return size == sizeof(u16) ? ioread16(addr) : ioread32(addr);
}

u32 vfe_mock_ioread(const void __iomem *addr, unsigned int size)
{
	void **map = io_map_of(addr);

	if (!map)
		return io_read_real(addr, size);
	if (WARN_ON_ONCE(!*map))
		return U32_MAX;
	return io_ops->read(*map, io_offset(addr), size);
}
EXPORT_SYMBOL_GPL(vfe_mock_ioread);

void vfe_mock_iowrite(u32 val, void __iomem *addr, unsigned int size)
{
	void **map = io_map_of(addr);

	if (map) {
		if (!WARN_ON_ONCE(!*map))
			io_ops->write(*map, io_offset(addr), size, val);
		return;
	}
	if (size == sizeof(u8))
		iowrite8(val, addr);
	else if (size == sizeof(u16))
		iowrite16(val, addr);
	else
		iowrite32(val, addr);
}
EXPORT_SYMBOL_GPL(vfe_mock_iowrite);

/* A string instruction makes an access of each word. */
void vfe_mock_io_from(void *to, const void __iomem *addr, size_t len)
{
	__le32 *word = to;

	if (!io_map_of(addr)) {
		memcpy_fromio(to, addr, len);
		return;
	}
	for (; len >= sizeof(*word); len -= sizeof(*word)) {
		*word++ = cpu_to_le32(vfe_mock_ioread(addr, sizeof(*word)));
		addr += sizeof(*word);
	}
}
EXPORT_SYMBOL_GPL(vfe_mock_io_from);

void vfe_mock_io_to(void __iomem *addr, const void *from, size_t len)
{
	const __le32 *word = from;

	if (!io_map_of(addr)) {
		memcpy_toio(addr, from, len);
		return;
	}
	for (; len >= sizeof(*word); len -= sizeof(*word)) {
		vfe_mock_iowrite(le32_to_cpu(*word++), addr, sizeof(*word));
		addr += sizeof(*word);
	}
}
EXPORT_SYMBOL_GPL(vfe_mock_io_to);

MODULE_DESCRIPTION("Register accesses to functions in memory, for tests");
MODULE_LICENSE("GPL");
