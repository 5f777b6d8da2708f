// SPDX-License-Identifier: GPL-2.0
/*
 * The common configuration structure, register by register (virtio 1.4,
 * 4.1.4.3). Each register is accessed in its own width; another width reads as
 * ones and is ignored on write. Gaps between and after registers, and registers
 * of features that were never offered, read as zero.
 */
#include "virtio/virtio.h"

#define STATUS_KNOWN (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
		      VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_FEATURES_OK | \
		      VIRTIO_CONFIG_S_FAILED)

/* Return: NULL if no register begins at @offset */
static const struct register_info *find_register(uint32_t offset)
{
	for (unsigned int i = 0; i < VFE_NUM_REGS; i++) {
		const struct register_info *r = &register_table[i];

		if (r->window == VFE_WIN_COMMON && r->offset == offset)
			return r;
	}
	return NULL;
}

static enum vfe_reg id_of(const struct register_info *r)
{
	return r - register_table;
}

/* 4.1.4.3.1: NULL for a queue that does not exist */
static struct queue *selected(const struct vdev *v)
{
	if (v->queue_select >= v->num_queues)
		return NULL;
	return &v->queues[v->queue_select];
}

static uint32_t word(uint64_t value, uint32_t select)
{
	return select < 2 ? value >> (32 * select) : 0;
}

static void set_word(uint64_t *value, uint32_t select, uint32_t to)
{
	uint64_t mask = 0xffffffffULL << (32 * select);

	*value = (*value & ~mask) | (uint64_t)to << (32 * select);
}

/* A register's part of a set of features; see FEATURE_HIGH() */
static uint32_t feature_word(uint64_t set, uint32_t select)
{
	uint64_t high = (uint64_t)FEATURE_HIGH_MASK << FEATURE_HIGH_SHIFT;

	switch (select) {
	case 0:
		return set;
	case 1:
		return (set & ~high) >> 32;
	case 2:
		return (set & high) >> FEATURE_HIGH_SHIFT;
	default:
		return 0;
	}
}

static uint64_t feature_set(const uint32_t written[FEATURE_WORDS])
{
	uint64_t high = written[2] & FEATURE_HIGH_MASK;
	uint64_t set = written[0] | (uint64_t)written[1] << 32;

	set &= ~((uint64_t)FEATURE_HIGH_MASK << FEATURE_HIGH_SHIFT);
	return set | high << FEATURE_HIGH_SHIFT;
}

static enum queue_part part_of(enum vfe_reg id)
{
	return (id - VFE_REG_QUEUE_DESC_LO) / 2;
}

static uint32_t half_of(enum vfe_reg id)
{
	return (id - VFE_REG_QUEUE_DESC_LO) % 2;
}

static uint32_t size_read(const struct queue *q)
{
	if (vdev_fault(q->v, FAULT_QUEUE_SIZE_ZERO))
		return 0;
	/* Turn any size into one that is no power of two. */
	return q->size | (vdev_fault(q->v, FAULT_QUEUE_SIZE_ODD) ? 3 : 0);
}

static uint32_t notify_off_read(const struct queue *q)
{
	if (quirk_on(q->v, QUIRK_SHARED_NOTIFY))
		return 0;
	if (vdev_fault(q->v, FAULT_NOTIFY_OFFSET))
		return VFE_STRUCT_SIZE / VFE_NOTIFY_MULTIPLIER + q->index;
	return q->index;
}

static uint32_t queue_read(const struct vdev *v, enum vfe_reg id)
{
	const struct queue *q = selected(v);

	/* 4.1.4.3.1: size 0 means that the queue is not available. */
	if (!q)
		return id == VFE_REG_QUEUE_MSIX_VECTOR ?
		       VIRTIO_MSI_NO_VECTOR : 0;
	switch (id) {
	case VFE_REG_QUEUE_SIZE:
		return size_read(q);
	case VFE_REG_QUEUE_MSIX_VECTOR:
		return q->vector;
	case VFE_REG_QUEUE_ENABLE:
		return quirk_queue_enabled(q);
	case VFE_REG_QUEUE_NOTIFY_OFF:
		return notify_off_read(q);
	case VFE_REG_QUEUE_DESC_LO ... VFE_REG_QUEUE_DEVICE_HI:
		return word(q->addr[part_of(id)], half_of(id));
	case VFE_REG_QUEUE_NOTIF_CONFIG_DATA:
		/* 4.1.4.3: exists only if negotiated */
		return vdev_has(v, VIRTIO_F_NOTIF_CONFIG_DATA) ?
		       vdev_notify_value(v, q->index) : 0;
	case VFE_REG_QUEUE_RESET:
		/* 4.1.4.3.1: 1 until the reset has ended */
		return q->state == QUEUE_RESETTING;
	default:
		return 0;
	}
}

static uint32_t generation_read(struct vdev *v)
{
	if (quirk_on(v, QUIRK_FIXED_GENERATION))
		return 0;
	return vdev_fault(v, FAULT_GENERATION) ? v->generation++ :
	       v->generation;
}

static uint32_t register_read(struct vdev *v, enum vfe_reg id)
{
	switch (id) {
	case VFE_REG_DEVICE_FEATURE_SELECT:
		return v->device_select;
	case VFE_REG_DEVICE_FEATURE:
		return feature_word(v->offered, v->device_select);
	case VFE_REG_DRIVER_FEATURE_SELECT:
		return v->driver_select;
	case VFE_REG_DRIVER_FEATURE:
		return v->driver_select < FEATURE_WORDS ?
		       v->written[v->driver_select] : 0;
	case VFE_REG_CONFIG_MSIX_VECTOR:
		return v->config_vector;
	case VFE_REG_NUM_QUEUES:
		return v->num_queues;
	case VFE_REG_DEVICE_STATUS:
		return quirk_status(v);
	case VFE_REG_CONFIG_GENERATION:
		return generation_read(v);
	case VFE_REG_QUEUE_SELECT:
		return v->queue_select;
	default:
		return queue_read(v, id);
	}
}

uint32_t common_read(struct vdev *v, uint32_t offset, unsigned int size)
{
	const struct register_info *r = find_register(offset);

	if (!r)
		return 0;
	if (size != r->size) {
		log_line("%s: read of %u bytes: the register has %u",
			 r->name, size, r->size);
		return 0xffffffffU;
	}
	return register_read(v, id_of(r));
}

/* 4.1.5.1.2.1: a vector outside the table reads back as NO_VECTOR. */
static uint16_t checked_vector(struct vdev *v, const char *name,
			       uint32_t vector, enum device_fault fault)
{
	unsigned int vectors = v->o->msix ? options_queues(v->o) + 1 : 0;

	if (vdev_fault(v, fault))
		vectors = 0;
	if (vector < vectors || vector == VIRTIO_MSI_NO_VECTOR)
		return vector;
	log_line("%s: vector %u refused: the device has %u", name, vector,
		 vectors);
	return VIRTIO_MSI_NO_VECTOR;
}

static void set_driver_feature(struct vdev *v, uint32_t value)
{
	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK) {
		/* 3.1.1: no new features after FEATURES_OK */
		log_line("driver_feature: write of 0x%x ignored: FEATURES_OK is set",
			 value);
		return;
	}
	if (v->driver_select < 2 || feature_word(v->offered, v->driver_select)) {
		v->written[v->driver_select] = value;
		v->features = feature_set(v->written);
	} else if (value) {
		log_line("driver_feature: 0x%x in word %u ignored: nothing is offered there",
			 value, v->driver_select);
	}
}

/* Return: whether a feature was written that is not offered */
static bool has_extra(const struct vdev *v)
{
	for (unsigned int i = 0; i < FEATURE_WORDS; i++) {
		uint32_t offered = feature_word(v->offered, i);

		if (!(v->written[i] & ~offered))
			continue;
		log_line("FEATURES_OK refused: features 0x%x of word %u were not offered (0x%x are)",
			 v->written[i] & ~offered, i, offered);
		return true;
	}
	return false;
}

/* 2.2.2: refuse features that were not offered, or that miss a dependency. */
static bool accept_features(struct vdev *v)
{
	const char *lacks;

	if (has_extra(v))
		return false;
	/* 6.2: without VERSION_1 there is no interface. */
	if (!vdev_has(v, VIRTIO_F_VERSION_1)) {
		log_line("FEATURES_OK refused: features 0x%llx lack VERSION_1",
			 (unsigned long long)v->features);
		return false;
	}
	lacks = v->class->lacks ? v->class->lacks(v) : NULL;
	if (lacks) {
		log_line("FEATURES_OK refused: features 0x%llx lack %s",
			 (unsigned long long)v->features, lacks);
		return false;
	}
	vdev_features_accepted(v);
	return true;
}

static void set_status(struct vdev *v, uint32_t value)
{
	uint8_t fresh = value & STATUS_KNOWN & ~v->status;

	if (!value) {
		quirk_reset_begins(v);
		vdev_reset(v);
		return;
	}
	if (fresh & VIRTIO_CONFIG_S_FEATURES_OK && !accept_features(v))
		fresh &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	/* 2.1.1: a driver clears no bit but by reset. */
	v->status |= fresh & ~VIRTIO_CONFIG_S_DRIVER_OK;
	if (!(fresh & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	if (!(v->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		log_line("device_status: DRIVER_OK ignored: FEATURES_OK is not set");
		return;
	}
	v->status |= VIRTIO_CONFIG_S_DRIVER_OK;
	/* 2.1.2: report only now what broke before. */
	if (v->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		vdev_config_interrupt(v);
	vdev_started(v);
}

static void set_queue_size(struct queue *q, uint32_t size)
{
	const struct ring_ops *ring = q->v->ring;

	/*
	 * 4.1.4.3.2: a size that the layout allows, up to the device's maximum
	 */
	if (!ring->is_size(size) || size > q->v->o->queue_size) {
		log_line("queue %u: queue_size %u ignored: not %s up to %u",
			 q->index, size, ring->size_rule,
			 q->v->o->queue_size);
		return;
	}
	q->size = size;
}

static void enable_queue(struct queue *q, uint32_t value)
{
	if (value != 1) {
		log_line("queue %u: queue_enable %u ignored: only 1 may be written",
			 q->index, value);
		return;
	}
	if (!ring_check(q)) {
		vdev_break(q->v);
		return;
	}
	q->state = QUEUE_ENABLED;
	/* If unmapped, the ring waits for the first pass. */
	if (q->v->o->poll && q->v->master)
		q->v->ring->silence(q);
	vdev_started(q->v);
}

/* 2.6.1.1.1: complete when this returns, with all initial values */
static void reset_queue(struct queue *q, uint32_t value)
{
	if (!vdev_has(q->v, VIRTIO_F_RING_RESET) || value != 1 ||
	    q->state == QUEUE_RESETTING) {
		log_line("queue %u: queue_reset %u ignored: only 1, with RING_RESET, and once",
			 q->index, value);
		return;
	}
	vdev_queue_reset(q);
}

static void queue_write(struct vdev *v, const struct register_info *r,
			uint32_t value)
{
	struct queue *q = selected(v);

	if (!q) {
		log_line("%s: write of 0x%x ignored: there is no queue %u",
			 r->name, value, v->queue_select);
		return;
	}
	if (id_of(r) == VFE_REG_QUEUE_MSIX_VECTOR) {
		q->vector = checked_vector(v, r->name, value,
					   FAULT_QUEUE_VECTOR);
		return;
	}
	if (id_of(r) == VFE_REG_QUEUE_RESET) {
		reset_queue(q, value);
		return;
	}
	/* 4.1.4.3.2: all other fields come before queue_enable. */
	if (q->state != QUEUE_CONFIG) {
		log_line("queue %u: %s: write of 0x%x ignored: the queue is enabled, or being reset",
			 q->index, r->name, value);
		return;
	}
	switch (id_of(r)) {
	case VFE_REG_QUEUE_SIZE:
		set_queue_size(q, value);
		break;
	case VFE_REG_QUEUE_ENABLE:
		enable_queue(q, value);
		break;
	default:
		set_word(&q->addr[part_of(id_of(r))], half_of(id_of(r)),
			 value);
	}
}

static void register_write(struct vdev *v, const struct register_info *r,
			   uint32_t value)
{
	switch (id_of(r)) {
	case VFE_REG_DEVICE_FEATURE_SELECT:
		v->device_select = value;
		break;
	case VFE_REG_DRIVER_FEATURE_SELECT:
		v->driver_select = value;
		break;
	case VFE_REG_DRIVER_FEATURE:
		set_driver_feature(v, value);
		break;
	case VFE_REG_CONFIG_MSIX_VECTOR:
		v->config_vector = checked_vector(v, r->name, value,
						  FAULT_CONFIG_VECTOR);
		break;
	case VFE_REG_DEVICE_STATUS:
		set_status(v, value);
		break;
	case VFE_REG_QUEUE_SELECT:
		v->queue_select = value;
		break;
	case VFE_REG_QUEUE_SIZE:
	case VFE_REG_QUEUE_MSIX_VECTOR:
	case VFE_REG_QUEUE_ENABLE:
	case VFE_REG_QUEUE_DESC_LO ... VFE_REG_QUEUE_DEVICE_HI:
	case VFE_REG_QUEUE_RESET:
		queue_write(v, r, value);
		break;
	default:
		log_line("%s: write of 0x%x ignored: the register is read-only",
			 r->name, value);
	}
}

void common_write(struct vdev *v, uint32_t offset, unsigned int size,
		  uint32_t value)
{
	const struct register_info *r = find_register(offset);

	if (!r || size != r->size) {
		log_line("common configuration: write of %u bytes at %u ignored: no such register",
			 size, offset);
		return;
	}
	if (quirk_resetting(v)) {
		log_line("%s: write of 0x%x ignored: the device is being reset",
			 r->name, value);
		return;
	}
	register_write(v, r, value);
}
