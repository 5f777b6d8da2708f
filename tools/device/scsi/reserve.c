// SPDX-License-Identifier: GPL-2.0
/*
 * Persistent reservations, SPC-4, 5.13. A host is one initiator, so that nobody
 * else is ever kept out; all of what the driver can observe of its own
 * registration and reservation is here.
 */
#include <string.h>

#include "scsi/command.h"

#define TYPES_MASK	0x01ea	/* types 1, 3, 5 to 8 */
#define LIST_LEN	24
#define APTPL		0x01
#define ALL_TG_PT	0x04
#define SPEC_I_PT	0x08

enum in_action {
	IN_KEYS,
	IN_RESERVATION,
	IN_CAPABILITIES,
	IN_FULL_STATUS,
};

enum out_action {
	OUT_REGISTER,
	OUT_RESERVE,
	OUT_RELEASE,
	OUT_CLEAR,
	OUT_PREEMPT,
	OUT_PREEMPT_AND_ABORT,
	OUT_REGISTER_AND_IGNORE,
};

/* Types 7 and 8: every registered initiator holds it. */
static bool is_for_all(uint8_t type)
{
	return type == 7 || type == 8;
}

/* 6.15.2, after the generation. Return: the bytes */
static unsigned int put_keys(const struct reservation *r, uint8_t *to)
{
	if (!r->registered)
		return 0;
	put64(to, r->key);
	return 8;
}

static unsigned int put_reservation(const struct reservation *r, uint8_t *to)
{
	if (!r->type)
		return 0;
	put64(to, is_for_all(r->type) ? 0 : r->key);
	to[13] = r->type;	/* scope 0: the unit */
	return 16;
}

/* The transport has no identifiers of its initiators. */
static unsigned int put_full_status(const struct reservation *r, uint8_t *to)
{
	if (!r->registered)
		return 0;
	put64(to, r->key);
	to[12] = r->type ? 0x01 : 0;	/* R_HOLDER */
	to[13] = r->type;
	put16(to + 18, 1);		/* relative target port */
	put32(to + 20, 24);
	to[24] = 0x0f;			/* no specific protocol */
	return 48;
}

static void report_capabilities(struct command *c)
{
	uint8_t to[8] = { 0, sizeof(to), 0, 0x80 };	/* TMV */

	/* The mask has the types 0 to 7 in its first byte, then 8. */
	to[4] = TYPES_MASK & 0xff;
	to[5] = TYPES_MASK >> 8;
	command_reply(c, to, sizeof(to), get16(c->cdb + 7));
}

void reserve_in(struct command *c)
{
	const struct reservation *r = &c->u->reservation;
	uint8_t to[8 + 48] = {};
	unsigned int len;

	switch (c->cdb[1] & 0x1f) {
	case IN_KEYS:
		len = put_keys(r, to + 8);
		break;
	case IN_RESERVATION:
		len = put_reservation(r, to + 8);
		break;
	case IN_FULL_STATUS:
		len = put_full_status(r, to + 8);
		break;
	case IN_CAPABILITIES:
		report_capabilities(c);
		return;
	default:
		command_bad_cdb(c, 1);
		return;
	}
	put32(to, r->generation);
	put32(to + 4, len);
	command_reply(c, to, 8 + len, get16(c->cdb + 7));
}

/* What PERSISTENT RESERVE OUT asks */
struct order {
	unsigned int action;
	uint8_t type;
	uint64_t key;		/* of the initiator, as it thinks */
	uint64_t new_key;	/* the service action's */
};

static void conflict(struct command *c)
{
	c->status = STATUS_CONFLICT;
}

static void do_register(struct command *c, const struct order *o)
{
	struct reservation *r = &c->u->reservation;

	if (o->action == OUT_REGISTER &&
	    (r->registered ? o->key != r->key : o->key)) {
		conflict(c);
		return;
	}
	if (!r->registered && !o->new_key)
		return;
	r->generation++;
	r->registered = o->new_key;
	r->key = o->new_key;
	/* Whoever is not registered holds no reservation. */
	if (!r->registered)
		r->type = 0;
}

static void do_reserve(struct command *c, const struct order *o)
{
	struct reservation *r = &c->u->reservation;

	if (r->type && r->type != o->type)
		conflict(c);
	else
		r->type = o->type;
}

static void do_release(struct command *c, const struct order *o)
{
	struct reservation *r = &c->u->reservation;

	if (r->type && r->type != o->type)
		command_fail_with(c, SENSE_RELEASE);
	else
		r->type = 0;
}

static void do_clear(struct command *c, const struct order *o)
{
	struct reservation *r = &c->u->reservation;

	(void)o;
	r->generation++;
	r->registered = false;
	r->key = 0;
	r->type = 0;
}

/* 5.13.11.4: there is no other registration that could be removed. */
static void do_preempt(struct command *c, const struct order *o)
{
	struct reservation *r = &c->u->reservation;

	if (!o->new_key && !is_for_all(r->type)) {
		command_bad_list(c, 8);
		return;
	}
	if (o->new_key && o->new_key != r->key) {
		conflict(c);
		return;
	}
	r->generation++;
	if (r->type)
		r->type = o->type;
}

typedef void (*order_handler)(struct command *c, const struct order *o);

static const order_handler handlers[] = {
	[OUT_REGISTER] = do_register,
	[OUT_RESERVE] = do_reserve,
	[OUT_RELEASE] = do_release,
	[OUT_CLEAR] = do_clear,
	[OUT_PREEMPT] = do_preempt,
	[OUT_PREEMPT_AND_ABORT] = do_preempt,
	[OUT_REGISTER_AND_IGNORE] = do_register,
};

static bool has_type(const struct order *o)
{
	return o->action == OUT_RESERVE || o->action == OUT_RELEASE ||
	       o->action == OUT_PREEMPT || o->action == OUT_PREEMPT_AND_ABORT;
}

static bool is_register(const struct order *o)
{
	return o->action == OUT_REGISTER ||
	       o->action == OUT_REGISTER_AND_IGNORE;
}

/* The CDB. Return: whether it is valid */
static bool check_cdb(struct command *c, struct order *o)
{
	o->action = c->cdb[1] & 0x1f;
	o->type = c->cdb[2] & 0x0f;
	if (o->action >= sizeof(handlers) / sizeof(handlers[0])) {
		command_bad_cdb(c, 1);
		return false;
	}
	if (has_type(o) && (c->cdb[2] >> 4 || !(TYPES_MASK >> o->type & 1))) {
		command_bad_cdb(c, 2);
		return false;
	}
	if (get32(c->cdb + 5) == LIST_LEN)
		return true;
	command_fail_with(c, SENSE_LIST_LENGTH);
	return false;
}

void reserve_out(struct command *c)
{
	const struct reservation *r = &c->u->reservation;
	uint8_t list[LIST_LEN];
	struct order o = {};

	if (!check_cdb(c, &o) || !command_list(c, list, sizeof(list)))
		return;
	o.key = get64(list);
	o.new_key = get64(list + 8);
	/* None of them is among the capabilities. */
	if (is_register(&o) && list[20] & (APTPL | ALL_TG_PT | SPEC_I_PT)) {
		command_bad_list(c, 20);
		return;
	}
	if (!is_register(&o) && (!r->registered || o.key != r->key)) {
		conflict(c);
		return;
	}
	handlers[o.action](c, &o);
}
