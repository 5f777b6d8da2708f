/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For kernels on which the mock cannot catch accesses of the CPU (all but user
 * mode Linux): the build includes this file before all others
 * (KCFLAGS="-include ..."). It sends mappings and accesses through
 * vfe_mock_io.ko, which serves those of a mock function from the mock, and
 * makes all others as they are. The mock itself is built with VFE_MOCK_IO_REAL.
 */
#ifndef VFE_MOCK_IO_H
#define VFE_MOCK_IO_H

#include <linux/io.h>
#include <linux/pci.h>

/**
 * struct vfe_mock_io_ops - operations of the mock
 * @map: converts bus address and length to a handle for @read and @write, and
 *	 an offset; NULL for real memory
 * @unmap: removes one mapping
 * @read: an access
 * @write: an access
 */
struct vfe_mock_io_ops {
	void *(*map)(u64 addr, u64 len, u32 *offset);
	void (*unmap)(void *to);
	u32 (*read)(void *to, u32 offset, unsigned int size);
	void (*write)(void *to, u32 offset, unsigned int size, u32 val);
};

/* Serve mappings from now on; cannot be undone. */
void vfe_mock_io_register(const struct vfe_mock_io_ops *ops);

void __iomem *vfe_mock_ioremap(phys_addr_t addr, size_t len);
void vfe_mock_iounmap(void __iomem *addr);
void __iomem *vfe_mock_iomap_range(struct pci_dev *pdev, int bar,
				   unsigned long offset, unsigned long max);
void vfe_mock_pci_iounmap(struct pci_dev *pdev, void __iomem *addr);
u32 vfe_mock_ioread(const void __iomem *addr, unsigned int size);
void vfe_mock_iowrite(u32 val, void __iomem *addr, unsigned int size);
void vfe_mock_io_from(void *to, const void __iomem *addr, size_t len);
void vfe_mock_io_to(void __iomem *addr, const void *from, size_t len);

#ifndef VFE_MOCK_IO_REAL

#undef ioremap
#undef iounmap
#undef pci_iomap
#undef pci_iomap_range
#undef pci_iounmap
#undef ioread8
#undef ioread16
#undef ioread32
#undef iowrite8
#undef iowrite16
#undef iowrite32
#undef memcpy_fromio
#undef memcpy_toio

#define ioremap(addr, len) vfe_mock_ioremap(addr, len)
#define iounmap(addr) vfe_mock_iounmap(addr)
#define pci_iomap(pdev, bar, max) vfe_mock_iomap_range(pdev, bar, 0, max)
#define pci_iomap_range(pdev, bar, offset, max) \
	vfe_mock_iomap_range(pdev, bar, offset, max)
#define pci_iounmap(pdev, addr) vfe_mock_pci_iounmap(pdev, addr)
#define ioread8(addr) vfe_mock_ioread(addr, sizeof(u8))
#define ioread16(addr) vfe_mock_ioread(addr, sizeof(u16))
#define ioread32(addr) vfe_mock_ioread(addr, sizeof(u32))
#define iowrite8(val, addr) vfe_mock_iowrite(val, addr, sizeof(u8))
#define iowrite16(val, addr) vfe_mock_iowrite(val, addr, sizeof(u16))
#define iowrite32(val, addr) vfe_mock_iowrite(val, addr, sizeof(u32))
#define memcpy_fromio(to, addr, len) vfe_mock_io_from(to, addr, len)
#define memcpy_toio(addr, from, len) vfe_mock_io_to(addr, from, len)

#endif /* VFE_MOCK_IO_REAL */

#endif /* VFE_MOCK_IO_H */
