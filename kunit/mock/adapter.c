// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of a SCSI host in memory, with the layout of
 * include/vfe/wire_window_scsi.h: FIFOs for a CDB, data and sense data. All of
 * it runs under the function's lock, inside the access that causes it.
 */
#include <linux/unaligned.h>
#include <scsi/scsi_proto.h>

#include "internal.h"

bool vfe_mock_adapter_line(const struct vfe_mock_impl *impl)
{
	const struct vfe_mock_adapter *ad = impl->adapter;

	return ad && ad->irq_enabled && ad->irq_pending;
}

static void adapter_interrupt(struct vfe_mock_impl *impl)
{
	impl->adapter->irq_pending = true;
	if (vfe_mock_adapter_line(impl))
		impl->todo |= VFE_MOCK_TODO_LINE;
}

void vfe_mock_adapter_reset(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	if (!ad)
		return;
	ad->irq_enabled = false;
	ad->irq_pending = false;
	ad->phase = 0;
	ad->address = 0;
	ad->count = 0;
	ad->cdb_words = 0;
	ad->command = 0;
	ad->state = 0;
	ad->moved = 0;
	ad->sense_next = 0;
	ad->resets++;
}

/* --- the end of a command --- */

static void adapter_refuse(struct vfe_mock_impl *impl, u8 error)
{
	impl->adapter->state = VFE_STATUS_ERR | error << VFE_SCSI_STATUS_ERROR;
	adapter_interrupt(impl);
}

static void adapter_check(struct vfe_mock_adapter *ad, u8 status, u8 len)
{
	ad->state |= status << VFE_SCSI_STATUS_SCSI |
		     (u32)len << VFE_SCSI_STATUS_SENSE;
}

/* CHECK CONDITION, with sense data in fixed format */
static void adapter_sense(struct vfe_mock_adapter *ad, u8 key, u8 asc)
{
	ad->sense[0] = 0x70;
	ad->sense[2] = key;
	ad->sense[7] = 10;
	ad->sense[12] = asc;
	adapter_check(ad, SAM_STAT_CHECK_CONDITION, 18);
}

/* The driver reads @len bytes from the data FIFO. */
static void adapter_send(struct vfe_mock_adapter *ad, u32 len)
{
	ad->moved = len;
	ad->words = DIV_ROUND_UP(len, sizeof(__le32));
	ad->next = 0;
	ad->phase = len ? ad->command : 0;
}

/* Parameter data, of which the command wants @wanted bytes */
static void adapter_answer(struct vfe_mock_adapter *ad, const void *data,
			   u32 len, u32 wanted)
{
	len = min3(len, wanted, ad->count);
	memcpy(ad->fifo, data, len);
	adapter_send(ad, len);
}

/* --- SCSI commands --- */

static bool adapter_has(const struct vfe_mock_adapter *ad, u32 address,
			u32 mask)
{
	unsigned int i;

	for (i = 0; i < ad->num_units; i++)
		if ((ad->units[i] & mask) == (address & mask))
			return true;
	return false;
}

static void adapter_luns(struct vfe_mock_adapter *ad)
{
	u8 list[8 + 8 * VFE_MOCK_ADAPTER_UNITS] = {};
	unsigned int i, n = 0;

	ad->luns++;
	for (i = 0; i < ad->num_units; i++) {
		u16 unit = ad->units[i];

		if (ad->units[i] >> 16 != ad->address >> 16)
			continue;
		put_unaligned_be16(unit | (unit >= 256 ? 0x4000 : 0),
				   list + 8 + 8 * n++);
	}
	put_unaligned_be32(8 * n, list);
	adapter_answer(ad, list, 8 + 8 * n, get_unaligned_be32(ad->last + 6));
}

static void adapter_inquiry(struct vfe_mock_adapter *ad, bool there)
{
	u8 data[36] = { there ? TYPE_DISK : 0x7f, 0, 5, 2, 31 };

	if (ad->last[1] & 1) {
		adapter_sense(ad, ILLEGAL_REQUEST, 0x24);
		return;
	}
	memcpy(data + 8, "vfe     mock            0001", 28);
	adapter_answer(ad, data, sizeof(data), get_unaligned_be16(ad->last + 3));
}

static void adapter_capacity(struct vfe_mock_adapter *ad)
{
	u8 data[8];

	put_unaligned_be32(VFE_MOCK_ADAPTER_BLOCKS - 1, data);
	put_unaligned_be32(512, data + 4);
	adapter_answer(ad, data, sizeof(data), sizeof(data));
}

static void adapter_transfer(struct vfe_mock_adapter *ad, bool write)
{
	u32 at = get_unaligned_be32(ad->last + 2) * 512;
	u32 len = get_unaligned_be16(ad->last + 7) * 512;
	u32 moved = len - min(len, ad->less);

	if (at + len > sizeof(ad->data) || len > ad->count) {
		adapter_sense(ad, ILLEGAL_REQUEST, 0x21);
		return;
	}
	if (ad->status) {
		ad->sense[0] = 0x70;
		ad->sense[2] = MEDIUM_ERROR;
		adapter_check(ad, ad->status, ad->sense_len);
	}
	if (write)
		memcpy(ad->data + at, ad->fifo, moved);
	else
		memcpy(ad->fifo, ad->data + at, moved);
	if (write)
		ad->moved = moved;
	else
		adapter_send(ad, moved);
}

static void adapter_run(struct vfe_mock_adapter *ad)
{
	bool there = adapter_has(ad, ad->address, U32_MAX);

	switch (ad->last[0]) {
	case REPORT_LUNS:
		adapter_luns(ad);
		break;
	case INQUIRY:
		adapter_inquiry(ad, there);
		break;
	case READ_CAPACITY:
		adapter_capacity(ad);
		break;
	case TEST_UNIT_READY:
	case SYNCHRONIZE_CACHE:
	case START_STOP:
		break;
	case READ_10:
	case WRITE_10:
		adapter_transfer(ad, ad->last[0] == WRITE_10);
		break;
	default:
		adapter_sense(ad, ILLEGAL_REQUEST, 0x20);
	}
}

static void adapter_execute(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	ad->commands++;
	adapter_run(ad);
	if (ad->command != VFE_SCSI_CMD_SELECT && ad->moved < ad->count)
		ad->state |= VFE_SCSI_STATUS_SHORT;
	adapter_interrupt(impl);
}

/* --- commands of the window --- */

static void adapter_identify(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;
	struct vfe_scsi_identity id = {
		.magic = cpu_to_le32(VFE_SCSI_IDENTITY_MAGIC),
		.version = cpu_to_le32(VFE_SCSI_IDENTITY_VERSION),
		.max_count = cpu_to_le32(ad->max_count),
	};
	unsigned int i, target;

	for (i = 0; i < ad->num_units; i++) {
		target = ad->units[i] >> 16;
		id.targets[target / 32] |= cpu_to_le32(BIT(target % 32));
	}
	memcpy(ad->fifo, &id, sizeof(id));
	adapter_send(ad, sizeof(id));
	adapter_interrupt(impl);
}

static bool adapter_is_transfer(const struct vfe_mock_adapter *ad)
{
	return ad->last[0] == READ_10 || ad->last[0] == WRITE_10;
}

static void adapter_start_cdb(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	memset(ad->last, 0, sizeof(ad->last));
	memcpy(ad->last, ad->cdb, ad->cdb_words * sizeof(__le32));
	ad->last_words = ad->cdb_words;
	ad->cdb_words = 0;
	if (!ad->last_words)
		vfe_mock_offend(&impl->m, "memory_command: without a CDB");
	if (ad->command != VFE_SCSI_CMD_SELECT &&
	    (!ad->count || ad->count > ad->max_count))
		vfe_mock_offend(&impl->m,
				"memory_command: count is 0 or too large");
	if (ad->error && adapter_is_transfer(ad)) {
		adapter_refuse(impl, ad->error);
	} else if (!adapter_has(ad, ad->address, 0xffff0000)) {
		adapter_refuse(impl, VFE_SCSI_ERR_TARGET);
	} else if (ad->command == VFE_SCSI_CMD_OUT) {
		ad->words = DIV_ROUND_UP(ad->count, sizeof(__le32));
		ad->next = 0;
		ad->phase = ad->command;
	} else {
		adapter_execute(impl);
	}
}

static void adapter_reset_unit(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	ad->reset_address = ad->address;
	if (!adapter_has(ad, ad->address, U32_MAX)) {
		adapter_refuse(impl, VFE_SCSI_ERR_TARGET);
		return;
	}
	ad->unit_resets++;
	adapter_interrupt(impl);
}

static void adapter_command(struct vfe_mock_impl *impl, u32 command)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	if (ad->phase) {
		vfe_mock_offend(&impl->m,
				"memory_command: written while a command is under way");
		return;
	}
	ad->command = command;
	ad->state = 0;
	ad->moved = 0;
	ad->sense_next = 0;
	memset(ad->sense, 0, sizeof(ad->sense));
	if (impl->m.knobs.mute) {
		ad->cdb_words = 0;
		return;
	}
	switch (command) {
	case VFE_SCSI_CMD_SELECT:
	case VFE_SCSI_CMD_IN:
	case VFE_SCSI_CMD_OUT:
		adapter_start_cdb(impl);
		break;
	case VFE_SCSI_CMD_IDENTIFY:
		adapter_identify(impl);
		break;
	case VFE_SCSI_CMD_RESET_UNIT:
		adapter_reset_unit(impl);
		break;
	case VFE_SCSI_CMD_RESET_BUS:
		ad->bus_resets++;
		adapter_interrupt(impl);
		break;
	default:
		vfe_mock_offend(&impl->m, "memory_command: no such command");
		adapter_refuse(impl, VFE_SCSI_ERR_COMMAND);
	}
}

/* --- registers --- */

static u32 adapter_status(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;
	u32 status = ad->state |
		     (ad->phase ? VFE_STATUS_BUSY | VFE_STATUS_DRQ :
				  VFE_STATUS_READY);

	if (ad->irq_pending)
		status |= VFE_STATUS_IRQ;
	ad->irq_pending = false;
	return status;
}

static u32 adapter_read_data(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;
	u32 word;

	if (!ad->phase || ad->phase == VFE_SCSI_CMD_OUT) {
		vfe_mock_offend(&impl->m,
				"memory_data: read while there are no words to read");
		return U32_MAX;
	}
	word = get_unaligned_le32(ad->fifo + 4 * ad->next++);
	if (ad->next == ad->words)
		ad->phase = 0;
	return word;
}

static void adapter_write_data(struct vfe_mock_impl *impl, u32 word)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	if (ad->phase != VFE_SCSI_CMD_OUT) {
		vfe_mock_offend(&impl->m,
				"memory_data: written while no words are expected");
		return;
	}
	put_unaligned_le32(word, ad->fifo + 4 * ad->next++);
	if (ad->next < ad->words)
		return;
	ad->phase = 0;
	adapter_execute(impl);
}

static u32 adapter_read_sense(struct vfe_mock_impl *impl)
{
	struct vfe_mock_adapter *ad = impl->adapter;
	u32 word;

	if (ad->sense_next >= ad->state >> VFE_SCSI_STATUS_SENSE) {
		vfe_mock_offend(&impl->m, "memory_sense: read while it is empty");
		return U32_MAX;
	}
	word = get_unaligned_le32(ad->sense + ad->sense_next);
	ad->sense_next += sizeof(word);
	return word;
}

static void adapter_write_cdb(struct vfe_mock_impl *impl, u32 word)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	if (ad->cdb_words == VFE_SCSI_WINDOW_CDB)
		vfe_mock_offend(&impl->m, "memory_cdb: the FIFO overflows");
	else
		ad->cdb[ad->cdb_words++] = cpu_to_le32(word);
}

static void adapter_control(struct vfe_mock_impl *impl, u32 val)
{
	if (val & VFE_CONTROL_RESET)
		vfe_mock_adapter_reset(impl);
	impl->adapter->irq_enabled = val & VFE_CONTROL_IRQ_ENABLE;
	if (vfe_mock_adapter_line(impl))
		impl->todo |= VFE_MOCK_TODO_LINE;
}

u32 vfe_mock_adapter_read(struct vfe_mock_impl *impl,
			  const struct vfe_mock_access *a)
{
	const struct vfe_mock_adapter *ad = impl->adapter;

	switch (a->reg) {
	case VFE_REG_SCSI_MEMORY_ADDRESS:
		return ad->address;
	case VFE_REG_SCSI_MEMORY_COUNT:
		return ad->moved;
	case VFE_REG_SCSI_MEMORY_CDB:
		return ad->cdb_words;
	case VFE_REG_SCSI_MEMORY_COMMAND:
		return ad->command;
	case VFE_REG_SCSI_MEMORY_STATUS:
		return adapter_status(impl);
	case VFE_REG_SCSI_MEMORY_SENSE:
		return adapter_read_sense(impl);
	case VFE_REG_SCSI_MEMORY_CONTROL:
		return ad->irq_enabled ? VFE_CONTROL_IRQ_ENABLE : 0;
	default:
		return adapter_read_data(impl);
	}
}

void vfe_mock_adapter_write(struct vfe_mock_impl *impl,
			    const struct vfe_mock_access *a)
{
	struct vfe_mock_adapter *ad = impl->adapter;

	switch (a->reg) {
	case VFE_REG_SCSI_MEMORY_ADDRESS:
		ad->address = a->val;
		break;
	case VFE_REG_SCSI_MEMORY_COUNT:
		ad->count = a->val;
		break;
	case VFE_REG_SCSI_MEMORY_CDB:
		adapter_write_cdb(impl, a->val);
		break;
	case VFE_REG_SCSI_MEMORY_COMMAND:
		adapter_command(impl, a->val);
		break;
	case VFE_REG_SCSI_MEMORY_CONTROL:
		adapter_control(impl, a->val);
		break;
	case VFE_REG_SCSI_MEMORY_STATUS:
	case VFE_REG_SCSI_MEMORY_SENSE:
		vfe_mock_offend(&impl->m, "a read-only register was written");
		break;
	default:
		adapter_write_data(impl, a->val);
	}
}
