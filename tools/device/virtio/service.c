// SPDX-License-Identifier: GPL-2.0
/*
 * Storage that takes its time. The data of a request move when the device sees
 * it; status byte and used entry follow when its service time is over. So a
 * request that is dropped, by a reset or with its client, leaves nothing behind
 * that would still reach for guest memory.
 *
 * Completions wait in a heap, ordered by due time, then by arrival. Without a
 * model only a stall makes answers wait, and they leave in the order in which
 * their requests came, as IN_ORDER has it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "virtio/virtio.h"

#define NS_PER_US	1000.0
#define NS_PER_S	1e9
/* Delay before retrying a ring that is temporarily unmapped */
#define RETRY_NS	1000000U

struct answer {
	uint64_t due;
	uint64_t order;
	struct queue *q;
	uint64_t status_addr;	/* 0: there is none */
	uint64_t write_len;
	uint32_t len;
	uint32_t steps;
	uint16_t id;
	uint8_t status[4];	/* one, and room for a quirk that writes more */
	bool chosen;		/* by service_finish() */
	void *held;		/* the class's, or NULL */
};

struct service {
	struct service_model model;
	uint64_t random;	/* state of random_next() */
	uint64_t came;		/* requests, for their order */
	uint64_t stalled_until;
	uint64_t fail;		/* number of requests to fail */
	uint64_t until_fail;	/* of --fail-every */
	/* --parallel: when each of the servers is free again */
	uint64_t free_at[SERVICE_MAX_PARALLEL];
	unsigned int n, most;
	struct answer heap[];
};

struct service *service_new(const struct vdev *v, unsigned int most)
{
	struct service *s = calloc(1, sizeof(*s) + most * sizeof(s->heap[0]));

	if (!s)
		return NULL;
	s->most = most;
	s->model = v->o->service;
	s->random = v->o->seed;
	s->until_fail = v->o->fail_every;
	return s;
}

void service_free(struct service *s)
{
	free(s);
}

/* The models */

/* Above 0, up to 1 */
static double random_unit(uint64_t *state)
{
	return ((random_next(state) >> 11) + 1) / 9007199254740992.0;
}

static double random_normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(random_unit(state)));

	return radius * cos(2 * M_PI * random_unit(state));
}

uint64_t service_draw(const struct service_model *m, uint64_t *state)
{
	double us = m->typical;

	switch (m->kind) {
	case SERVICE_NONE:
		return 0;
	case SERVICE_CONSTANT:
		break;
	case SERVICE_EXPONENTIAL:
		us *= -log(random_unit(state));
		break;
	case SERVICE_LOGNORMAL:
		us *= exp(m->second * random_normal(state));
		break;
	case SERVICE_BIMODAL:
		if (100 * random_unit(state) <= m->percent)
			us = m->second;
		break;
	}
	return us * NS_PER_US;
}

/* Up to three numbers with colons between them. Return: how many, or -1 */
static int parse_numbers(const char *text, double number[3])
{
	int n = 0;
	char *end;

	do {
		number[n] = strtod(text, &end);
		if (end == text || !(number[n] >= 0 && number[n] <= 6e7))
			return -1;
		n++;
		text = end + 1;
	} while (*end == ':' && n < 3);
	return *end ? -1 : n;
}

int service_parse(struct service_model *m, const char *text)
{
	static const struct {
		const char *name;
		enum service_kind kind;
		int numbers;
	} models[] = {
		{ "constant:", SERVICE_CONSTANT, 1 },
		{ "exponential:", SERVICE_EXPONENTIAL, 1 },
		{ "lognormal:", SERVICE_LOGNORMAL, 2 },
		{ "bimodal:", SERVICE_BIMODAL, 3 },
	};
	double number[3] = {};

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		size_t len = strlen(models[i].name);

		if (strncmp(text, models[i].name, len))
			continue;
		if (parse_numbers(text + len, number) != models[i].numbers)
			return -1;
		*m = (struct service_model){
			models[i].kind, number[0], number[1], number[2],
		};
		if (m->kind == SERVICE_LOGNORMAL && m->second > 4)
			return -1;
		return m->percent > 100 ? -1 : 0;
	}
	return -1;
}

/* The heap */

static bool before(const struct answer *a, const struct answer *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void swap(struct answer *a, struct answer *b)
{
	struct answer copy = *a;

	*a = *b;
	*b = copy;
}

static void sift_down(struct service *s, unsigned int i)
{
	for (;;) {
		unsigned int child = 2 * i + 1;

		if (child >= s->n)
			return;
		if (child + 1 < s->n &&
		    before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!before(&s->heap[child], &s->heap[i]))
			return;
		swap(&s->heap[i], &s->heap[child]);
		i = child;
	}
}

static void insert(struct service *s, const struct answer *a)
{
	unsigned int i = s->n++;

	s->heap[i] = *a;
	while (i && before(&s->heap[i], &s->heap[(i - 1) / 2])) {
		swap(&s->heap[i], &s->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static struct answer take_first(struct service *s)
{
	struct answer first = s->heap[0];

	s->heap[0] = s->heap[--s->n];
	sift_down(s, 0);
	return first;
}

/* The first @n are left, in any order. */
static void rebuild(struct service *s, unsigned int n)
{
	s->n = n;
	for (unsigned int i = n / 2; i--;)
		sift_down(s, i);
	/* A request that is gone occupies no server. */
	if (!n)
		memset(s->free_at, 0, sizeof(s->free_at));
}

void service_drop(struct queue *q)
{
	struct service *s = q->v->service;
	unsigned int kept = 0;

	if (!q->in_service)
		return;
	for (unsigned int i = 0; i < s->n; i++) {
		if (s->heap[i].q != q)
			s->heap[kept++] = s->heap[i];
		else if (s->heap[i].held)
			q->v->class->drop(q, s->heap[i].held);
	}
	q->in_service = 0;
	rebuild(s, kept);
}

/* Requests on their way */

bool service_delays(const struct queue *q)
{
	const struct vdev_class *class = q->v->class;
	const struct service *s = q->v->service;

	if (class->at_once && class->at_once(q))
		return false;
	if (class->delays && class->delays(q->v))
		return true;
	/* Those that come behind one that waits do not overtake it. */
	return s->model.kind || s->n || s->stalled_until > clock_ns();
}

uint64_t service_stalled_until(const struct vdev *v)
{
	return v->service->stalled_until;
}

bool service_fails(struct vdev *v)
{
	struct service *s = v->service;

	if (s->fail) {
		s->fail--;
		return true;
	}
	if (!s->until_fail || --s->until_fail)
		return false;
	s->until_fail = v->o->fail_every;
	return true;
}

/*
 * A request begins when it comes, or when the first of the servers is free. It
 * leaves that server @time later.
 */
static uint64_t finish(struct service *s, unsigned int servers, uint64_t time)
{
	uint64_t *server = &s->free_at[0], now = clock_ns();

	if (!servers)
		return now + time;
	for (unsigned int i = 1; i < servers; i++) {
		if (s->free_at[i] < *server)
			server = &s->free_at[i];
	}
	*server = (*server > now ? *server : now) + time;
	return *server;
}

int service_take(struct queue *q, struct chain *c)
{
	struct vdev *v = q->v;
	struct service *s = v->service;
	struct answer a = { .q = q, .order = s->came++ };
	int ret;

	/*
	 * 2.7.13, 2.8.16: a buffer in flight may not be made available again.
	 */
	if (q->in_service >= q->size || s->n >= s->most) {
		log_line("queue %u: more requests than the queue size of %u at once",
			 q->index, q->size);
		return -1;
	}
	if (c->last && v->class->has_status) {
		a.status_addr = c->last_addr;
		c->last = a.status;
	}
	c->delayed = true;
	ret = q->v->class->request(q, c, &a.len);
	if (ret)
		return ret;
	a.write_len = c->write_len;
	a.id = c->id;
	a.steps = c->steps;
	a.held = c->held;
	a.due = finish(s, v->o->parallel, service_draw(&s->model, &s->random));
	if (a.due < c->not_before)
		a.due = c->not_before;
	insert(s, &a);
	q->in_service++;
	return 0;
}

static void answer(struct vdev *v, const struct answer *a)
{
	const struct chain c = {
		.id = a->id, .steps = a->steps, .write_len = a->write_len,
	};
	uint8_t *status = NULL;

	if (a->status_addr)
		status = gmem_ptr(v->gm, a->status_addr, 1, true);
	if (status)
		quirk_write_status(v, status, a->status[0]);
	if (a->held)
		v->class->respond(a->q, a->held);
	ring_push(a->q, &c, quirk_used_len(a->q, &c, a->len));
	quirk_request_done(v);
	a->q->in_service--;
	a->q->answered = true;
}

uint64_t service_due(const struct vdev *v)
{
	const struct service *s = v->service;

	if (!s->n || !vdev_running(v))
		return UINT64_MAX;
	return s->heap[0].due > s->stalled_until ? s->heap[0].due :
						   s->stalled_until;
}

void service_answer(struct vdev *v, uint64_t now)
{
	struct service *s = v->service;

	while (service_due(v) <= now) {
		struct answer a = take_first(s);

		if (ring_resolve(a.q)) {
			answer(v, &a);
			continue;
		}
		/* The client moves guest memory about. */
		a.due = now + RETRY_NS;
		insert(s, &a);
	}
}

unsigned int service_count(struct vdev *v, service_match *match, void *arg)
{
	const struct service *s = v->service;
	unsigned int found = 0;

	for (unsigned int i = 0; i < s->n; i++)
		found += s->heap[i].held &&
			 match(s->heap[i].q, s->heap[i].held, arg);
	return found;
}

/* Return: how many match */
static unsigned int choose(struct vdev *v, service_match *match, void *arg)
{
	/* By queue: those that came before this one are chosen, too. */
	uint64_t last[IRQ_MAX_VECTORS] = {};
	struct service *s = v->service;
	unsigned int found = 0;

	for (unsigned int i = 0; i < s->n; i++) {
		struct answer *a = &s->heap[i];

		if (!a->held || !match(a->q, a->held, arg))
			continue;
		found++;
		a->chosen = true;
		if (last[a->q->index] < a->order)
			last[a->q->index] = a->order;
	}
	/* 2.7.9, 2.8.8 */
	for (unsigned int i = 0; vdev_has(v, VIRTIO_F_IN_ORDER) && i < s->n;
	     i++) {
		if (s->heap[i].order < last[s->heap[i].q->index])
			s->heap[i].chosen = true;
	}
	return found;
}

static int by_order(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

unsigned int service_finish(struct vdev *v, service_match *match, void *arg)
{
	struct service *s = v->service;
	unsigned int found = choose(v, match, arg), all = s->n, kept = 0;

	if (!found)
		return 0;
	for (unsigned int i = 0; i < all; i++) {
		if (!s->heap[i].chosen)
			swap(&s->heap[i], &s->heap[kept++]);
	}
	qsort(&s->heap[kept], all - kept, sizeof(s->heap[0]), by_order);
	rebuild(s, kept);
	for (unsigned int i = kept; i < all; i++) {
		struct answer a = s->heap[i];

		a.chosen = false;
		if (ring_resolve(a.q)) {
			answer(v, &a);
			continue;
		}
		/* As in service_answer(); there is room before @i. */
		a.due = clock_ns() + RETRY_NS;
		insert(s, &a);
	}
	return found;
}

void service_hold(struct vdev *v, service_match *match, void *arg,
		  uint64_t until)
{
	struct service *s = v->service;

	for (unsigned int i = 0; i < s->n; i++) {
		struct answer *a = &s->heap[i];

		if (a->held && a->due < until && match(a->q, a->held, arg))
			a->due = until;
	}
	rebuild(s, s->n);
}

bool service_change(struct vdev *v, const char *model)
{
	/* The driver may have been promised that nothing is overtaken. */
	return v->o->service.kind && !service_parse(&v->service->model, model);
}

void service_seed(struct vdev *v, uint64_t seed)
{
	v->service->random = seed;
}

void service_stall(struct vdev *v, double seconds)
{
	v->service->stalled_until = clock_ns() + seconds * NS_PER_S;
}

void service_fail(struct vdev *v, uint64_t n)
{
	v->service->fail = n;
}
