// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of SCSI commands that do not touch blocks: what a unit says of
 * itself, its modes, reservations, and what makes no sense.
 */
#include <string.h>

#include "host.h"

/* The command fails with this sense data. */
static void check_fails(struct host *h, uint32_t code)
{
	CHECK_EQ(h->response, VIRTIO_SCSI_S_OK);
	CHECK_EQ(h->status, STATUS_CHECK);
	CHECK_EQ(h->code, code);
}

/* This byte of the CDB is what is wrong. */
static void check_field(struct host *h, unsigned int byte)
{
	check_fails(h, SENSE_CDB_FIELD);
	CHECK_EQ(h->sense[15], 0xc0);
	CHECK_EQ(get16(h->sense + 16), byte);
}

static void test_inquiry(struct guest *g)
{
	uint8_t *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x12, 0, 0, 0, 255, 0), 255));
	CHECK_EQ(h.residual, 255 - 96);
	CHECK_EQ(h.used, 108 + 96);
	CHECK_EQ(data[0], 0);
	CHECK_EQ(data[2], 6);
	CHECK_EQ(data[4], 91);
	CHECK_EQ(data[5], 0);
	CHECK_EQ(data[7], 2);
	CHECK(!memcmp(data + 8, "VFE     VIRTUAL DISK    0001", 28));
	CHECK_EQ(data[96], 0xee);
	/* Less than there is */
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x12, 0, 0, 0, 5, 0), 64));
	CHECK_EQ(h.residual, 59);
	CHECK_EQ(data[5], 0xee);
	/* A page code without EVPD, CMDDT, and NACA */
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x12, 0, 0x80, 0, 64, 0), 64));
	check_field(&h, 2);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x12, 2, 0, 0, 64, 0), 64));
	check_field(&h, 1);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x12, 0, 0, 0, 64, 4), 64));
	check_field(&h, 5);
}

static void test_vital_data(struct guest *g)
{
	static const uint8_t codes[] = { 0, 0x80, 0x83, 0x86, 0xb0, 0xb1, 0xb2 };
	uint8_t *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	for (size_t i = 0; i < sizeof(codes); i++) {
		CHECK(!host_in(&h, UNIT_PLAIN,
			       CDB(0x12, 1, codes[i], 0, 255, 0), 255));
		CHECK_EQ(data[1], codes[i]);
		CHECK_EQ(h.residual, 255 - 4 - get16(data + 2));
		CHECK_EQ(data[4 + get16(data + 2)], 0xee);
	}
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x12, 1, 0x81, 0, 255, 0), 255));
	check_field(&h, 2);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x12, 1, 0, 0, 255, 0), 255));
	CHECK_EQ(get16(data + 2), sizeof(codes));
	CHECK(!memcmp(data + 4, codes, sizeof(codes)));
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x12, 1, 0x80, 0, 255, 0), 255));
	CHECK(!memcmp(data + 4, "unit-0", 6));
	/* Limits, in blocks of the unit */
	CHECK(!host_in(&h, UNIT_LARGE, CDB(0x12, 1, 0xb0, 0, 255, 0), 255));
	CHECK_EQ(data[4], 1);
	CHECK_EQ(data[5], 128);
	CHECK_EQ(get16(data + 6), 1);
	CHECK_EQ(get32(data + 8), 65535 / 8);
	CHECK_EQ(get32(data + 20), 1U << 17);
	CHECK_EQ(get64(data + 36), 8192);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x12, 1, 0xb2, 0, 255, 0), 255));
	CHECK_EQ(data[5], 0xe4);
	CHECK_EQ(data[6], 2);
}

/* Designators differ from unit to unit, and are as long as they say. */
static void test_designators(struct guest *g)
{
	uint8_t first[256], *data;
	unsigned int at = 4, n = 0;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_LARGE, CDB(0x12, 1, 0x83, 0, 255, 0), 255));
	memcpy(first, data, sizeof(first));
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x12, 1, 0x83, 0, 255, 0), 255));
	CHECK(memcmp(first, data, sizeof(first)));
	for (; at < 4U + get16(data + 2); at += 4 + data[at + 3])
		n++;
	CHECK_EQ(at, 4 + get16(data + 2));
	CHECK_EQ(n, 3);
	CHECK_EQ(data[4 + 4 + 8 + 6 + 4] >> 4, 3);	/* NAA */
}

static void test_luns(struct guest *g)
{
	static const uint8_t host_wide[8] = { 0xc1, 0x01 };
	static const uint8_t of_target[8] = { 1, 0, 0xc1, 0x01 };
	const uint8_t cdb[12] = { 0xa0, [9] = 255 };
	uint8_t *data, lun[8];
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb, 12, 255));
	CHECK_EQ(get32(data), 16);
	CHECK_EQ(get64(data + 8), 0);
	CHECK_EQ(get64(data + 16), 1ULL << 48);
	/* Flat space addressing from 256 on; any unit of the target will do. */
	vfe_scsi_put_lun(lun, 5, 0);
	CHECK(!host_ask(&h, &(struct ask){ .lun = lun, .cdb = cdb, .cdb_len = 12,
			.in_len = 255 }));
	CHECK_EQ(get32(data), 8);
	CHECK_EQ(get64(data + 8), 0x412cULL << 48);
	/* The well-known units: of a target, and of the host */
	CHECK(!host_ask(&h, &(struct ask){ .lun = of_target, .cdb = cdb,
			.cdb_len = 12, .in_len = 255 }));
	CHECK_EQ(get32(data), 16);
	CHECK(!host_ask(&h, &(struct ask){ .lun = host_wide, .cdb = cdb,
			.cdb_len = 12, .in_len = 255 }));
	CHECK_EQ(get32(data), 24);
	CHECK_EQ(get64(data + 24), 0x0105412cULL << 32);
	CHECK(host_ask(&h, &(struct ask){ .lun = of_target, .cdb =
			(uint8_t[]){ 0x28 }, .cdb_len = 1 }));
	check_fails(&h, SENSE_OPCODE);
	/* What to select, and how much room there must be */
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa0, 0, 1, 0, 0, 0, 0, 0, 0, 64),
		       64));
	CHECK_EQ(get32(data), 8);
	CHECK_EQ(data[8], 0xc1);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa0, 0, 2, 0, 0, 0, 0, 0, 0, 64),
		       64));
	CHECK_EQ(get32(data), 24);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0xa0, 0, 3, 0, 0, 0, 0, 0, 0, 64),
		      64));
	check_field(&h, 2);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 15),
		      64));
	check_field(&h, 6);
}

/* Units that do not exist, on targets that do, and that do not */
static void test_absent(struct guest *g)
{
	static const uint8_t ready[6], inquiry[6] = { 0x12, 0, 0, 0, 36 };
	uint8_t lun[8];
	struct host h;

	host_ready(&h, g, V1);
	vfe_scsi_put_lun(lun, 0, 7);
	CHECK(host_ask(&h, &(struct ask){ .lun = lun, .cdb = ready,
		       .cdb_len = 6 }));
	check_fails(&h, SENSE_NO_UNIT);
	CHECK(!host_ask(&h, &(struct ask){ .lun = lun, .cdb = inquiry,
			.cdb_len = 6, .in_len = 36 }));
	CHECK_EQ(host_data(&h)[0], 0x7f);
	CHECK(!host_ask(&h, &(struct ask){ .lun = lun, .cdb =
			(uint8_t[]){ 3, 0, 0, 0, 18 }, .cdb_len = 5,
			.in_len = 18 }));
	CHECK_EQ(get16(host_data(&h) + 12), 0x2500);
	vfe_scsi_put_lun(lun, 5, 0);
	CHECK(!host_ask(&h, &(struct ask){ .lun = lun, .cdb = inquiry,
			.cdb_len = 6, .in_len = 36 }));
	CHECK_EQ(host_data(&h)[0], 0x3f);
	vfe_scsi_put_lun(lun, 4, 0);
	CHECK(host_ask(&h, &(struct ask){ .lun = lun, .cdb = ready,
		       .cdb_len = 6 }));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_BAD_TARGET);
	lun[0] = 7;
	CHECK(host_ask(&h, &(struct ask){ .lun = lun, .cdb = ready,
		       .cdb_len = 6 }));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_BAD_TARGET);
}

static void test_capacity(struct guest *g)
{
	const uint8_t cdb10[10] = { 0x25 };
	const uint8_t cdb16[16] = { 0x9e, 0x10, [13] = 32 };
	uint8_t *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb10, 10, 8));
	CHECK_EQ(get32(data), UNIT_512 - 1);
	CHECK_EQ(get32(data + 4), 512);
	CHECK(!host_in(&h, UNIT_LARGE, cdb16, 16, 32));
	CHECK_EQ(get64(data), UNIT_BYTES / 4096 - 1);
	CHECK_EQ(get32(data + 8), 4096);
	CHECK_EQ(data[12], 0);
	CHECK_EQ(data[13], 0);
	CHECK_EQ(data[14], 0xc0);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb16, 16, 64));
	CHECK_EQ(data[13], 3);
	CHECK_EQ(h.residual, 32);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x25, 0, 0, 0, 0, 1), 8));
	check_field(&h, 2);
	/* A service action that there is not */
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x9e, 0x11), 32));
	check_field(&h, 1);
	CHECK(host_in(&h, UNIT_PLAIN, cdb10, 10, 7));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
}

/* Each condition once, in order; some commands do not report it. */
static void test_attention(struct guest *g)
{
	static const uint8_t ready[6], sense[6] = { 3, 0, 0, 0, 252 };
	struct scsi *s = scsi_of(g->v);
	struct host h;

	host_start(&h, g, V1);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x12, 0, 0, 0, 36), 36));
	CHECK(host_plain(&h, UNIT_PLAIN, ready, 6));
	check_fails(&h, SENSE(KEY_UNIT_ATTENTION, 0x29, 0));
	CHECK(!host_plain(&h, UNIT_PLAIN, ready, 6));
	unit_attend(s->units[0], ATTENTION_CAPACITY);
	unit_attend(s->units[0], ATTENTION_NEXUS_LOSS);
	CHECK(host_plain(&h, UNIT_PLAIN, ready, 6));
	check_fails(&h, SENSE(KEY_UNIT_ATTENTION, 0x29, 0x07));
	CHECK(!host_in(&h, UNIT_PLAIN, sense, 6, 252));
	CHECK_EQ(h.residual, 252 - 18);
	CHECK_EQ(host_data(&h)[2], KEY_UNIT_ATTENTION);
	CHECK_EQ(get16(host_data(&h) + 12), 0x2a09);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(3, 1, 0, 0, 252), 252));
	CHECK_EQ(host_data(&h)[0], 0x72);
	CHECK_EQ(host_data(&h)[1], KEY_NO_SENSE);
	CHECK(!host_plain(&h, UNIT_PLAIN, ready, 6));
	CHECK_EQ(g->c.of_class[SCSI_ATTENTIONS], 2);
	/* REPORT LUNS ends the condition that it is about. */
	unit_attend(s->units[0], ATTENTION_LUNS);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64),
		       64));
	CHECK(!host_plain(&h, UNIT_PLAIN, ready, 6));
}

static void test_unknown(struct guest *g)
{
	static const uint8_t known[] = {
		0x00, 0x03, 0x08, 0x0a, 0x12, 0x15, 0x1a, 0x1b, 0x25, 0x28,
		0x2a, 0x2f, 0x35, 0x3b, 0x3c, 0x41, 0x42, 0x4d, 0x55, 0x5a,
		0x5e, 0x5f, 0x7f, 0x88, 0x89, 0x8a, 0x8f, 0x91, 0x93, 0x9e,
		0xa0, 0xa3, 0xa8, 0xaa, 0xaf,
	};
	struct host h;

	host_ready(&h, g, V1);
	for (unsigned int code = 0; code < 256; code++) {
		const uint8_t cdb[1] = { code };

		if (memchr(known, code, sizeof(known))) {
			CHECK(command_is_known(code));
			continue;
		}
		CHECK(host_plain(&h, UNIT_PLAIN, cdb, 1));
		check_fails(&h, SENSE_OPCODE);
	}
	/* A variable length that is not the command's, and no such command */
	CHECK(host_plain(&h, UNIT_PLAIN, CDB(0x7f, 0, 0, 0, 0, 0, 0, 0x20, 0,
					     9)));
	check_field(&h, 7);
	CHECK(host_plain(&h, UNIT_PLAIN, CDB(0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0,
					     8)));
	check_field(&h, 8);
}

/* 5.6.4: with a shorter cdb_size, longer commands are not whole. */
static void test_cdb_size(struct guest *g)
{
	struct host h;

	host_ready(&h, g, V1);
	scsi_of(g->v)->cdb_size = 10;
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), 8));
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x9e, 0x10), 32));
	check_field(&h, 10);
}

static void test_start_stop(struct guest *g)
{
	static const uint8_t ready[6];
	struct host h;

	host_ready(&h, g, V1);
	CHECK(!host_plain(&h, UNIT_PLAIN, CDB(0x1b, 0, 0, 0, 0)));
	CHECK(host_plain(&h, UNIT_PLAIN, ready, 6));
	check_fails(&h, SENSE_STOPPED);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 512));
	check_fails(&h, SENSE_STOPPED);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(3, 0, 0, 0, 18), 18));
	CHECK_EQ(get16(host_data(&h) + 12), 0x0402);
	/* Only this one */
	CHECK(!host_plain(&h, UNIT_LARGE, ready, 6));
	CHECK(!host_plain(&h, UNIT_PLAIN, CDB(0x1b, 0, 0, 0, 1)));
	CHECK(!host_plain(&h, UNIT_PLAIN, ready, 6));
	CHECK(host_plain(&h, UNIT_PLAIN, CDB(0x1b, 0, 0, 0, 2)));
	check_field(&h, 4);
	CHECK(host_plain(&h, UNIT_PLAIN, CDB(0x1b, 0, 0, 0, 0x31)));
	check_field(&h, 4);
}

static void test_mode_sense(struct guest *g)
{
	uint8_t *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x1a, 0, 0x3f, 0, 255), 255));
	CHECK_EQ(data[0], 255 - h.residual - 1);
	CHECK_EQ(data[2], 0x10);
	CHECK_EQ(data[3], 8);
	CHECK_EQ(get32(data + 4), UNIT_512);
	CHECK_EQ(get24(data + 9), 512);
	CHECK_EQ(255 - h.residual, 4 + 8 + 12 + 20 + 12 + 12);
	/* The long descriptor, and a unit that may not be written */
	CHECK(!host_in(&h, UNIT_READONLY,
		       CDB(0x5a, 0x10, 8, 0, 0, 0, 0, 0, 255), 255));
	CHECK_EQ(get16(data), 255 - h.residual - 2);
	CHECK_EQ(data[3], 0x90);
	CHECK_EQ(data[4], 1);
	CHECK_EQ(get16(data + 6), 16);
	CHECK_EQ(get64(data + 8), UNIT_512);
	CHECK_EQ(get32(data + 20), 512);
	CHECK_EQ(data[24], 8);
	CHECK_EQ(data[26], 4);
	/* DBD; changeable values; no saved ones; no such page */
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x1a, 8, 0x4a, 0, 255), 255));
	CHECK_EQ(255 - h.residual, 16);
	CHECK_EQ(data[3], 0);
	CHECK_EQ(data[6], 4);
	CHECK_EQ(data[8], 8);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x1a, 8, 0xca, 0, 255), 255));
	check_fails(&h, SENSE_NO_SAVING);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x1a, 8, 0x02, 0, 255), 255));
	check_field(&h, 2);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x1a, 8, 0x0a, 1, 255), 255));
	check_field(&h, 3);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x1a, 8, 0x3f, 0xff, 255), 255));
}

static void test_mode_select(struct guest *g)
{
	uint8_t caching[24] = { [4] = 8, 18 };
	uint8_t control[16] = { [4] = 10, 10, 6, 0x10 };
	struct unit *u = scsi_of(g->v)->units[0];
	struct host h;

	host_ready(&h, g, V1);
	CHECK(u->write_cache);
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 24), caching,
			24));
	CHECK(!u->write_cache);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x1a, 8, 8, 0, 255), 255));
	CHECK_EQ(host_data(&h)[6], 0);
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 16), control,
			16));
	CHECK(u->descriptor_sense);
	/* From now on, sense data are descriptors. */
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x1a, 8, 2, 0, 255), 255));
	CHECK_EQ(h.sense[0], 0x72);
	CHECK_EQ(h.code, SENSE_CDB_FIELD);
	CHECK_EQ(h.sense[8], 2);
	CHECK_EQ(get16(h.sense + 13), 2);
	CHECK_EQ(h.sense_len, 16);
	/* Software write protect */
	control[8] = 8;
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 16), control,
			16));
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x2a, 0, 0, 0, 0, 0, 0, 0, 1), NULL,
		       512));
	CHECK_EQ(h.code, SENSE_PROTECTED);
	/* A reset of the unit sets all of it back. */
	unit_reset(u, ATTENTION_RESET);
	CHECK(u->write_cache && !u->descriptor_sense && !u->write_protected);
}

static void test_bad_mode_select(struct guest *g)
{
	uint8_t list[32] = { [3] = 8, [10] = 2, [12] = 8, 18, 4 };
	struct unit *u = scsi_of(g->v)->units[0];
	struct host h;

	host_ready(&h, g, V1);
	/* First a good one: the number of blocks may be 0. */
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 32), list, 32));
	CHECK(!host_plain(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 0)));
	/* PF missing, SP set */
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0, 0, 0, 32), list, 32));
	check_field(&h, 1);
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0x11, 0, 0, 32), list, 32));
	check_field(&h, 1);
	/* Cut short: in the header, the descriptor, the page */
	for (uint8_t len = 1; len < 32; len++) {
		if (len == 12)
			continue;
		CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, len),
			       list, 32));
		check_fails(&h, SENSE_LIST_LENGTH);
	}
	/* Another block size, a bit that may not change, another length */
	list[10] = 16;
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 32), list, 32));
	check_fails(&h, SENSE_LIST_FIELD);
	list[10] = 2;
	list[15] = 1;
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 32), list, 32));
	check_fails(&h, SENSE_LIST_FIELD);
	CHECK_EQ(get16(h.sense + 16), 15);
	list[15] = 0;
	list[13] = 17;
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 32), list, 32));
	CHECK_EQ(get16(h.sense + 16), 13);
	/* An unknown page behind a good one: neither is applied. */
	list[13] = 18;
	list[14] = 0;
	list[12] = 0x48;
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 32), list, 32));
	CHECK_EQ(get16(h.sense + 16), 12);
	CHECK(u->write_cache);
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0xff,
					   0xff), NULL, 0x20000));
	check_fails(&h, SENSE_LIST_LENGTH);
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x15, 0x10, 0, 0, 32), list, 31));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
}

static void test_log_sense(struct guest *g)
{
	static const uint8_t codes[] = { 0, 0x0d, 0x2f };
	uint8_t *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	for (size_t i = 0; i < sizeof(codes); i++) {
		CHECK(!host_in(&h, UNIT_PLAIN,
			       CDB(0x4d, 0, 0x40 | codes[i], 0, 0, 0, 0, 0, 64),
			       64));
		CHECK_EQ(data[0], codes[i]);
		CHECK_EQ(64 - h.residual, 4 + get16(data + 2));
	}
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x4d, 0, 0x41, 0, 0, 0, 0, 0, 64),
		      64));
	check_field(&h, 2);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x4d, 1, 0x40, 0, 0, 0, 0, 0, 64),
		      64));
	check_field(&h, 1);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x4d, 0, 0x40, 1, 0, 0, 0, 0, 64),
		      64));
	check_field(&h, 3);
}

/* PERSISTENT RESERVE OUT. Return: as host_out() */
static int reserve(struct host *h, uint8_t action, uint8_t type, uint64_t key,
		   uint64_t new_key)
{
	uint8_t list[24] = {};

	put64(list, key);
	put64(list + 8, new_key);
	return host_out(h, UNIT_PLAIN, CDB(0x5f, action, type, 0, 0, 0, 0, 0,
					   24), list, 24);
}

/* PERSISTENT RESERVE IN. Return: the bytes behind its header */
static uint32_t reserved(struct host *h, uint8_t action)
{
	CHECK(!host_in(h, UNIT_PLAIN, CDB(0x5e, action, 0, 0, 0, 0, 0, 0, 255),
		       255));
	return get32(host_data(h) + 4);
}

static void test_reserve(struct guest *g)
{
	uint8_t *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK_EQ(reserved(&h, 0), 0);
	CHECK_EQ(reserved(&h, 1), 0);
	/* Nothing without a registration, nor with another key */
	CHECK(reserve(&h, 1, 1, 0, 0));
	CHECK_EQ(h.status, STATUS_CONFLICT);
	CHECK(reserve(&h, 0, 0, 5, 7));
	CHECK_EQ(h.status, STATUS_CONFLICT);
	CHECK(!reserve(&h, 0, 0, 0, 7));
	CHECK_EQ(reserved(&h, 0), 8);
	CHECK_EQ(get32(data), 1);
	CHECK_EQ(get64(data + 8), 7);
	CHECK(reserve(&h, 1, 1, 8, 0));
	CHECK_EQ(h.status, STATUS_CONFLICT);
	CHECK(!reserve(&h, 1, 1, 7, 0));
	CHECK(!reserve(&h, 1, 1, 7, 0));
	CHECK(reserve(&h, 1, 3, 7, 0));
	CHECK_EQ(h.status, STATUS_CONFLICT);
	CHECK_EQ(reserved(&h, 1), 16);
	CHECK_EQ(get64(data + 8), 7);
	CHECK_EQ(data[21], 1);
	CHECK_EQ(reserved(&h, 3), 48);
	CHECK_EQ(data[20], 1);
	CHECK(reserve(&h, 2, 3, 7, 0));
	check_fails(&h, SENSE_RELEASE);
	CHECK(!reserve(&h, 2, 1, 7, 0));
	CHECK_EQ(reserved(&h, 1), 0);
	/* A new key; a reservation for all; preemption; the end */
	CHECK(!reserve(&h, 0, 0, 7, 9));
	CHECK(!reserve(&h, 1, 7, 9, 0));
	CHECK_EQ(reserved(&h, 1), 16);
	CHECK_EQ(get64(data + 8), 0);
	CHECK(!reserve(&h, 4, 8, 9, 0));
	CHECK(!reserve(&h, 5, 1, 9, 9));
	CHECK(reserve(&h, 4, 1, 9, 4));
	CHECK_EQ(h.status, STATUS_CONFLICT);
	CHECK(reserve(&h, 4, 1, 9, 0));
	check_fails(&h, SENSE_LIST_FIELD);
	CHECK(!reserve(&h, 3, 0, 9, 0));
	CHECK_EQ(reserved(&h, 0), 0);
	/* IGNORE, and unregistering releases */
	CHECK(!reserve(&h, 6, 0, 1234, 11));
	CHECK(!reserve(&h, 1, 5, 11, 0));
	CHECK(!reserve(&h, 0, 0, 11, 0));
	CHECK_EQ(reserved(&h, 1), 0);
	CHECK_EQ(g->c.of_class[SCSI_RESERVES], 28);
}

static void test_bad_reserve(struct guest *g)
{
	uint8_t list[24] = { [15] = 7, [20] = 1 };
	struct host h;

	host_ready(&h, g, V1);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x5e, 4, 0, 0, 0, 0, 0, 0, 64), 64));
	check_field(&h, 1);
	CHECK(reserve(&h, 7, 0, 0, 0));
	check_field(&h, 1);
	CHECK(reserve(&h, 1, 2, 0, 0));
	check_field(&h, 2);
	CHECK(reserve(&h, 1, 0x11, 0, 0));
	check_field(&h, 2);
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 23),
		       list, 24));
	check_fails(&h, SENSE_LIST_LENGTH);
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24),
		       list, 24));
	check_fails(&h, SENSE_LIST_FIELD);
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24),
		       list, 20));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	reserved(&h, 2);
	CHECK_EQ(host_data(&h)[1], 8);
	CHECK_EQ(get16(host_data(&h) + 4), 0xea01);
}

static void test_buffer(struct guest *g)
{
	uint8_t bytes[1000], *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x3c, 3, 0, 0, 0, 0, 0, 0, 4), 4));
	CHECK_EQ(get32(data) & 0xffffff, UNIT_BUFFER_LEN);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 3;
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x3b, 2, 0, 0, 0, 16, 0, 3, 0xe8),
			bytes, sizeof(bytes)));
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x3c, 2, 0, 0, 0, 16, 0, 3, 0xe8),
		       sizeof(bytes)));
	CHECK(!memcmp(data, bytes, sizeof(bytes)));
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x3c, 2, 0, 0, 0xff, 0xff, 0, 1, 0),
		       256));
	CHECK_EQ(h.residual, 255);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x3c, 0x0b, 0, 0, 0, 0, 0, 0, 4),
		       4));
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x3b, 0x0a, 0, 0, 0, 0, 0, 0, 8),
			bytes, 8));
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8),
		       8));
	CHECK(!memcmp(data, bytes, 8));
	/* Beyond the buffer, another one, another mode */
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x3b, 2, 0, 0, 0xff, 0xff, 0, 0, 2),
		       bytes, 2));
	check_field(&h, 6);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x3c, 2, 0, 1, 0, 1, 0, 0, 1), 1));
	check_field(&h, 3);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x3c, 2, 1, 0, 0, 0, 0, 0, 1), 1));
	check_field(&h, 2);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x3c, 1, 0, 0, 0, 0, 0, 0, 1), 1));
	check_field(&h, 1);
	CHECK(host_out(&h, UNIT_PLAIN, CDB(0x3b, 4, 0, 0, 0, 0, 0, 0, 1),
		       bytes, 1));
	check_field(&h, 1);
}

/* REPORT SUPPORTED OPERATION CODES, and of task management functions */
static void test_opcodes(struct guest *g)
{
	const uint8_t all[12] = { 0xa3, 0x0c, 0, [8] = 0x40 };
	uint8_t *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_PLAIN, all, 12, 0x4000));
	CHECK_EQ(get32(data), 0x4000 - h.residual - 4);
	CHECK_EQ(get32(data), num_commands * 8);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 0x80, 0, 0, 0, 0, 0,
					   0x40), 0x4000));
	CHECK_EQ(get32(data), num_commands * 20);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 1, 0x93, 0, 0, 0, 0, 0,
					   64), 64));
	CHECK_EQ(data[1], 3);
	CHECK_EQ(get16(data + 2), 16);
	CHECK_EQ(data[4], 0x93);
	CHECK_EQ(data[19], 4);
	CHECK_EQ(64 - h.residual, 20);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 1, 0x94, 0, 0, 0, 0, 0,
					   64), 64));
	CHECK_EQ(data[1], 1);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 0x82, 0x9e, 0, 0x10, 0,
					   0, 0, 64), 64));
	CHECK_EQ(data[1], 0x83);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 3, 0x9e, 0, 0x11, 0, 0,
					   0, 64), 64));
	CHECK_EQ(data[1], 1);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 1, 0x9e, 0, 0x10, 0, 0,
					  0, 64), 64));
	check_field(&h, 3);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 2, 0x93, 0, 0, 0, 0, 0,
					  64), 64));
	check_field(&h, 3);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0c, 4, 0, 0, 0, 0, 0, 0, 64),
		      64));
	check_field(&h, 2);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 4),
		       4));
	CHECK_EQ(get32(data), 0xdc030000);
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa3, 0x0d, 0x80, 0, 0, 0, 0, 0, 0,
					   16), 16));
	CHECK_EQ(get32(data), 0xdc03000c);
}

const struct test scsi_command_tests[] = {
	{ "SCSI: INQUIRY", .on_guest = test_inquiry, .change = with_host },
	{ "SCSI: vital product data",
	  .on_guest = test_vital_data, .change = with_host },
	{ "SCSI: designators",
	  .on_guest = test_designators, .change = with_host },
	{ "SCSI: REPORT LUNS, of units, targets and the host",
	  .on_guest = test_luns, .change = with_host },
	{ "SCSI: units and targets that do not exist",
	  .on_guest = test_absent, .change = with_host },
	{ "SCSI: READ CAPACITY",
	  .on_guest = test_capacity, .change = with_host },
	{ "SCSI: unit attentions, once and in order",
	  .on_guest = test_attention, .change = with_host },
	{ "SCSI: unknown commands",
	  .on_guest = test_unknown, .change = with_host },
	{ "SCSI: a CDB that is cut short",
	  .on_guest = test_cdb_size, .change = with_host },
	{ "SCSI: a unit that was stopped",
	  .on_guest = test_start_stop, .change = with_host },
	{ "SCSI: MODE SENSE", .on_guest = test_mode_sense, .change = with_host },
	{ "SCSI: MODE SELECT",
	  .on_guest = test_mode_select, .change = with_host },
	{ "SCSI: what is no list for MODE SELECT",
	  .on_guest = test_bad_mode_select, .change = with_host },
	{ "SCSI: LOG SENSE", .on_guest = test_log_sense, .change = with_host },
	{ "SCSI: persistent reservations",
	  .on_guest = test_reserve, .change = with_host },
	{ "SCSI: what is no persistent reservation",
	  .on_guest = test_bad_reserve, .change = with_host },
	{ "SCSI: READ BUFFER and WRITE BUFFER",
	  .on_guest = test_buffer, .change = with_host },
	{ "SCSI: the report of commands",
	  .on_guest = test_opcodes, .change = with_host },
	{ }
};
