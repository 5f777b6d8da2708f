// SPDX-License-Identifier: GPL-2.0
/*
 * Deliberate bugs, one per load. They test that a kernel's checkers are
 * enabled, and that the reader of its log finds their reports. insmod always
 * fails.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define VFE_SEEDS_ROUNDS	20000

static char *seed = "";
module_param(seed, charp, 0444);
MODULE_PARM_DESC(seed, "inversion, sleep or race");

static DEFINE_MUTEX(vfe_seeds_one);
static DEFINE_MUTEX(vfe_seeds_other);
static DEFINE_SPINLOCK(vfe_seeds_spin);
static unsigned long vfe_seeds_shared;

static void vfe_seeds_inversion(void)
{
	mutex_lock(&vfe_seeds_one);
	mutex_lock(&vfe_seeds_other);
	mutex_unlock(&vfe_seeds_other);
	mutex_unlock(&vfe_seeds_one);
	mutex_lock(&vfe_seeds_other);
	mutex_lock(&vfe_seeds_one);
	mutex_unlock(&vfe_seeds_one);
	mutex_unlock(&vfe_seeds_other);
}

static void vfe_seeds_sleep(void)
{
	spin_lock(&vfe_seeds_spin);
	usleep_range(1000, 2000);
	spin_unlock(&vfe_seeds_spin);
}

static int vfe_seeds_racer(void *unused)
{
	int i;

	for (i = 0; i < VFE_SEEDS_ROUNDS; i++) {
		vfe_seeds_shared++;
		cond_resched();
	}
	while (!kthread_should_stop())
		usleep_range(1000, 2000);
	return 0;
}

static void vfe_seeds_race(void)
{
	struct task_struct *task[2];
	int i;

	for (i = 0; i < 2; i++)
		task[i] = kthread_run_on_cpu(vfe_seeds_racer, NULL, i,
					     "vfe-seeds/%u");
	msleep(500);
	for (i = 0; i < 2; i++)
		if (!IS_ERR(task[i]))
			kthread_stop(task[i]);
}

static int __init vfe_seeds_init(void)
{
	static const struct {
		const char *name;
		void (*plant)(void);
	} seeds[] = {
		{ "inversion", vfe_seeds_inversion },
		{ "sleep", vfe_seeds_sleep },
		{ "race", vfe_seeds_race },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seeds); i++) {
		if (!strcmp(seed, seeds[i].name)) {
			seeds[i].plant();
			return -EAGAIN;
		}
	}
	return -EINVAL;
}
module_init(vfe_seeds_init);

MODULE_DESCRIPTION("Mistakes that a kernel's checkers must find");
MODULE_LICENSE("GPL");
