/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long the device takes over a request: drawn from a model, stretched by a
 * stall, and at times ended by an error.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* the largest value of --parallel */
#define SERVICE_MAX_PARALLEL	1024U
#define SERVICE_MAX_STALL_S	86400

enum service_kind {
	SERVICE_NONE,		/* a request is done when it is seen */
	SERVICE_CONSTANT,
	SERVICE_EXPONENTIAL,
	SERVICE_LOGNORMAL,
	SERVICE_BIMODAL,
};

/* Times are in microseconds. */
struct service_model {
	enum service_kind kind;
	double typical;		/* the time, the mean, the median or the fast one */
	double second;		/* sigma, or the slow time */
	double percent;		/* of requests that are slow */
};

struct vdev;
struct queue;
struct chain;
struct service;

#define SERVICE_MODELS \
	"constant:US, exponential:US, lognormal:MEDIAN_US:SIGMA or bimodal:FAST_US:SLOW_US:PERCENT_SLOW"

/* Return: 0, or -1 if @text is no model. */
int service_parse(struct service_model *m, const char *text);
/* A time in ns; @state is that of random_next(). */
uint64_t service_draw(const struct service_model *m, uint64_t *state);

/* Room for @most requests. Return: NULL if there is no memory. */
struct service *service_new(const struct vdev *v, unsigned int most);
void service_free(struct service *s);

/* Does a request that comes now have to wait? */
bool service_delays(const struct queue *q);
/*
 * Execute a request, and delay its completion until it is due.
 * Return: 0, REQUEST_LATER if the class leaves it in the ring, or -1 after a
 * line in the log if the chain makes no sense.
 */
int service_take(struct queue *q, struct chain *c);
/* Until when a stall lasts. Return: ns of the monotonic clock */
uint64_t service_stalled_until(const struct vdev *v);
/* Is the request that comes now one that fails? */
bool service_fails(struct vdev *v);
/* The queue is reset: nobody waits for the answers any more. */
void service_drop(struct queue *q);
/*
 * Put answers that are due at @now into their rings, for the driver to see
 * after ring_publish() of each queue whose answered mark is set.
 */
void service_answer(struct vdev *v, uint64_t now);
/* When the next answer is due. Return: ns, or UINT64_MAX if none waits. */
uint64_t service_due(const struct vdev *v);

/* Is this the request? @held: what the class keeps of it, not NULL */
typedef bool service_match(const struct queue *q, void *held, void *arg);

unsigned int service_count(struct vdev *v, service_match *match, void *arg);
/*
 * Answer these now, in order of arrival, and with IN_ORDER those before them;
 * pass_publish_answered() shows them to the driver.
 * Return: how many matched
 */
unsigned int service_finish(struct vdev *v, service_match *match, void *arg);
/* Answer these no sooner than at @until, ns of the monotonic clock. */
void service_hold(struct vdev *v, service_match *match, void *arg,
		  uint64_t until);

/*
 * The control socket: another model. Return: false if it is none, or if the
 * device began without one.
 */
bool service_change(struct vdev *v, const char *model);
/* Service times begin another sequence. */
void service_seed(struct vdev *v, uint64_t seed);
/* No answer for so long; 0 ends it. */
void service_stall(struct vdev *v, double seconds);
/* The next @n requests fail. */
void service_fail(struct vdev *v, uint64_t n);

#endif /* SERVICE_H */
