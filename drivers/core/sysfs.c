// SPDX-License-Identifier: GPL-2.0
/*
 * The counters in sysfs, one value per file; sysfs-bus-pci-vfe describes them.
 * A read sums counters in memory; nothing here accesses the device or writes
 * the data path's counters.
 */
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "core.h"

#define VFE_FILE_NAME	48

struct vfe_sysfs;

/**
 * struct vfe_file - a file of a function
 * @attr: its name and mode
 * @show: write its value to a buffer
 * @store: handle a write, or NULL
 * @id: the register, window or counter of the file, for @show
 * @dir: VFE_READ or VFE_WRITE, for @show
 * @name: name of a file for a register, window or counter
 */
struct vfe_file {
	struct attribute attr;
	ssize_t (*show)(struct vfe_sysfs *s, const struct vfe_file *f,
			char *buf);
	void (*store)(struct vfe_sysfs *s);
	u8 id;
	u8 dir;
	char name[VFE_FILE_NAME];
};

/**
 * struct vfe_queue_dir - the directory of a queue
 * @kobj: queues/<n>
 * @q: the queue
 */
struct vfe_queue_dir {
	struct kobject kobj;
	struct vfe_queue *q;
};

/**
 * struct vfe_sysfs - a function's files
 * @kobj: the directory vfe
 * @queues: the directory queues in it, or NULL
 * @dirs: the directories of queues, @num_dirs of them
 * @num_dirs: number of directories
 * @regs: the function's register counts
 * @stats: its event counts
 * @vd: the virtio device, or NULL
 * @reset_lock: serialises resets of the counts
 * @files: files for counters, registers and windows, @num_files of them
 * @num_files: number of files
 */
struct vfe_sysfs {
	struct kobject kobj;
	struct kobject *queues;
	struct vfe_queue_dir **dirs;
	unsigned int num_dirs;
	struct vfe_regs *regs;
	struct vfe_stats *stats;
	struct vfe_device *vd;
	struct mutex reset_lock;	/* resets of the counts */
	struct vfe_file *files;
	unsigned int num_files;
};

/* --- files of every function --- */

static ssize_t exits_show(struct vfe_sysfs *s, const struct vfe_file *f,
			  char *buf)
{
	return sysfs_emit(buf, "%llu\n", vfe_regs_exits(s->regs));
}

static void reset_store(struct vfe_sysfs *s)
{
	unsigned int i;

	mutex_lock(&s->reset_lock);
	vfe_regs_reset_counts(s->regs);
	vfe_stats_reset(s->stats);
	for (i = 0; i < s->num_dirs; i++) {
		mutex_lock(&s->vd->ring_lock);
		vfe_queue_reset_counts(s->dirs[i]->q);
		mutex_unlock(&s->vd->ring_lock);
	}
	mutex_unlock(&s->reset_lock);
}

#define VFE_FILE_RO(file) \
	{ .attr = { .name = #file, .mode = 0444 }, .show = file##_show }

static struct vfe_file vfe_files[] = {
	VFE_FILE_RO(exits),
};

/* added last: a reset uses the directories of all queues */
static struct vfe_file vfe_reset_file = {
	.attr = { .name = "reset", .mode = 0200 },
	.store = reset_store,
};

/* --- files of a virtio function --- */

static ssize_t features_show(struct vfe_sysfs *s, const struct vfe_file *f,
			     char *buf)
{
	char text[VFE_FEATURES_TEXT];

	return sysfs_emit(buf, "%s\n",
			  vfe_features_text(text, s->vd->features,
					    s->vd->features_high));
}

static ssize_t state_show(struct vfe_sysfs *s, const struct vfe_file *f,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", vfe_state_name(vfe_get_state(s->vd)));
}

static ssize_t interface_show(struct vfe_sysfs *s, const struct vfe_file *f,
			      char *buf)
{
	return sysfs_emit(buf, "%s\n", s->vd->transport->name);
}

static ssize_t vectors_show(struct vfe_sysfs *s, const struct vfe_file *f,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n", vfe_irqs_vectors(s->vd));
}

static struct vfe_file vfe_virtio_files[] = {
	VFE_FILE_RO(features),
	VFE_FILE_RO(interface),
	VFE_FILE_RO(state),
	VFE_FILE_RO(vectors),
};

/* --- files for each register and window --- */

static ssize_t register_show(struct vfe_sysfs *s, const struct vfe_file *f,
			     char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  vfe_regs_accesses(s->regs, f->id, f->dir));
}

static ssize_t window_accesses_show(struct vfe_sysfs *s,
				    const struct vfe_file *f, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  vfe_window_accesses(s->regs, f->id, f->dir));
}

static ssize_t window_show(struct vfe_sysfs *s, const struct vfe_file *f,
			   char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  s->regs->win[f->id].traps ? "trap" : "mapped");
}

/* Every register and window, in both directions, and each window's kind */
#define VFE_MAX_FILES \
	((VFE_NUM_REGS + VFE_NUM_WINDOWS) * VFE_NUM_DIRS + VFE_NUM_WINDOWS)

static struct vfe_file *vfe_file_new(struct vfe_sysfs *s, const char *name,
				     unsigned int id)
{
	struct vfe_file *f = &s->files[s->num_files++];

	strscpy(f->name, name, sizeof(f->name));
	f->id = id;
	sysfs_attr_init(&f->attr);
	f->attr.name = f->name;
	f->attr.mode = 0444;
	return f;
}

/* <name>_read and <name>_write */
static void vfe_file_pair(struct vfe_sysfs *s, const char *name,
			  unsigned int id,
			  ssize_t (*show)(struct vfe_sysfs *s,
					  const struct vfe_file *f, char *buf))
{
	static const char * const suffix[VFE_NUM_DIRS] = { "read", "write" };
	char full[VFE_FILE_NAME];
	struct vfe_file *f;
	int dir;

	for (dir = 0; dir < VFE_NUM_DIRS; dir++) {
		snprintf(full, sizeof(full), "%s_%s", name, suffix[dir]);
		f = vfe_file_new(s, full, id);
		f->dir = dir;
		f->show = show;
	}
}

static ssize_t count_show(struct vfe_sysfs *s, const struct vfe_file *f,
			  char *buf)
{
	return sysfs_emit(buf, "%llu\n", vfe_stats_read(s->stats, f->id));
}

#define VFE_COUNTER(file, event) \
	{ .name = file, .offset = offsetof(struct vfe_event_counts, event) }

static const struct vfe_counter vfe_counters[] = {
	VFE_COUNTER("operations", operations),
	VFE_COUNTER("interrupts", interrupts),
	VFE_COUNTER("spurious_interrupts", spurious),
	VFE_COUNTER("config_interrupts", config),
};

static void vfe_make_counters(struct vfe_sysfs *s)
{
	const struct vfe_class_counters *class = s->stats->class;
	unsigned int own = sizeof(struct vfe_event_counts);
	const struct vfe_counter *c;

	for (c = vfe_counters; c < vfe_counters + ARRAY_SIZE(vfe_counters); c++)
		vfe_file_new(s, c->name, c->offset / sizeof(u64))->show =
			count_show;
	if (!class)
		return;
	for (c = class->table; c < class->table + class->n; c++)
		vfe_file_new(s, c->name, (own + c->offset) / sizeof(u64))->show =
			count_show;
}

static bool vfe_window_present(const struct vfe_sysfs *s, unsigned int win)
{
	return s->regs->win[win].base;
}

static void vfe_make_accesses(struct vfe_sysfs *s)
{
	int win;

	for (win = 0; win < VFE_NUM_WINDOWS; win++)
		if (vfe_window_present(s, win))
			vfe_file_pair(s, vfe_window_name(win), win,
				      window_accesses_show);
}

static void vfe_make_registers(struct vfe_sysfs *s)
{
	int reg;

	for (reg = 0; reg < VFE_NUM_REGS; reg++)
		if (vfe_window_present(s, vfe_reg_window(reg)))
			vfe_file_pair(s, vfe_reg_name(reg), reg, register_show);
}

static void vfe_make_windows(struct vfe_sysfs *s)
{
	int win;

	for (win = 0; win < VFE_NUM_WINDOWS; win++)
		if (vfe_window_present(s, win))
			vfe_file_new(s, vfe_window_name(win), win)->show =
				window_show;
}

/* Adds @n files to the directory @name, or to vfe/ itself. */
static int vfe_add_files(struct vfe_sysfs *s, const char *name,
			 struct vfe_file *files, unsigned int n)
{
	struct attribute_group group = { .name = name };
	unsigned int i;
	int ret;

	group.attrs = kcalloc(n + 1, sizeof(*group.attrs), GFP_KERNEL);
	if (!group.attrs)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		group.attrs[i] = &files[i].attr;
	ret = sysfs_create_group(&s->kobj, &group);
	kfree(group.attrs);
	return ret;
}

static int vfe_add_made(struct vfe_sysfs *s, const char *name,
			void (*make)(struct vfe_sysfs *s))
{
	unsigned int first = s->num_files;

	make(s);
	return vfe_add_files(s, name, &s->files[first], s->num_files - first);
}

/* --- files of a queue --- */

/**
 * struct vfe_queue_file - a file of a queue
 * @attr: its name and mode
 * @show: write its value to a buffer
 */
struct vfe_queue_file {
	struct attribute attr;
	ssize_t (*show)(const struct vfe_queue *q, char *buf);
};

#define VFE_QUEUE_COUNT(file) \
static ssize_t queue_##file##_show(const struct vfe_queue *q, char *buf) \
{ \
	struct vfe_queue_counts sum; \
\
	vfe_queue_get_counts(q, &sum); \
	return sysfs_emit(buf, "%llu\n", sum.file); \
}

VFE_QUEUE_COUNT(kicks)
VFE_QUEUE_COUNT(kicks_suppressed)
VFE_QUEUE_COUNT(completions)
VFE_QUEUE_COUNT(interrupts)

static ssize_t queue_size_show(const struct vfe_queue *q, char *buf)
{
	return sysfs_emit(buf, "%u\n", q->size);
}

static ssize_t queue_avail_idx_show(const struct vfe_queue *q, char *buf)
{
	u16 avail = 0, used;

	/* no ring: it is being replaced */
	if (q->ring)
		q->ops->indices(q, &avail, &used);
	return sysfs_emit(buf, "%u\n", avail);
}

static ssize_t queue_used_idx_show(const struct vfe_queue *q, char *buf)
{
	u16 avail, used = 0;

	if (q->ring)
		q->ops->indices(q, &avail, &used);
	return sysfs_emit(buf, "%u\n", used);
}

#define VFE_QUEUE_FILE(file) \
static struct vfe_queue_file queue_##file##_file = { \
	.attr = { .name = #file, .mode = 0444 }, .show = queue_##file##_show, \
}

VFE_QUEUE_FILE(kicks);
VFE_QUEUE_FILE(kicks_suppressed);
VFE_QUEUE_FILE(completions);
VFE_QUEUE_FILE(interrupts);
VFE_QUEUE_FILE(size);
VFE_QUEUE_FILE(avail_idx);
VFE_QUEUE_FILE(used_idx);

static struct attribute *vfe_queue_attrs[] = {
	&queue_kicks_file.attr,
	&queue_kicks_suppressed_file.attr,
	&queue_completions_file.attr,
	&queue_interrupts_file.attr,
	&queue_size_file.attr,
	&queue_avail_idx_file.attr,
	&queue_used_idx_file.attr,
	NULL
};
ATTRIBUTE_GROUPS(vfe_queue);

static ssize_t vfe_queue_show(struct kobject *kobj, struct attribute *attr,
			      char *buf)
{
	struct vfe_queue_dir *dir = container_of(kobj, struct vfe_queue_dir,
						 kobj);
	struct vfe_queue_file *f = container_of(attr, struct vfe_queue_file,
						attr);
	struct mutex *lock = &dir->q->vd->ring_lock;
	ssize_t ret;

	mutex_lock(lock);
	ret = f->show(dir->q, buf);
	mutex_unlock(lock);
	return ret;
}

static void vfe_queue_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct vfe_queue_dir, kobj));
}

static const struct sysfs_ops vfe_queue_sysfs_ops = { .show = vfe_queue_show };

static const struct kobj_type vfe_queue_ktype = {
	.release = vfe_queue_release,
	.sysfs_ops = &vfe_queue_sysfs_ops,
	.default_groups = vfe_queue_groups,
};

static int vfe_add_queue(struct vfe_sysfs *s, unsigned int index)
{
	struct vfe_queue_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	int ret;

	if (!dir)
		return -ENOMEM;
	dir->q = vfe_get_queue(s->vd, index);
	ret = kobject_init_and_add(&dir->kobj, &vfe_queue_ktype, s->queues,
				   "%u", vfe_queue_index(dir->q));
	if (ret) {
		kobject_put(&dir->kobj);
		return ret;
	}
	s->dirs[s->num_dirs++] = dir;
	return 0;
}

static int vfe_add_queues(struct vfe_sysfs *s)
{
	unsigned int n = vfe_num_queues(s->vd);
	unsigned int i;
	int ret = 0;

	s->dirs = kcalloc(n, sizeof(*s->dirs), GFP_KERNEL);
	s->queues = kobject_create_and_add("queues", &s->kobj);
	if (!s->dirs || !s->queues)
		return -ENOMEM;
	for (i = 0; !ret && i < n; i++)
		ret = vfe_add_queue(s, i);
	return ret;
}

/* --- the directory --- */

static ssize_t vfe_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct vfe_file *f = container_of(attr, struct vfe_file, attr);

	if (!f->show)
		return -EIO;
	return f->show(container_of(kobj, struct vfe_sysfs, kobj), f, buf);
}

static ssize_t vfe_store(struct kobject *kobj, struct attribute *attr,
			 const char *buf, size_t len)
{
	struct vfe_file *f = container_of(attr, struct vfe_file, attr);

	if (!f->store)
		return -EIO;
	f->store(container_of(kobj, struct vfe_sysfs, kobj));
	return len;
}

static void vfe_release(struct kobject *kobj)
{
	struct vfe_sysfs *s = container_of(kobj, struct vfe_sysfs, kobj);

	kfree(s->dirs);
	kfree(s->files);
	kfree(s);
}

static const struct sysfs_ops vfe_sysfs_ops = {
	.show = vfe_show,
	.store = vfe_store,
};

static const struct kobj_type vfe_ktype = {
	.release = vfe_release,
	.sysfs_ops = &vfe_sysfs_ops,
};

static int vfe_add_all(struct vfe_sysfs *s)
{
	int ret;

	ret = vfe_add_files(s, NULL, vfe_files, ARRAY_SIZE(vfe_files));
	if (!ret)
		ret = vfe_add_made(s, NULL, vfe_make_counters);
	if (!ret)
		ret = vfe_add_made(s, "accesses", vfe_make_accesses);
	if (!ret)
		ret = vfe_add_made(s, "registers", vfe_make_registers);
	if (!ret)
		ret = vfe_add_made(s, "windows", vfe_make_windows);
	if (!ret && s->vd)
		ret = vfe_add_files(s, NULL, vfe_virtio_files,
				    ARRAY_SIZE(vfe_virtio_files));
	if (!ret && s->vd)
		ret = vfe_add_queues(s);
	return ret ?: sysfs_create_file(&s->kobj, &vfe_reset_file.attr);
}

struct vfe_sysfs *vfe_sysfs_create(struct device *parent,
				   struct vfe_regs *regs,
				   struct vfe_stats *stats,
				   struct vfe_device *vd)
{
	struct vfe_sysfs *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int ret;

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->regs = regs;
	s->stats = stats;
	s->vd = vd;
	mutex_init(&s->reset_lock);
	kobject_init(&s->kobj, &vfe_ktype);
	s->files = kcalloc(VFE_MAX_FILES + stats->n, sizeof(*s->files),
			   GFP_KERNEL);
	ret = s->files ? kobject_add(&s->kobj, &parent->kobj, "vfe") : -ENOMEM;
	if (!ret)
		ret = vfe_add_all(s);
	if (!ret)
		return s;
	dev_err(parent, "cannot create the counters in sysfs: error %d\n", ret);
	vfe_sysfs_destroy(s);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(vfe_sysfs_create, VFE_NS);

void vfe_sysfs_destroy(struct vfe_sysfs *s)
{
	unsigned int i;

	if (IS_ERR_OR_NULL(s))
		return;
	/* each kobject_del() waits for running reads and writes */
	if (s->kobj.state_in_sysfs)
		sysfs_remove_file(&s->kobj, &vfe_reset_file.attr);
	for (i = 0; i < s->num_dirs; i++) {
		kobject_del(&s->dirs[i]->kobj);
		kobject_put(&s->dirs[i]->kobj);
	}
	if (s->queues) {
		kobject_del(s->queues);
		kobject_put(s->queues);
	}
	kobject_del(&s->kobj);
	kobject_put(&s->kobj);
}
EXPORT_SYMBOL_NS_GPL(vfe_sysfs_destroy, VFE_NS);
