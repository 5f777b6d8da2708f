// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: accesses of every kind to the BARs and to configuration space,
 * as they come from a client. The input is a list of accesses: a byte with
 * direction, region and size, an offset, and for writes a value. Each access
 * is counted once, and a reset brings everything back.
 */
#include <string.h>

#include "world.h"

#define CONFIG		7

struct access {
	bool write;
	unsigned int region;
	unsigned int size;
	uint32_t offset;
	uint64_t value;
};

/* Registers by number reach far sooner than any offset does. */
static void take_register(struct input *in, struct access *a)
{
	const struct register_info *r =
		&register_table[take8(in) % VFE_NUM_OWN_REGS];

	a->region = window_table[r->window].bar;
	a->offset = window_table[r->window].offset + r->offset;
	a->size = r->size > 4 ? 4 : r->size;
}

static struct access take_access(struct input *in)
{
	uint8_t how = take8(in);
	struct access a = {
		.write = how & 1,
		.region = (how >> 1) & 7,
		.size = 1U << ((how >> 4) & 3),
	};

	if (how & 0x80)
		take_register(in, &a);
	else
		a.offset = take16(in);
	if (a.write)
		a.value = how & 0x40 ? take32(in) : take8(in);
	return a;
}

static uint64_t counted(const struct counts *c)
{
	uint64_t sum = 0;

	for (unsigned int dir = 0; dir < VFE_NUM_DIRS; dir++) {
		sum += c->unknown[dir];
		for (unsigned int reg = 0; reg < VFE_NUM_REGS; reg++)
			sum += c->reg[reg][dir];
	}
	return sum;
}

/* How many register accesses an access to a BAR is; 4.1.3.1 */
static unsigned int expected(const struct access *a, int ret)
{
	if (ret || a->region == VFE_BAR_MSIX)
		return 0;
	return a->region == VFE_BAR_VIRTIO && a->size == 8 ? 2 : 1;
}

static void bar_access(struct function *f, struct access *a)
{
	uint64_t before = counted(&f->counts), after;
	int ret;

	if (a->write)
		ret = bar_write(f, a->region, a->offset, a->size, a->value);
	else
		ret = bar_read(f, a->region, a->offset, a->size, &a->value);
	after = counted(&f->counts);
	if (after - before != expected(a, ret))
		fail("BAR %u, offset %#x, %u bytes: counted %llu times",
		     a->region, a->offset, a->size,
		     (unsigned long long)(after - before));
	if (!ret && !a->write && a->size < 8 && a->value >> (8 * a->size))
		fail("BAR %u, offset %#x: %u bytes read as %#llx", a->region,
		     a->offset, a->size, (unsigned long long)a->value);
}

/* As the message layer does, within the space and in one piece */
static void config_access(struct function *f, struct access *a)
{
	uint8_t data[8];

	a->offset %= PCI_CONFIG_SIZE;
	if (a->size > PCI_CONFIG_SIZE - a->offset)
		a->size = PCI_CONFIG_SIZE - a->offset;
	memcpy(data, &a->value, sizeof(data));
	if (a->write)
		function_config_write(f, a->offset, data, a->size);
	else
		pci_config_read(f->pci, a->offset, data, a->size);
}

static void work_pending(struct function *f)
{
	/* The loop would poll doorbells; there are no kicks here. */
	for (unsigned int i = 0; i < 4 && vdev_wants_poll(f->vdev); i++)
		vdev_poll(f->vdev);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct function *f = world_function(false);
	struct input in = { data, size };

	world_map_all(f);
	while (in.left) {
		struct access a = take_access(&in);

		if (a.region == CONFIG)
			config_access(f, &a);
		else
			bar_access(f, &a);
		work_pending(f);
	}
	function_reset(f);
	world_check_power_on(f);
	world_check_serves(f, false);
	return 0;
}
