// SPDX-License-Identifier: GPL-2.0
/*
 * The functions that access registers: they count exactly the accesses that
 * they make, in order and with the right width; strings of words arrive
 * complete.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include <vfe/regs.h>
#include <vfe/stats.h>

#include "lib/suite.h"
#include "mock/mock.h"

#define REGS_WORDS	2600	/* more than two pages of them */

/**
 * struct regs - windows of the suite on a function
 * @test: the test
 * @m: the function
 * @regs: its windows
 * @virtio: BAR of the virtio structures
 * @memory: BAR of the register window
 * @data: words, with space to shift them
 * @next: next value of the device
 * @seen: number of data writes, in order
 */
struct regs {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_regs regs;
	void __iomem *virtio;
	void __iomem *memory;
	u8 *data;
	u32 next;
	u32 seen;
};

static u32 regs_value(u32 n)
{
	return n * 2654435761U + 0x89abcdef;
}

static bool regs_is_data(const struct vfe_mock_access *a)
{
	return a->reg == VFE_REG_MEMORY_DATA ||
	       a->reg == VFE_REG_MEMORY_APERTURE;
}

/* The device: reads return successive values, writes are checked. */
static bool regs_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct regs *r = m->knobs.priv;

	if (!regs_is_data(a))
		return false;
	if (a->dir == VFE_READ) {
		a->val = regs_value(r->next++);
		return false;
	}
	KUNIT_EXPECT_EQ(r->test, a->val, regs_value(r->seen));
	r->seen++;
	return true;
}

static void regs_stop(void *data)
{
	struct regs *r = data;

	if (r->virtio)
		pci_iounmap(r->m->pdev, r->virtio);
	if (r->memory)
		pci_iounmap(r->m->pdev, r->memory);
	pci_disable_device(r->m->pdev);
	vfe_regs_exit(&r->regs);
}

static void regs_window(struct regs *r, enum vfe_window_id win,
			void __iomem *base, u32 len)
{
	r->regs.win[win].base = base;
	r->regs.win[win].len = len;
	r->regs.win[win].traps = 1;
}

static struct regs *regs_start(struct kunit *test)
{
	static const u8 config[16] = { 0x11, 0x22, 0x33, 0x44, 0x55 };
	struct regs *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	struct vfe_mock_spec spec = {
		.window = true,
		.queues = 2,
		.config = config,
		.config_len = sizeof(config),
	};

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->test = test;
	r->data = kunit_kzalloc(test, REGS_WORDS * 4 + 2 * PAGE_SIZE,
				GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r->data);
	r->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, r->m);
	KUNIT_ASSERT_EQ(test, vfe_regs_init(&r->regs), 0);
	KUNIT_ASSERT_EQ(test, pci_enable_device(r->m->pdev), 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, regs_stop, r));
	r->virtio = pci_iomap(r->m->pdev, VFE_BAR_VIRTIO, 0);
	r->memory = pci_iomap(r->m->pdev, VFE_BAR_MEMORY, 0);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)r->virtio);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)r->memory);
	regs_window(r, VFE_WIN_COMMON, r->virtio + VFE_COMMON_OFFSET, 64);
	regs_window(r, VFE_WIN_NOTIFY, r->virtio + VFE_NOTIFY_OFFSET, 16);
	regs_window(r, VFE_WIN_ISR, r->virtio + VFE_ISR_OFFSET, 1);
	regs_window(r, VFE_WIN_DEVICE, r->virtio + VFE_DEVICE_OFFSET, 16);
	regs_window(r, VFE_WIN_MEMORY, r->memory, VFE_BAR_MEMORY_SIZE);
	/* ports behave the same; here they are the registers in memory */
	regs_window(r, VFE_WIN_PORT, r->memory, VFE_BAR_PORT_SIZE);
	r->m->knobs.access = regs_access;
	r->m->knobs.priv = r;
	vfe_mock_log_clear(r->m);
	return r;
}

/* The only access since the log was cleared */
static void regs_expect_one(struct regs *r, enum vfe_reg reg, enum vfe_dir dir,
			    unsigned int size, u32 val)
{
	const struct vfe_mock_access *a = &r->m->log[0];
	struct kunit *test = r->test;

	KUNIT_ASSERT_EQ(test, r->m->log_len, 1U);
	KUNIT_EXPECT_EQ(test, a->reg, reg);
	KUNIT_EXPECT_EQ(test, a->dir, dir);
	KUNIT_EXPECT_EQ(test, a->size, size);
	KUNIT_EXPECT_EQ(test, a->val, val);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(&r->regs, reg, dir), 1ULL);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(&r->regs, reg, !dir), 0ULL);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(&r->regs), 1ULL);
	vfe_mock_log_clear(r->m);
	vfe_regs_reset_counts(&r->regs);
}

static void regs_widths(struct kunit *test)
{
	struct regs *r = regs_start(test);
	struct vfe_regs *regs = &r->regs;

	KUNIT_EXPECT_EQ(test, vfe_read16(regs, VFE_REG_NUM_QUEUES), 2);
	regs_expect_one(r, VFE_REG_NUM_QUEUES, VFE_READ, 2, 2);
	vfe_write8(regs, VFE_REG_DEVICE_STATUS, 0);
	regs_expect_one(r, VFE_REG_DEVICE_STATUS, VFE_WRITE, 1, 0);
	KUNIT_EXPECT_EQ(test, vfe_read8(regs, VFE_REG_DEVICE_STATUS), 0);
	regs_expect_one(r, VFE_REG_DEVICE_STATUS, VFE_READ, 1, 0);
	vfe_write8(regs, VFE_REG_DEVICE_STATUS, 1);
	regs_expect_one(r, VFE_REG_DEVICE_STATUS, VFE_WRITE, 1, 1);
	KUNIT_EXPECT_EQ(test, vfe_read8(regs, VFE_REG_DEVICE_STATUS), 1);
	regs_expect_one(r, VFE_REG_DEVICE_STATUS, VFE_READ, 1, 1);
	vfe_write32(regs, VFE_REG_DEVICE_FEATURE_SELECT, 1);
	regs_expect_one(r, VFE_REG_DEVICE_FEATURE_SELECT, VFE_WRITE, 4, 1);
	KUNIT_EXPECT_EQ(test, vfe_read32(regs, VFE_REG_DEVICE_FEATURE), 1U);
	regs_expect_one(r, VFE_REG_DEVICE_FEATURE, VFE_READ, 4, 1);
	vfe_write16(regs, VFE_REG_QUEUE_SELECT, 1);
	regs_expect_one(r, VFE_REG_QUEUE_SELECT, VFE_WRITE, 2, 1);
	KUNIT_EXPECT_EQ(test, vfe_read8(regs, VFE_REG_ISR_STATUS), 0);
	regs_expect_one(r, VFE_REG_ISR_STATUS, VFE_READ, 1, 0);
	VFE_MOCK_EXPECT_CLEAN(test, r->m);
}

static void regs_config(struct kunit *test)
{
	struct regs *r = regs_start(test);
	struct vfe_regs *regs = &r->regs;

	KUNIT_EXPECT_EQ(test, vfe_read_field(regs, VFE_REG_DEVICE_CONFIG, 0, 4),
			0x44332211U);
	regs_expect_one(r, VFE_REG_DEVICE_CONFIG, VFE_READ, 4, 0x44332211);
	KUNIT_EXPECT_EQ(test, vfe_read_field(regs, VFE_REG_DEVICE_CONFIG, 2, 2),
			0x4433U);
	KUNIT_EXPECT_EQ(test, r->m->log[0].offset, 2U);
	regs_expect_one(r, VFE_REG_DEVICE_CONFIG, VFE_READ, 2, 0x4433);
	KUNIT_EXPECT_EQ(test, vfe_read_field(regs, VFE_REG_DEVICE_CONFIG, 4, 1),
			0x55U);
	regs_expect_one(r, VFE_REG_DEVICE_CONFIG, VFE_READ, 1, 0x55);
	/* the last bytes of the window */
	KUNIT_EXPECT_EQ(test,
			vfe_read_field(regs, VFE_REG_DEVICE_CONFIG, 12, 4), 0U);
	KUNIT_EXPECT_EQ(test, r->m->log[0].offset, 12U);
	regs_expect_one(r, VFE_REG_DEVICE_CONFIG, VFE_READ, 4, 0);
	vfe_write_field(regs, VFE_REG_DEVICE_CONFIG, 15, 1, 0x77);
	KUNIT_EXPECT_EQ(test, r->m->log[0].offset, 15U);
	regs_expect_one(r, VFE_REG_DEVICE_CONFIG, VFE_WRITE, 1, 0x77);
}

static void regs_notify(struct kunit *test)
{
	struct regs *r = regs_start(test);

	vfe_notify16(&r->regs, 4, 1);
	KUNIT_EXPECT_EQ(test, r->m->log[0].offset, 4U);
	regs_expect_one(r, VFE_REG_NOTIFY, VFE_WRITE, 2, 1);
	/* the last offset for 16 bits */
	vfe_notify16(&r->regs, 14, 7);
	KUNIT_EXPECT_EQ(test, r->m->log[0].offset, 14U);
	regs_expect_one(r, VFE_REG_NOTIFY, VFE_WRITE, 2, 7);
}

/* 4.1.3.1: a 64-bit field is two of 32 bits */
static void regs_write64(struct kunit *test)
{
	struct regs *r = regs_start(test);

	vfe_write64(&r->regs, VFE_REG_QUEUE_DRIVER_LO, 0x1122334455667788ULL);
	KUNIT_ASSERT_EQ(test, r->m->log_len, 2U);
	KUNIT_EXPECT_EQ(test, r->m->log[0].reg, VFE_REG_QUEUE_DRIVER_LO);
	KUNIT_EXPECT_EQ(test, r->m->log[0].val, 0x55667788U);
	KUNIT_EXPECT_EQ(test, r->m->log[1].reg, VFE_REG_QUEUE_DRIVER_HI);
	KUNIT_EXPECT_EQ(test, r->m->log[1].val, 0x11223344U);
	KUNIT_EXPECT_EQ(test, vfe_window_accesses(&r->regs, VFE_WIN_COMMON,
						  VFE_WRITE), 2ULL);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(&r->regs), 2ULL);
}

/* --- words --- */

typedef void (*regs_read_fn)(struct vfe_regs *regs, enum vfe_reg reg,
			     __le32 *buf, unsigned int words);
typedef void (*regs_write_fn)(struct vfe_regs *regs, enum vfe_reg reg,
			      const __le32 *buf, unsigned int words);

static const unsigned int regs_counts[] = {
	0, 1, 2, 127, 128, 255, 256, 257, 1023, 1024, 1025, 2048, REGS_WORDS,
};

/* All words of the log: through one register, or through a range */
static void regs_expect_words(struct regs *r, enum vfe_dir dir,
			      unsigned int words, bool range)
{
	u32 at = range ? VFE_MEMORY_APERTURE : 0x18;
	const struct vfe_mock_access *a;
	unsigned int i;

	KUNIT_ASSERT_EQ(r->test, r->m->log_len, words);
	for (i = 0; i < words; i++) {
		a = &r->m->log[i];
		KUNIT_ASSERT_TRUE(r->test, regs_is_data(a));
		KUNIT_ASSERT_EQ(r->test, a->dir, dir);
		KUNIT_ASSERT_EQ(r->test, a->size, 4U);
		KUNIT_ASSERT_EQ(r->test, a->offset, at + (range ? i * 4 %
				VFE_MEMORY_APERTURE_SIZE : 0));
	}
	vfe_mock_log_clear(r->m);
}

static void regs_reads(struct regs *r, regs_read_fn read, enum vfe_reg reg,
		       __le32 *buf, unsigned int words)
{
	struct kunit *test = r->test;
	unsigned int i;

	r->next = 0;
	vfe_regs_reset_counts(&r->regs);
	memset(buf, 0xee, words * 4);
	buf[words] = cpu_to_le32(0xfeedf00d);
	read(&r->regs, reg, buf, words);
	for (i = 0; i < words; i++)
		KUNIT_ASSERT_EQ(test, le32_to_cpu(buf[i]), regs_value(i));
	/* and no other byte */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(buf[words]), 0xfeedf00d);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(&r->regs, reg, VFE_READ),
			(u64)words);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(&r->regs, reg, VFE_WRITE),
			0ULL);
	regs_expect_words(r, VFE_READ, words, reg == VFE_REG_MEMORY_APERTURE);
}

static void regs_writes(struct regs *r, regs_write_fn write, enum vfe_reg reg,
			__le32 *buf, unsigned int words)
{
	struct kunit *test = r->test;
	unsigned int i;

	r->seen = 0;
	vfe_regs_reset_counts(&r->regs);
	for (i = 0; i < words; i++)
		buf[i] = cpu_to_le32(regs_value(i));
	write(&r->regs, reg, buf, words);
	KUNIT_EXPECT_EQ(test, r->seen, words);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(&r->regs, reg, VFE_WRITE),
			(u64)words);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(&r->regs, reg, VFE_READ),
			0ULL);
	regs_expect_words(r, VFE_WRITE, words, reg == VFE_REG_MEMORY_APERTURE);
	/* output costs one exit per word, also with string instructions */
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(&r->regs), (u64)words);
}

/* Any number of words, one exit each */
static void regs_both_ways(struct kunit *test, enum vfe_reg reg,
			   regs_read_fn read, regs_write_fn write)
{
	struct regs *r = regs_start(test);
	__le32 *buf = (__le32 *)r->data;
	unsigned int i, words;

	for (i = 0; i < ARRAY_SIZE(regs_counts); i++) {
		words = regs_counts[i];
		regs_reads(r, read, reg, buf, words);
		KUNIT_EXPECT_EQ(test, vfe_regs_exits(&r->regs), (u64)words);
		regs_writes(r, write, reg, buf, words);
	}
}

static void regs_words(struct kunit *test)
{
	regs_both_ways(test, VFE_REG_MEMORY_DATA, vfe_read_words,
		       vfe_write_words);
}

/* A register in memory has no string instruction that stays where it is. */
static void regs_string_register(struct kunit *test)
{
	regs_both_ways(test, VFE_REG_MEMORY_DATA, vfe_read_string,
		       vfe_write_string);
}

/* The access walks through a range, and restarts at its beginning. */
static void regs_string_range(struct kunit *test)
{
	regs_both_ways(test, VFE_REG_MEMORY_APERTURE, vfe_read_string,
		       vfe_write_string);
}

/*
 * KVM's exits for string input into @buf: one for at most 1024 bytes of one
 * page. Computed word by word, without chunks.
 */
static u64 regs_port_exits(const __le32 *buf, unsigned int words)
{
	unsigned int i, bytes = 0;
	u64 exits = 0;

	if (!IS_ENABLED(CONFIG_X86))
		return words;	/* no string instructions */
	for (i = 0; i < words; i++) {
		if (!bytes || bytes + 4 > 1024 ||
		    offset_in_page(&buf[i]) + 4 > PAGE_SIZE ||
		    !offset_in_page(&buf[i])) {
			exits++;
			bytes = 0;
		}
		bytes += 4;
	}
	return exits;
}

/* Ports: through one register; buffers at any offset in their pages */
static void regs_string_port(struct kunit *test)
{
	static const unsigned int shifts[] = { 0, 4, 1, 2, 3, 100, 1023, 2049 };
	struct regs *r = regs_start(test);
	unsigned int i, k, words;
	__le32 *buf;

	for (k = 0; k < ARRAY_SIZE(shifts); k++) {
		buf = (__le32 *)(PTR_ALIGN(r->data, PAGE_SIZE) + shifts[k]);
		for (i = 0; i < ARRAY_SIZE(regs_counts) - 1; i++) {
			words = regs_counts[i];
			regs_reads(r, vfe_read_string, VFE_REG_PORT_DATA, buf,
				   words);
			/* a misaligned word across pages has its own exit */
			if (IS_ALIGNED(shifts[k], 4))
				KUNIT_EXPECT_EQ(test,
						vfe_regs_exits(&r->regs),
						regs_port_exits(buf, words));
			regs_writes(r, vfe_write_string, VFE_REG_PORT_DATA,
				    buf, words);
		}
	}
}

/* --- counts --- */

static void regs_mapped_window(struct kunit *test)
{
	struct regs *r = regs_start(test);
	unsigned int i;

	r->regs.win[VFE_WIN_MEMORY].traps = 0;
	regs_reads(r, vfe_read_string, VFE_REG_MEMORY_APERTURE,
		   (__le32 *)r->data, 300);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(&r->regs), 0ULL);
	KUNIT_EXPECT_EQ(test, vfe_window_accesses(&r->regs, VFE_WIN_MEMORY,
						  VFE_READ), 300ULL);
	for (i = 0; i < 5; i++)
		vfe_read16(&r->regs, VFE_REG_NUM_QUEUES);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(&r->regs), 5ULL);
	KUNIT_EXPECT_EQ(test, vfe_window_accesses(&r->regs, VFE_WIN_COMMON,
						  VFE_READ), 5ULL);
	KUNIT_EXPECT_EQ(test, vfe_window_accesses(&r->regs, VFE_WIN_COMMON,
						  VFE_WRITE), 0ULL);
}

/* Windows of different classes, of which a function has one */
static bool regs_are_alternatives(enum vfe_window_id a, enum vfe_window_id b)
{
	return a != b && (a >= VFE_WIN_NET_PORT || b >= VFE_WIN_NET_PORT);
}

/*
 * Users and the bench identify registers by names: all that a function can have
 * must differ.
 */
static void regs_names(struct kunit *test)
{
	int i, k;

	for (i = 0; i < VFE_NUM_REGS; i++) {
		KUNIT_ASSERT_NOT_NULL(test, vfe_reg_name(i));
		KUNIT_EXPECT_LT(test, (int)vfe_reg_window(i),
				(int)VFE_NUM_WINDOWS);
		for (k = 0; k < i; k++)
			if (!regs_are_alternatives(vfe_reg_window(i),
						   vfe_reg_window(k)))
				KUNIT_EXPECT_STRNEQ(test, vfe_reg_name(i),
						    vfe_reg_name(k));
	}
	for (i = 0; i < VFE_WIN_NET_PORT; i++)
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_STRNEQ(test, vfe_window_name(i),
					    vfe_window_name(k));
	KUNIT_EXPECT_STREQ(test, vfe_reg_name(VFE_REG_DEVICE_STATUS),
			   "device_status");
	KUNIT_EXPECT_EQ(test, (int)vfe_reg_window(VFE_REG_NOTIFY),
			(int)VFE_WIN_NOTIFY);
}

/* Exit without init is allowed. */
static void regs_exit_twice(struct kunit *test)
{
	struct vfe_stats stats = {};
	struct vfe_regs *regs;

	regs = kunit_kzalloc(test, sizeof(*regs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, regs);
	vfe_regs_exit(regs);
	vfe_stats_exit(&stats);
	KUNIT_ASSERT_EQ(test, vfe_regs_init(regs), 0);
	KUNIT_ASSERT_EQ(test, vfe_stats_init(&stats, NULL), 0);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(regs), 0ULL);
	vfe_regs_exit(regs);
	vfe_regs_exit(regs);
	vfe_stats_exit(&stats);
	vfe_stats_exit(&stats);
}

static struct kunit_case regs_cases[] = {
	KUNIT_CASE(regs_widths),
	KUNIT_CASE(regs_config),
	KUNIT_CASE(regs_notify),
	KUNIT_CASE(regs_write64),
	KUNIT_CASE(regs_words),
	KUNIT_CASE(regs_string_register),
	KUNIT_CASE(regs_string_range),
	KUNIT_CASE(regs_string_port),
	KUNIT_CASE(regs_mapped_window),
	KUNIT_CASE(regs_names),
	KUNIT_CASE(regs_exit_twice),
	{}
};

VFE_SUITE(regs_cases);
