// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of configuration space and BARs: which bits can be written, the
 * window of virtio 1.4, 4.1.4.9, function level reset, and that each access to
 * a register counts once and reads as many bits as it has.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <string.h>

#include "client.h"
#include "rng/rng.h"
#include "scsi/scsi.h"

#define EXPRESS		0x54
#define PCI_CFG		0xe8
#define CFG_BAR		(PCI_CFG + offsetof(struct virtio_pci_cap, bar))
#define CFG_OFFSET	(PCI_CFG + offsetof(struct virtio_pci_cap, offset))
#define CFG_LENGTH	(PCI_CFG + offsetof(struct virtio_pci_cap, length))
#define CFG_DATA	(PCI_CFG + \
			 offsetof(struct virtio_pci_cfg_cap, pci_cfg_data))

static uint32_t config_get(struct client *c, uint32_t offset, size_t size)
{
	uint32_t value = 0;

	pci_config_read(c->f.pci, offset, &value, size);
	return value;
}

static void config_set(struct client *c, uint32_t offset, size_t size,
		       uint32_t value)
{
	function_config_write(&c->f, offset, &value, size);
}

static void stock(struct options *o)
{
	o->stock = true;
	o->msix = false;
}

static void entropy(struct options *o)
{
	static struct rng_options rng_options;

	o->class = &rng_class;
	o->of_class = &rng_options;
	o->queues = 1;
	o->map_doorbell = true;
}

static void scsi_host(struct options *o)
{
	static struct scsi_options no_units;

	o->class = &scsi_class;
	o->of_class = &no_units;
	o->queues = 3;
	o->stock = true;
}

static void check_vendor_cap(struct client *c, uint32_t at)
{
	bool window = c->o.class->window;
	struct vfe_vendor_cap cap;

	pci_config_read(c->f.pci, at, &cap, sizeof(cap));
	CHECK_EQ(cap.cap_len, sizeof(cap));
	CHECK_EQ(cap.vendor_id, VFE_CAP_VENDOR_ID);
	CHECK_EQ(cap.version, VFE_CAP_VERSION);
	CHECK_EQ(cap.magic, VFE_CAP_MAGIC);
	CHECK_EQ(cap.mapped, c->o.map_doorbell ? 1U << VFE_WIN_NOTIFY : 0);
	CHECK_EQ(cap.port_bar, window ? VFE_BAR_PORT : 0xff);
	CHECK_EQ(cap.memory_bar, window ? VFE_BAR_MEMORY : 0xff);
}

static void check_structure(struct client *c, uint32_t at)
{
	static const uint32_t places[] = {
		[VIRTIO_PCI_CAP_COMMON_CFG] = VFE_COMMON_OFFSET,
		[VIRTIO_PCI_CAP_NOTIFY_CFG] = VFE_NOTIFY_OFFSET,
		[VIRTIO_PCI_CAP_ISR_CFG] = VFE_ISR_OFFSET,
		[VIRTIO_PCI_CAP_DEVICE_CFG] = VFE_DEVICE_OFFSET,
	};
	struct virtio_pci_notify_cap cap;

	pci_config_read(c->f.pci, at, &cap, sizeof(cap));
	CHECK_EQ(cap.cap.bar, VFE_BAR_VIRTIO);
	CHECK_EQ(cap.cap.offset, places[cap.cap.cfg_type]);
	CHECK_EQ(cap.cap.length, VFE_STRUCT_SIZE);
	if (cap.cap.cfg_type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		CHECK_EQ(cap.notify_off_multiplier, VFE_NOTIFY_MULTIPLIER);
}

/* Walk the list. Return: a bit for each capability and structure in it */
static uint32_t check_caps(struct client *c)
{
	uint32_t at = config_get(c, PCI_CAPABILITY_LIST, 1), seen = 0;

	for (int i = 0; at && i < 16; i++) {
		uint32_t id = config_get(c, at, 1);
		uint32_t type = config_get(c, at + 3, 1);

		CHECK(at >= 0x40 && !(at & 3));
		if (id == PCI_CAP_ID_VNDR && type == VFE_CAP_CFG_TYPE)
			check_vendor_cap(c, at);
		else if (id == PCI_CAP_ID_VNDR &&
			 type != VIRTIO_PCI_CAP_PCI_CFG)
			check_structure(c, at);
		else if (id == PCI_CAP_ID_MSIX)
			CHECK_EQ(config_get(c, at + PCI_MSIX_FLAGS, 2) &
				 PCI_MSIX_FLAGS_QSIZE, options_queues(&c->o));
		seen |= 1U << (id == PCI_CAP_ID_VNDR ? type : id + 8);
		at = config_get(c, at + PCI_CAP_LIST_NEXT, 1);
	}
	return seen;
}

/* Who the device says it is, by class and --id, and all its capabilities */
static void test_identity(void)
{
	static const struct {
		void (*change)(struct options *o);
		uint16_t device;
		uint32_t class;
	} cases[] = {
		{ NULL, 0x10f2, 0x018000 },
		{ stock, 0x1042, 0x018000 },
		{ entropy, 0x10f4, 0x00ff00 },
		{ scsi_host, 0x1048, 0x010000 },
	};
	/* PM, Express; common, notify, ISR, device, PCI_CFG, the vendor's */
	const uint32_t all = 1U << (PCI_CAP_ID_PM + 8) |
			     1U << (PCI_CAP_ID_EXP + 8) | 0x3e | 1U << 9;
	const uint32_t msix = 1U << (PCI_CAP_ID_MSIX + 8);
	struct client c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		client_open(&c, cases[i].change);
		CHECK_EQ(config_get(&c, PCI_VENDOR_ID, 2), 0x1af4);
		CHECK_EQ(config_get(&c, PCI_DEVICE_ID, 2), cases[i].device);
		CHECK_EQ(config_get(&c, PCI_CLASS_REVISION, 4),
			 cases[i].class << 8 | 1);
		CHECK_EQ(config_get(&c, PCI_SUBSYSTEM_ID, 2), 0x1100);
		CHECK_EQ(config_get(&c, PCI_INTERRUPT_PIN, 1), 1);
		CHECK_EQ(config_get(&c, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
		CHECK_EQ(check_caps(&c), all | (c.o.msix ? msix : 0));
		CHECK_EQ(bar_size(&c.f, VFE_BAR_PORT),
			 c.o.class->window ? VFE_BAR_PORT_SIZE : 0);
		client_close(&c);
	}
}

/* Write ones, then zeroes into all bytes: only writable bits change. */
static void test_writable(struct client *c)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} places[] = {
		{ PCI_COMMAND, PCI_COMMAND + 1 },
		{ PCI_CACHE_LINE_SIZE, PCI_CACHE_LINE_SIZE },
		{ PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_5 + 3 },
		{ PCI_INTERRUPT_LINE, PCI_INTERRUPT_LINE },
		{ 0x44, 0x44 },			/* power state */
		{ 0x4b, 0x4b },			/* MSI-X control */
		{ EXPRESS + PCI_EXP_DEVCTL, EXPRESS + PCI_EXP_DEVCTL + 1 },
		{ EXPRESS + PCI_EXP_LNKCTL, EXPRESS + PCI_EXP_LNKCTL },
		{ EXPRESS + PCI_EXP_DEVCTL2, EXPRESS + PCI_EXP_DEVCTL2 },
		{ CFG_BAR, CFG_BAR },
		{ CFG_OFFSET, CFG_DATA + 3 },
	};
	static uint8_t before[PCI_CONFIG_SIZE], after[PCI_CONFIG_SIZE];

	pci_config_read(c->f.pci, 0, before, sizeof(before));
	for (uint32_t at = 0; at < PCI_CONFIG_SIZE; at++) {
		bool allowed = false, flr = at == EXPRESS + PCI_EXP_DEVCTL + 1;

		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			allowed |= at >= places[i].first &&
				   at <= places[i].last;
		config_set(c, at, 1, flr ? 0x7f : 0xff);
		pci_config_read(c->f.pci, 0, after, sizeof(after));
		CHECK(allowed || !memcmp(before, after, sizeof(before)));
		config_set(c, at, 1, before[at]);
		pci_config_read(c->f.pci, 0, after, sizeof(after));
		CHECK(!memcmp(before, after, sizeof(before)));
	}
}

/* A BAR of all ones says how large it is. */
static void test_bar_sizes(struct client *c)
{
	for (unsigned int bar = 0; bar < PCI_NUM_BARS; bar++) {
		uint32_t at = PCI_BASE_ADDRESS_0 + 4 * bar;
		uint32_t size = bar_size(&c->f, bar);

		config_set(c, at, 4, UINT32_MAX);
		if (bar == VFE_BAR_VIRTIO + 1)	/* the upper half */
			CHECK_EQ(config_get(c, at, 4), UINT32_MAX);
		else
			CHECK_EQ(config_get(c, at, 4) & ~0xfU,
				 size ? ~(size - 1) & ~0xfU : 0);
	}
	CHECK_EQ(bar_size(&c->f, PCI_NUM_BARS), 0);
	CHECK_EQ(bar_size(&c->f, UINT32_MAX), 0);
}

static void point_window(struct client *c, uint8_t bar, uint32_t offset,
			 uint32_t length)
{
	config_set(c, CFG_BAR, 1, bar);
	config_set(c, CFG_OFFSET, 4, offset);
	config_set(c, CFG_LENGTH, 4, length);
}

static void test_window(struct client *c)
{
	point_window(c, VFE_BAR_VIRTIO, 20, 1);
	config_set(c, CFG_DATA, 1, 1);
	CHECK_EQ(vdev_status(c->f.vdev), 1);
	CHECK_EQ(config_get(c, CFG_DATA, 1), 1);
	CHECK_EQ(c->f.counts.reg[VFE_REG_DEVICE_STATUS][VFE_WRITE], 1);
	CHECK_EQ(c->f.counts.reg[VFE_REG_DEVICE_STATUS][VFE_READ], 1);
	/* A dump of everything is no access. */
	config_get(c, CFG_DATA - 1, 4);
	CHECK_EQ(c->f.counts.reg[VFE_REG_DEVICE_STATUS][VFE_READ], 1);
}

static void test_window_nowhere(struct client *c)
{
	static const struct {
		uint8_t bar;
		uint32_t offset;
		uint32_t length;
	} bad[] = {
		{ VFE_BAR_VIRTIO, 0x4000, 4 },
		{ VFE_BAR_VIRTIO, 0x3ffe, 4 },
		{ VFE_BAR_VIRTIO, 0xfffffffc, 4 },
		{ VFE_BAR_VIRTIO, 0, 0 },
		{ VFE_BAR_VIRTIO, 0, 3 },
		{ VFE_BAR_VIRTIO, 0, 8 },
		{ VFE_BAR_VIRTIO, 0, UINT32_MAX },
		{ 3, 0, 4 },
		{ 7, 0, 4 },
		{ 255, 0, 4 },
	};
	struct counts before;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		point_window(c, bad[i].bar, bad[i].offset, bad[i].length);
		before = c->f.counts;
		config_set(c, CFG_DATA, 4, 0x12345678);
		CHECK_EQ(config_get(c, CFG_DATA, 4), 0x12345678);
		CHECK(!memcmp(&before, &c->f.counts, sizeof(before)));
	}
}

static void test_flr(struct client *c)
{
	bar_write(&c->f, VFE_BAR_VIRTIO, 20, 1, 1);
	config_set(c, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	/* The bit at the end, in the middle and at the start of an access */
	for (int back = 0; back < 4; back++) {
		uint8_t bytes[8] = {};

		bar_write(&c->f, VFE_BAR_VIRTIO, 20, 1, 1);
		CHECK_EQ(vdev_status(c->f.vdev), 1);
		bytes[back] = PCI_EXP_DEVCTL_BCR_FLR >> 8;
		function_config_write(&c->f,
				      EXPRESS + PCI_EXP_DEVCTL + 1 - back,
				      bytes, back + 1);
		CHECK_EQ(vdev_status(c->f.vdev), 0);
		CHECK_EQ(config_get(c, PCI_COMMAND, 2), 0);
	}
}

static uint64_t all_counts(const struct counts *c)
{
	uint64_t sum = c->unknown[VFE_READ] + c->unknown[VFE_WRITE];

	for (unsigned int reg = 0; reg < VFE_NUM_REGS; reg++)
		sum += c->reg[reg][VFE_READ] + c->reg[reg][VFE_WRITE];
	return sum;
}

static void count_one(struct client *c, unsigned int bar, uint32_t offset,
		      unsigned int size)
{
	uint64_t before = all_counts(&c->f.counts), value = 0;
	bool fits = offset + size <= bar_size(&c->f, bar);
	unsigned int n = bar == VFE_BAR_MSIX || !fits ? 0 :
			 bar == VFE_BAR_VIRTIO && size == 8 ? 2 : 1;

	CHECK_EQ(bar_read(&c->f, bar, offset, size, &value),
		 fits ? 0 : -EINVAL);
	CHECK_EQ(all_counts(&c->f.counts) - before, n);
	CHECK(size == 8 || !(value >> (8 * size)));
	/* 4.1.3.1: 8 bytes there are two accesses of 4. */
	if (offset % (n == 2 ? 4 : size) && n)
		CHECK_EQ(value, UINT64_MAX >> (64 - 8 * size));
	CHECK_EQ(bar_write(&c->f, bar, offset, size, value),
		 fits ? 0 : -EINVAL);
	CHECK_EQ(all_counts(&c->f.counts) - before, 2 * n);
}

/* Every offset of every BAR in every size, read and written back */
static void test_every_access(struct client *c)
{
	for (unsigned int bar = 0; bar < PCI_NUM_BARS; bar++) {
		for (uint32_t at = 0; at < bar_size(&c->f, bar); at++) {
			for (unsigned int size = 1; size <= 8; size *= 2)
				count_one(c, bar, at, size);
		}
	}
}

const struct test pci_tests[] = {
	{ "identity and capabilities", .run = test_identity },
	{ "bytes of configuration space that change",
	  .on_client = test_writable },
	{ "BARs say their size", .on_client = test_bar_sizes },
	{ "the window into the BARs", .on_client = test_window },
	{ "the window that points nowhere", .on_client = test_window_nowhere },
	{ "function level reset by any access", .on_client = test_flr },
	{ "every access to every BAR counts once",
	  .on_client = test_every_access },
	{ }
};
