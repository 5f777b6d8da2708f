// SPDX-License-Identifier: GPL-2.0
/*
 * Register access: the only file that accesses a device register, and so the
 * only one that can count all accesses. Every function here counts first, by
 * register and direction, and then makes exactly the accesses that it counted.
 *
 * Accesses and exits. An access is one read or write of a register; a string
 * instruction of n words makes n. An exit is a VM exit. In a trapping window
 * the two are equal, except for string input from I/O ports: KVM's emulator
 * reads ahead up to 1024 bytes for one exit, as long as the destination is in
 * one page. This file splits string input into such pieces, so that each causes
 * one exit. String output, and string instructions on memory windows, cause one
 * exit per word.
 */
#include <kunit/visibility.h>
#include <linux/bug.h>
#include <linux/cc_platform.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include <vfe/compat/core.h>
#include <vfe/regs.h>

#include "regs_table.h"

#define VFE_STRING_BYTES	1024	/* most that KVM reads ahead */
#define VFE_WORD		sizeof(__le32)

static void vfe_regs_count(struct vfe_regs *regs, enum vfe_reg reg,
			   enum vfe_dir dir, unsigned int accesses,
			   unsigned int exits)
{
	this_cpu_add(regs->counts->access[reg][dir], accesses);
	if (regs->win[vfe_reg_table[reg].win].traps)
		this_cpu_add(regs->counts->exits, exits);
}

/*
 * Address of @size bytes, @offset bytes into a register. NULL, with a warning,
 * if the window is absent or too short, or if the access does not have the
 * register's natural width (virtio 1.4, 4.1.3.1): a bug of the caller. Ranges
 * allow any width.
 */
static void __iomem *vfe_reg_addr(const struct vfe_regs *regs,
				  enum vfe_reg reg, u32 offset, u32 size)
{
	const struct vfe_reg_info *info = &vfe_reg_table[reg];
	const struct vfe_window *win = &regs->win[info->win];
	u64 end = (u64)info->offset + offset + size;

	if (WARN_ON_ONCE(!win->base || end > win->len))
		return NULL;
	if (WARN_ON_ONCE(info->size < VFE_STRUCT_SIZE && info->size != size))
		return NULL;
	return win->base + info->offset + offset;
}

static u32 vfe_reg_read(struct vfe_regs *regs, enum vfe_reg reg, u32 offset,
			u32 size)
{
	void __iomem *addr = vfe_reg_addr(regs, reg, offset, size);

	if (!addr)
		return U32_MAX;
	vfe_regs_count(regs, reg, VFE_READ, 1, 1);
	if (size == sizeof(u8))
		return ioread8(addr);
	if (size == sizeof(u16))
		return ioread16(addr);
	return ioread32(addr);
}

static void vfe_reg_write(struct vfe_regs *regs, enum vfe_reg reg, u32 offset,
			  u32 size, u32 val)
{
	void __iomem *addr = vfe_reg_addr(regs, reg, offset, size);

	if (!addr)
		return;
	vfe_regs_count(regs, reg, VFE_WRITE, 1, 1);
	if (size == sizeof(u8))
		iowrite8(val, addr);
	else if (size == sizeof(u16))
		iowrite16(val, addr);
	else
		iowrite32(val, addr);
}

/**
 * vfe_read8() - read an 8-bit register
 * @regs: the function's windows
 * @reg: which register, must be 8 bits wide
 *
 * Context: any.
 * Return: its value; all ones when the window is absent.
 */
u8 vfe_read8(struct vfe_regs *regs, enum vfe_reg reg)
{
	return vfe_reg_read(regs, reg, 0, sizeof(u8));
}
EXPORT_SYMBOL_IF_KUNIT(vfe_read8);

/**
 * vfe_read16() - read a 16-bit register, see vfe_read8()
 * @regs: the function's windows
 * @reg: which register, must be 16 bits wide
 *
 * Context: any.
 * Return: its value; all ones when the window is absent.
 */
u16 vfe_read16(struct vfe_regs *regs, enum vfe_reg reg)
{
	return vfe_reg_read(regs, reg, 0, sizeof(u16));
}
EXPORT_SYMBOL_IF_KUNIT(vfe_read16);

/**
 * vfe_read32() - read a 32-bit register, see vfe_read8()
 * @regs: the function's windows
 * @reg: which register, must be 32 bits wide
 *
 * Context: any.
 * Return: its value; all ones when the window is absent.
 */
u32 vfe_read32(struct vfe_regs *regs, enum vfe_reg reg)
{
	return vfe_reg_read(regs, reg, 0, sizeof(u32));
}
EXPORT_SYMBOL_NS_GPL(vfe_read32, VFE_NS);

/**
 * vfe_write8() - write an 8-bit register
 * @regs: the function's windows
 * @reg: which register, must be 8 bits wide
 * @val: the value
 *
 * Context: any.
 */
void vfe_write8(struct vfe_regs *regs, enum vfe_reg reg, u8 val)
{
	vfe_reg_write(regs, reg, 0, sizeof(u8), val);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_write8);

/**
 * vfe_write16() - write a 16-bit register
 * @regs: the function's windows
 * @reg: which register, must be 16 bits wide
 * @val: the value
 *
 * Context: any.
 */
void vfe_write16(struct vfe_regs *regs, enum vfe_reg reg, u16 val)
{
	vfe_reg_write(regs, reg, 0, sizeof(u16), val);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_write16);

/**
 * vfe_write32() - write a 32-bit register
 * @regs: the function's windows
 * @reg: which register, must be 32 bits wide
 * @val: the value
 *
 * Context: any.
 */
void vfe_write32(struct vfe_regs *regs, enum vfe_reg reg, u32 val)
{
	vfe_reg_write(regs, reg, 0, sizeof(u32), val);
}
EXPORT_SYMBOL_NS_GPL(vfe_write32, VFE_NS);

/**
 * vfe_write64() - write a 64-bit field
 * @regs: the function's windows
 * @lo: register of the lower half; the upper half is the next register
 * @val: the value
 *
 * Context: any.
 */
void vfe_write64(struct vfe_regs *regs, enum vfe_reg lo, u64 val)
{
	/* virtio 1.4, 4.1.3.1: 64-bit fields are two of 32 bits */
	vfe_write32(regs, lo, lower_32_bits(val));
	vfe_write32(regs, lo + 1, upper_32_bits(val));
}
EXPORT_SYMBOL_IF_KUNIT(vfe_write64);

/**
 * vfe_read_field() - read one field of a range
 * @regs: the function's windows
 * @reg: the range, for example device configuration
 * @offset: in bytes, a multiple of @size
 * @size: 1, 2 or 4
 *
 * Context: any.
 * Return: its value; all ones beyond the window.
 */
u32 vfe_read_field(struct vfe_regs *regs, enum vfe_reg reg, u32 offset,
		   unsigned int size)
{
	return vfe_reg_read(regs, reg, offset, size);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_read_field);

/**
 * vfe_write_field() - write one field of a range, see vfe_read_field()
 * @regs: the function's windows
 * @reg: the range
 * @offset: in bytes, a multiple of @size
 * @size: 1, 2 or 4
 * @val: the value
 *
 * Context: any.
 */
void vfe_write_field(struct vfe_regs *regs, enum vfe_reg reg, u32 offset,
		     unsigned int size, u32 val)
{
	vfe_reg_write(regs, reg, offset, size, val);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_write_field);

/**
 * vfe_notify16() - notify the device of available buffers
 * @regs: the function's windows
 * @offset: where in the notify window, in bytes
 * @val: value that identifies the queue
 *
 * Context: any.
 */
void vfe_notify16(struct vfe_regs *regs, u32 offset, u16 val)
{
	vfe_reg_write(regs, VFE_REG_NOTIFY, offset, sizeof(val), val);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_notify16);

/**
 * vfe_notify32() - the same with NOTIFICATION_DATA
 * @regs: the function's windows
 * @offset: where in the notify window, in bytes
 * @val: value that identifies the queue, and its next position
 *
 * Context: any.
 */
void vfe_notify32(struct vfe_regs *regs, u32 offset, u32 val)
{
	vfe_reg_write(regs, VFE_REG_NOTIFY, offset, sizeof(val), val);
}

/**
 * vfe_read_words() - read words of data, one instruction per word
 * @regs: the function's windows
 * @reg: the register to read repeatedly
 * @buf: where to put the words, little endian
 * @words: number of words
 *
 * Context: any.
 */
void vfe_read_words(struct vfe_regs *regs, enum vfe_reg reg, __le32 *buf,
		    unsigned int words)
{
	while (words--)
		*buf++ = cpu_to_le32(vfe_read32(regs, reg));
}
EXPORT_SYMBOL_NS_GPL(vfe_read_words, VFE_NS);

/**
 * vfe_write_words() - write words of data, one instruction per word
 * @regs: the function's windows
 * @reg: the register to write repeatedly
 * @buf: the words, little endian
 * @words: number of words
 *
 * Context: any.
 */
void vfe_write_words(struct vfe_regs *regs, enum vfe_reg reg,
		     const __le32 *buf, unsigned int words)
{
	while (words--)
		vfe_write32(regs, reg, le32_to_cpu(*buf++));
}
EXPORT_SYMBOL_NS_GPL(vfe_write_words, VFE_NS);

/* Does this kernel use string instructions, instead of a loop? */
static bool vfe_has_strings(void)
{
	return IS_ENABLED(CONFIG_X86) &&
	       !cc_platform_has(CC_ATTR_GUEST_UNROLL_STRING_IO);
}

/* Words that KVM's emulator reads into @buf for one exit; see the top. */
static unsigned int vfe_read_ahead(const __le32 *buf, unsigned int words)
{
	unsigned int in_page = PAGE_SIZE - offset_in_page(buf);
	unsigned int bytes = min_t(unsigned int, in_page, VFE_STRING_BYTES);

	/* a word that crosses a page boundary is a separate piece */
	return clamp_t(unsigned int, bytes / VFE_WORD, 1, words);
}

static void vfe_read_ports(struct vfe_regs *regs, enum vfe_reg reg,
			   __le32 *buf, unsigned int words)
{
	void __iomem *addr = vfe_reg_addr(regs, reg, 0, VFE_WORD);
	unsigned int n;

	for (; addr && words; words -= n, buf += n) {
		n = vfe_read_ahead(buf, words);
		vfe_regs_count(regs, reg, VFE_READ, n,
			       vfe_has_strings() ? 1 : n);
		ioread32_rep(addr, buf, n);
	}
}

/* Is @reg an I/O port, from any class's register window? */
static bool vfe_reg_is_port(enum vfe_reg reg)
{
	return vfe_reg_table[reg].win == VFE_WIN_PORT ||
	       vfe_reg_table[reg].win == VFE_WIN_NET_PORT ||
	       vfe_reg_table[reg].win == VFE_WIN_SCSI_PORT;
}

/* Is @reg a range, which a string instruction can walk through? */
static bool vfe_reg_is_range(enum vfe_reg reg)
{
	return vfe_reg_table[reg].size >= VFE_STRUCT_SIZE;
}

static void vfe_read_range(struct vfe_regs *regs, enum vfe_reg reg,
			   __le32 *buf, unsigned int words)
{
	u32 most = vfe_reg_table[reg].size / VFE_WORD;
	void __iomem *addr;
	u32 n;

	for (; words; words -= n, buf += n) {
		n = min(words, most);
		addr = vfe_reg_addr(regs, reg, 0, n * VFE_WORD);
		if (!addr)
			return;
		vfe_regs_count(regs, reg, VFE_READ, n, n);
		/* aligned, in whole words: rep movsl */
		memcpy_fromio(buf, addr, n * VFE_WORD);
	}
}

static void vfe_write_range(struct vfe_regs *regs, enum vfe_reg reg,
			    const __le32 *buf, unsigned int words)
{
	u32 most = vfe_reg_table[reg].size / VFE_WORD;
	void __iomem *addr;
	u32 n;

	for (; words; words -= n, buf += n) {
		n = min(words, most);
		addr = vfe_reg_addr(regs, reg, 0, n * VFE_WORD);
		if (!addr)
			return;
		vfe_regs_count(regs, reg, VFE_WRITE, n, n);
		/* aligned, in whole words: rep movsl */
		memcpy_toio(addr, buf, n * VFE_WORD);
	}
}

/* Reads a range word by word, without string instructions. */
static void vfe_read_range_words(struct vfe_regs *regs, enum vfe_reg reg,
				 __le32 *buf, unsigned int words)
{
	u32 most = vfe_reg_table[reg].size / VFE_WORD;
	u32 i;

	for (i = 0; i < words; i++)
		buf[i] = cpu_to_le32(vfe_reg_read(regs, reg,
						  i % most * VFE_WORD,
						  VFE_WORD));
}

static void vfe_write_range_words(struct vfe_regs *regs, enum vfe_reg reg,
				  const __le32 *buf, unsigned int words)
{
	u32 most = vfe_reg_table[reg].size / VFE_WORD;
	u32 i;

	for (i = 0; i < words; i++)
		vfe_reg_write(regs, reg, i % most * VFE_WORD, VFE_WORD,
			      le32_to_cpu(buf[i]));
}

/**
 * vfe_read_string() - read words of data with string instructions
 * @regs: the function's windows
 * @reg: a port register (rep insl: one exit for up to 1024 bytes, see the top
 *	 of this file), or a range in memory (rep movsl: an exit per word)
 * @buf: where to put the words, little endian
 * @words: number of words
 *
 * Context: any.
 */
void vfe_read_string(struct vfe_regs *regs, enum vfe_reg reg, __le32 *buf,
		     unsigned int words)
{
	if (vfe_reg_is_port(reg))
		vfe_read_ports(regs, reg, buf, words);
	else if (!vfe_reg_is_range(reg))
		vfe_read_words(regs, reg, buf, words);
	else if (vfe_has_strings())
		vfe_read_range(regs, reg, buf, words);
	else
		vfe_read_range_words(regs, reg, buf, words);
}
EXPORT_SYMBOL_NS_GPL(vfe_read_string, VFE_NS);

/**
 * vfe_write_string() - write words of data with string instructions
 * @regs: the function's windows
 * @reg: a port register (rep outsl), or a range in memory (rep movsl); both
 *	 cause an exit per word
 * @buf: the words, little endian
 * @words: number of words
 *
 * Context: any.
 */
void vfe_write_string(struct vfe_regs *regs, enum vfe_reg reg,
		      const __le32 *buf, unsigned int words)
{
	void __iomem *addr;

	if (vfe_reg_is_range(reg)) {
		if (vfe_has_strings())
			vfe_write_range(regs, reg, buf, words);
		else
			vfe_write_range_words(regs, reg, buf, words);
		return;
	}
	if (!vfe_reg_is_port(reg)) {
		vfe_write_words(regs, reg, buf, words);
		return;
	}
	addr = vfe_reg_addr(regs, reg, 0, VFE_WORD);
	if (!addr)
		return;
	vfe_regs_count(regs, reg, VFE_WRITE, words, words);
	iowrite32_rep(addr, buf, words);
}
EXPORT_SYMBOL_NS_GPL(vfe_write_string, VFE_NS);
