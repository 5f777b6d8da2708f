// SPDX-License-Identifier: GPL-2.0
/*
 * Spreads the pairs in use over the online CPUs: their interrupts, and XPS.
 * Again when a CPU comes or goes: the kernel moves the interrupts of a CPU that
 * goes offline, and never moves them back.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>

#include "net.h"

static enum cpuhp_state vfe_net_cpu_state;

/*
 * A CPU has several pairs, or a pair several CPUs. @off: a CPU that is about to
 * go offline, or -1. cpus_read_lock() is held.
 */
static void vfe_net_spread(struct vfe_net *vn, int off)
{
	unsigned int pairs = min_t(unsigned int, READ_ONCE(vn->state.pairs),
				   READ_ONCE(vn->netdev->real_num_tx_queues));
	unsigned int cpus = num_online_cpus() -
			    (off >= 0 && cpu_online(off));
	unsigned int i, n;
	cpumask_var_t mask;
	int cpu;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;
	for (i = 0; i < pairs; i++) {
		cpumask_clear(mask);
		n = 0;
		for_each_online_cpu(cpu)
			if (cpu != off && n++ % pairs == i % cpus)
				cpumask_set_cpu(cpu, mask);
		vfe_queue_set_affinity(vn->rxq[i].vq, mask);
		__netif_set_xps_queue(vn->netdev, cpumask_bits(mask), i,
				      XPS_CPUS);
	}
	free_cpumask_var(mask);
}

/**
 * vfe_net_set_affinity() - spread the pairs in use over the CPUs
 * @vn: the network device
 *
 * Overrides what users have set.
 *
 * Context: process context; rtnl or not yet registered.
 */
void vfe_net_set_affinity(struct vfe_net *vn)
{
	cpus_read_lock();
	vfe_net_spread(vn, -1);
	cpus_read_unlock();
}

/*
 * Without rtnl: its holders wait for cpus_read_lock(). What changes the
 * number of pairs calls vfe_net_set_affinity() afterwards.
 */
static int vfe_net_cpu_online(unsigned int cpu, struct hlist_node *node)
{
	vfe_net_spread(hlist_entry(node, struct vfe_net, cpu_node), -1);
	return 0;
}

static int vfe_net_cpu_offline(unsigned int cpu, struct hlist_node *node)
{
	vfe_net_spread(hlist_entry(node, struct vfe_net, cpu_node), cpu);
	return 0;
}

/**
 * vfe_net_follow_cpus() - spread the pairs again when a CPU comes or goes
 * @vn: the network device, registered
 *
 * Context: process context, without rtnl.
 */
void vfe_net_follow_cpus(struct vfe_net *vn)
{
	/* without callbacks to run now, this cannot fail */
	cpuhp_state_add_instance_nocalls(vfe_net_cpu_state, &vn->cpu_node);
}

/* Context: as vfe_net_follow_cpus() */
void vfe_net_leave_cpus(struct vfe_net *vn)
{
	cpuhp_state_remove_instance_nocalls(vfe_net_cpu_state, &vn->cpu_node);
}

/* Return: 0 or an error */
int vfe_net_affinity_init(void)
{
	int state = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN,
					    "net/vfe_net:online",
					    vfe_net_cpu_online,
					    vfe_net_cpu_offline);

	if (state < 0)
		return state;
	vfe_net_cpu_state = state;
	return 0;
}

void vfe_net_affinity_exit(void)
{
	cpuhp_remove_multi_state(vfe_net_cpu_state);
}
