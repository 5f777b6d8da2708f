/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SCSI command, apart from the way by which it came: a request queue, or
 * whatever else has a CDB and data.
 */
#ifndef COMMAND_OF_UNIT_H
#define COMMAND_OF_UNIT_H

#include "scsi/scsi.h"

enum scsi_status {
	STATUS_GOOD = 0x00,
	STATUS_CHECK = 0x02,
	STATUS_BUSY = 0x08,
	STATUS_CONFLICT = 0x18,
	STATUS_TASK_SET_FULL = 0x28,
};

enum sense_key {
	KEY_NO_SENSE = 0x0,
	KEY_NOT_READY = 0x2,
	KEY_MEDIUM_ERROR = 0x3,
	KEY_HARDWARE_ERROR = 0x4,
	KEY_ILLEGAL_REQUEST = 0x5,
	KEY_UNIT_ATTENTION = 0x6,
	KEY_DATA_PROTECT = 0x7,
	KEY_ABORTED_COMMAND = 0xb,
	KEY_MISCOMPARE = 0xe,
};

/* Key, additional sense code and its qualifier in one number */
#define SENSE(key, asc, ascq)	((key) << 16 | (asc) << 8 | (ascq))

#define SENSE_NONE		SENSE(KEY_NO_SENSE, 0, 0)
#define SENSE_STOPPED		SENSE(KEY_NOT_READY, 0x04, 0x02)
#define SENSE_WRITE_ERROR	SENSE(KEY_MEDIUM_ERROR, 0x0c, 0x00)
#define SENSE_READ_ERROR	SENSE(KEY_MEDIUM_ERROR, 0x11, 0x00)
#define SENSE_TARGET_FAILURE	SENSE(KEY_HARDWARE_ERROR, 0x44, 0x00)
#define SENSE_LIST_LENGTH	SENSE(KEY_ILLEGAL_REQUEST, 0x1a, 0x00)
#define SENSE_OPCODE		SENSE(KEY_ILLEGAL_REQUEST, 0x20, 0x00)
#define SENSE_RANGE		SENSE(KEY_ILLEGAL_REQUEST, 0x21, 0x00)
#define SENSE_CDB_FIELD		SENSE(KEY_ILLEGAL_REQUEST, 0x24, 0x00)
#define SENSE_NO_UNIT		SENSE(KEY_ILLEGAL_REQUEST, 0x25, 0x00)
#define SENSE_LIST_FIELD	SENSE(KEY_ILLEGAL_REQUEST, 0x26, 0x00)
#define SENSE_RELEASE		SENSE(KEY_ILLEGAL_REQUEST, 0x26, 0x04)
#define SENSE_NO_SAVING		SENSE(KEY_ILLEGAL_REQUEST, 0x39, 0x00)
#define SENSE_PROTECTED		SENSE(KEY_DATA_PROTECT, 0x27, 0x00)
#define SENSE_NO_SPACE		SENSE(KEY_DATA_PROTECT, 0x27, 0x07)
#define SENSE_GUARD		SENSE(KEY_ABORTED_COMMAND, 0x10, 0x01)
#define SENSE_APP_TAG		SENSE(KEY_ABORTED_COMMAND, 0x10, 0x02)
#define SENSE_REF_TAG		SENSE(KEY_ABORTED_COMMAND, 0x10, 0x03)
#define SENSE_MISCOMPARE	SENSE(KEY_MISCOMPARE, 0x1d, 0x00)

struct sense {
	uint32_t code;		/* a SENSE() */
	bool has_info;
	uint64_t info;
	/* SPC-4, 4.5.2.4.2: which byte is invalid */
	bool has_field;
	bool in_cdb;
	uint16_t field;
};

/* A buffer of the driver's; pieces at its end may be unused. */
struct scsi_data {
	struct iovec *iov;
	int n;
	uint64_t len;
};

struct command {
	struct scsi *s;
	unsigned int target;	/* which exists */
	struct unit *u;		/* NULL: the target has no such unit */
	unsigned int lun;
	bool all_targets;	/* the well-known unit of the host */
	bool well_known;	/* that, or the target's */
	uint8_t cdb[SCSI_CDB_MOST];	/* zeroes behind its end */
	unsigned int cdb_len;	/* bytes that the driver gave */
	/* of the driver's buffers, one of which may have any bytes */
	struct scsi_data out, in;
	/* with T10_PI */
	struct scsi_data pi_out, pi_in;
	bool can_protect;

	/* the outcome */
	uint8_t response;	/* VIRTIO_SCSI_S_* */
	uint8_t status;
	struct sense sense;	/* with STATUS_CHECK */
	uint64_t moved;		/* bytes of data in either direction */
};

#define NO_ACTION	0xffffU

enum command_flag {
	/* works without a unit, and reports no unit attention */
	COMMAND_ALWAYS = 1U << 0,
	COMMAND_WELL_KNOWN = 1U << 1,	/* of a well-known unit, too */
	COMMAND_MEDIUM = 1U << 2,	/* needs a unit that was not stopped */
	COMMAND_WRITES = 1U << 3,
};

/* A command, by its code and, where it has one, its service action */
struct command_info {
	uint8_t code;
	uint16_t action;
	uint8_t len;		/* of the CDB */
	uint8_t flags;
	void (*run)(struct command *c);
	/* SPC-4, 6.35.3: which bits mean something, from byte 1 on */
	uint8_t usage[31];
};

/* table.c */

extern const struct command_info commands[];
extern const unsigned int num_commands;
/* Return: NULL if there is no such command */
const struct command_info *command_find(uint8_t code, uint16_t action);
/* Is there a command of this code, with any service action? */
bool command_is_known(uint8_t code);
/* Do commands of this code have a service action? */
bool command_has_action(uint8_t code);
void table_opcodes(struct command *c);
void table_functions(struct command *c);

/* command.c */
void command_execute(struct command *c);

/* sense.c */

void command_fail_with(struct command *c, uint32_t code);
/* The same, with the block (or byte) where it happened */
void command_fail_at(struct command *c, uint32_t code, uint64_t info);
/* This byte of the CDB, or of the parameter list, is invalid. */
void command_bad_cdb(struct command *c, unsigned int byte);
void command_bad_list(struct command *c, unsigned int byte);
/* Return: the bytes, at most @size and SCSI_SENSE_MOST */
unsigned int sense_put(const struct sense *s, bool descriptors, uint8_t *to,
		       unsigned int size);

/* Forget the first of its conditions. Return: its SENSE(), or SENSE_NONE */
uint32_t unit_take_attention(struct unit *u);

/* data.c */

/*
 * Does the driver's buffer have as much as the CDB says? If not: OVERRUN, as
 * 5.6.6.1.1 has it.
 */
bool command_takes(struct command *c, uint64_t len);
bool command_gives(struct command *c, uint64_t len);
/* Parameter data for the driver, of which the CDB wants @allocated bytes. */
void command_reply(struct command *c, const void *data, size_t len,
		   uint64_t allocated);
/*
 * A parameter list of exactly @len bytes. Return: whether there is one
 */
bool command_list(struct command *c, void *to, size_t len);

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | get16(p + 1);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static inline void put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static inline void put64(uint8_t *p, uint64_t value)
{
	put32(p, value >> 32);
	put32(p + 4, value);
}

/* Blocks that a command is about */
struct extent {
	uint64_t lba;
	uint64_t blocks;
	unsigned int protect;	/* RDPROTECT, WRPROTECT, VRPROTECT */
	bool fua;
	unsigned int count_at;	/* the byte of the CDB that has the number */
	unsigned int protect_at;
	/* of the 32 byte forms, for protection type 2 */
	bool has_tags;
	uint32_t ref_tag;
	uint16_t app_tag;
	uint16_t app_mask;
};

/* transfer.c */

#define TRANSFER_COMPARE_MOST	128U	/* blocks */
#define TRANSFER_MOST		(SCSI_MAX_SECTORS * 512ULL)	/* bytes */
#define TRANSFER_SAME_MOST	0x2000000ULL	/* bytes of WRITE SAME */
#define TRANSFER_UNMAP_MOST	0x20000000ULL
#define TRANSFER_UNMAP_LISTS	256U

/* protect.c */

struct protection {
	uint16_t guard;
	uint16_t app_tag;
	uint32_t ref_tag;
};

/*
 * May the command have this value of RDPROTECT and the like? Return: false
 * after command_bad_cdb() or so
 */
bool protect_allows(struct command *c, const struct extent *e);
bool protect_reads(struct command *c, const struct extent *e);
bool protect_writes(struct command *c, const struct extent *e);
/* These blocks have new data without information of the driver's. */
void protect_generate(struct unit *u, uint64_t lba, const uint8_t *data,
		      uint64_t blocks);
/* These blocks are unmapped, or zeroed. */
void protect_forget(struct unit *u, uint64_t lba, uint64_t blocks);

/* The handlers of commands */
void inquiry_run(struct command *c);
void inquiry_luns(struct command *c);
void inquiry_sense(struct command *c);
void mode_sense(struct command *c);
void mode_select(struct command *c);
void mode_log_sense(struct command *c);
void reserve_in(struct command *c);
void reserve_out(struct command *c);
void medium_ready(struct command *c);
void medium_start_stop(struct command *c);
void medium_capacity10(struct command *c);
void medium_capacity16(struct command *c);
void medium_synchronize(struct command *c);
void medium_unmap(struct command *c);
void medium_write_same(struct command *c);
void transfer_read(struct command *c);
void transfer_write(struct command *c);
void transfer_verify(struct command *c);
void transfer_compare_and_write(struct command *c);
void buffer_read(struct command *c);
void buffer_write(struct command *c);

/* transfer.c, for medium.c, too: by the length of the CDB */
struct extent extent_of(const struct command *c);
/* Are the blocks on the medium, and at most @most? */
bool extent_is_valid(struct command *c, const struct extent *e, uint64_t most);
/* Return: whether there is none; otherwise the command has failed */
bool medium_error(struct command *c, int err, uint32_t code, uint64_t lba);

#endif /* COMMAND_OF_UNIT_H */
