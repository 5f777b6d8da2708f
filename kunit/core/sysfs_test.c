// SPDX-License-Identifier: GPL-2.0
/*
 * The files under vfe/, according to drivers/core/sysfs-bus-pci-vfe: their
 * names, modes and text, and their removal with the function. counters_test.c
 * checks the numbers.
 */
#include <linux/kthread.h>
#include <linux/slab.h>

#include <vfe/stats.h>

#include "lib/failslab.h"
#include "lib/ring_fixture.h"
#include "lib/suite.h"
#include "lib/sysfs_files.h"

#define FILES_MAX		512
#define FILES_ALLOCATIONS	4000	/* a bound, not a number */

/* A function with its files, below a mount of sysfs */
struct files {
	struct tdrv *td;
	struct vfsmount *mnt;
	struct vfe_sysfs *s;
};

static void files_stop(void *data)
{
	struct files *f = data;

	vfe_sysfs_destroy(f->s);
	f->s = NULL;
}

static struct files *files_start(struct kunit *test,
				 const struct tdrv_setup *spec)
{
	struct files *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct tdrv_setup usual = { .mock = { .queues = 2 } };
	struct tdrv *td;

	KUNIT_ASSERT_NOT_NULL(test, f);
	td = tdrv_start(test, spec ?: &usual);
	f->td = td;
	f->s = vfe_sysfs_create(&td->m->pdev->dev, vfe_regs_of(td->vd),
				vfe_stats_of(td->vd), td->vd);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->s);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, files_stop, f));
	f->mnt = vfe_files_mount(test);
	return f;
}

/* --- what there is --- */

struct files_entry {
	char name[48];
	bool folder;
	bool known;
};

/**
 * struct files_list - the entries of a folder
 * @ctx: for iterate_dir()
 * @n: entries
 * @entry: them
 */
struct files_list {
	struct dir_context ctx;
	unsigned int n;
	struct files_entry entry[FILES_MAX];
};

static bool files_note(struct dir_context *ctx, const char *name, int len,
		       loff_t pos, u64 ino, unsigned int type)
{
	struct files_list *list = container_of(ctx, struct files_list, ctx);

	if (name[0] == '.' || list->n == FILES_MAX)
		return list->n != FILES_MAX;
	snprintf(list->entry[list->n].name, sizeof(list->entry[0].name),
		 "%.*s", len, name);
	list->entry[list->n++].folder = type == DT_DIR;
	return true;
}

/* List a folder below vfe/. */
static struct files_list *files_list(struct kunit *test, struct files *f,
				     const char *folder)
{
	struct files_list *list = kunit_kzalloc(test, sizeof(*list),
						GFP_KERNEL);
	struct file *dir;

	KUNIT_ASSERT_NOT_NULL(test, list);
	list->ctx.actor = files_note;
	dir = vfe_files_open(f->mnt, f->td->m->pdev, folder,
			     O_RDONLY | O_DIRECTORY);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dir));
	KUNIT_EXPECT_EQ(test, iterate_dir(dir, &list->ctx), 0);
	filp_close(dir, NULL);
	return list;
}

/* It must exist: mark it. */
static void files_expect(struct kunit *test, struct files_list *list,
			 const char *name, bool folder)
{
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		if (strcmp(list->entry[i].name, name))
			continue;
		KUNIT_EXPECT_FALSE(test, list->entry[i].known);
		KUNIT_EXPECT_EQ(test, list->entry[i].folder, folder);
		list->entry[i].known = true;
		return;
	}
	KUNIT_FAIL(test, "%s is not there", name);
}

/* And no other entry. */
static void files_expect_no_more(struct kunit *test,
				 const struct files_list *list)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (!list->entry[i].known)
			KUNIT_FAIL(test, "%s is not documented",
				   list->entry[i].name);
}

static const char * const files_every[] = {
	"exits", "operations", "interrupts", "spurious_interrupts",
	"config_interrupts", "own", "reset",
};

static const char * const files_virtio[] = {
	"features", "interface", "state", "vectors",
};

static const char * const files_folders[] = {
	"accesses", "registers", "windows",
};

static const char * const files_queue[] = {
	"kicks", "kicks_suppressed", "completions", "interrupts", "size",
	"avail_idx", "used_idx",
};

static void files_expect_top(struct kunit *test, struct files *f, bool virtio)
{
	struct files_list *list = files_list(test, f, ".");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files_every); i++)
		files_expect(test, list, files_every[i], false);
	for (i = 0; i < ARRAY_SIZE(files_folders); i++)
		files_expect(test, list, files_folders[i], true);
	for (i = 0; virtio && i < ARRAY_SIZE(files_virtio); i++)
		files_expect(test, list, files_virtio[i], false);
	if (virtio)
		files_expect(test, list, "queues", true);
	files_expect_no_more(test, list);
}

/* <name>_read and <name>_write */
static void files_expect_pair(struct kunit *test, struct files_list *list,
			      const char *name)
{
	char full[48];

	snprintf(full, sizeof(full), "%s_read", name);
	files_expect(test, list, full, false);
	snprintf(full, sizeof(full), "%s_write", name);
	files_expect(test, list, full, false);
}

/* Registers and windows: exactly those of @windows (bit VFE_WIN_x) */
static void files_expect_windows(struct kunit *test, struct files *f,
				 u32 windows)
{
	struct files_list *registers = files_list(test, f, "registers");
	struct files_list *accesses = files_list(test, f, "accesses");
	struct files_list *kinds = files_list(test, f, "windows");
	int i;

	for (i = 0; i < VFE_NUM_REGS; i++)
		if (windows & BIT(vfe_reg_window(i)))
			files_expect_pair(test, registers, vfe_reg_name(i));
	for (i = 0; i < VFE_NUM_WINDOWS; i++) {
		if (!(windows & BIT(i)))
			continue;
		files_expect_pair(test, accesses, vfe_window_name(i));
		files_expect(test, kinds, vfe_window_name(i), false);
	}
	files_expect_no_more(test, registers);
	files_expect_no_more(test, accesses);
	files_expect_no_more(test, kinds);
}

#define FILES_WINDOWS \
	(BIT(VFE_WIN_COMMON) | BIT(VFE_WIN_NOTIFY) | BIT(VFE_WIN_ISR))

static void files_all_documented(struct kunit *test)
{
	static const u8 config[8] = {};
	struct tdrv_setup spec = {
		.mock = {
			.queues = 3,
			.config = config,
			.config_len = sizeof(config),
		},
	};
	struct files *f = files_start(test, &spec);
	struct files_list *queues = files_list(test, f, "queues");
	struct files_list *queue;
	unsigned int i, k;
	char name[16];

	files_expect_top(test, f, true);
	files_expect_windows(test, f, FILES_WINDOWS | BIT(VFE_WIN_DEVICE));
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%u", i);
		files_expect(test, queues, name, true);
		snprintf(name, sizeof(name), "queues/%u", i);
		queue = files_list(test, f, name);
		for (k = 0; k < ARRAY_SIZE(files_queue); k++)
			files_expect(test, queue, files_queue[k], false);
		files_expect_no_more(test, queue);
	}
	files_expect_no_more(test, queues);
}

/* Counts without windows; too large for the stack */
static struct vfe_regs *files_regs(struct kunit *test)
{
	struct vfe_regs *regs = kunit_kzalloc(test, sizeof(*regs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, regs);
	KUNIT_ASSERT_EQ(test, vfe_regs_init(regs), 0);
	return regs;
}

/* A driver of a register window has one window, and no virtio files. */
static void files_without_virtio(struct kunit *test)
{
	struct tdrv_setup spec = {};
	struct tdrv *td = tdrv_start(test, &spec);
	struct files f = { .td = td, .mnt = vfe_files_mount(test) };
	struct vfe_regs *regs = files_regs(test);
	char buf[16];

	regs->win[VFE_WIN_MEMORY] = vfe_regs_of(td->vd)->win[VFE_WIN_COMMON];
	f.s = vfe_sysfs_create(&td->m->pdev->dev, regs, vfe_stats_of(td->vd),
			       NULL);
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(f.s));
	if (!IS_ERR_OR_NULL(f.s)) {
		files_expect_top(test, &f, false);
		files_expect_windows(test, &f, BIT(VFE_WIN_MEMORY));
		KUNIT_EXPECT_EQ(test, 1,
				vfe_files_write(f.mnt, td->m->pdev, "reset",
						"1"));
		KUNIT_EXPECT_EQ(test, 5,
				vfe_files_read(f.mnt, td->m->pdev,
					       "windows/memory", buf,
					       sizeof(buf)));
		KUNIT_EXPECT_STREQ(test, buf, "trap\n");
	}
	vfe_sysfs_destroy(f.s);
	vfe_regs_exit(regs);
}

/* --- modes --- */

static void files_mode(struct kunit *test, struct files *f, const char *name,
		       umode_t mode)
{
	bool readable = mode & 0444, writable = mode & 0222;
	struct file *r, *w;

	r = vfe_files_open(f->mnt, f->td->m->pdev, name, O_RDONLY);
	w = vfe_files_open(f->mnt, f->td->m->pdev, name, O_WRONLY);
	KUNIT_EXPECT_EQ_MSG(test, !IS_ERR(r), readable, "%s", name);
	KUNIT_EXPECT_EQ_MSG(test, !IS_ERR(w), writable, "%s", name);
	if (IS_ERR(r))
		KUNIT_EXPECT_EQ(test, PTR_ERR(r), -EACCES);
	else
		KUNIT_EXPECT_EQ_MSG(test, file_inode(r)->i_mode & 0777, mode,
				    "%s", name);
	if (IS_ERR(w))
		KUNIT_EXPECT_EQ(test, PTR_ERR(w), -EACCES);
	else
		KUNIT_EXPECT_EQ_MSG(test, file_inode(w)->i_mode & 0777, mode,
				    "%s", name);
	if (!IS_ERR(r))
		filp_close(r, NULL);
	if (!IS_ERR(w))
		filp_close(w, NULL);
}

static void files_modes_of(struct kunit *test, struct files *f,
			   const char *folder)
{
	struct files_list *list = files_list(test, f, folder);
	char name[80];
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		if (list->entry[i].folder)
			continue;
		snprintf(name, sizeof(name), "%s/%s", folder,
			 list->entry[i].name);
		files_mode(test, f, name,
			   strcmp(list->entry[i].name, "reset") ? 0444 : 0200);
	}
}

static void files_modes(struct kunit *test)
{
	static const char * const folders[] = {
		".", "accesses", "registers", "windows", "queues", "queues/0",
		"queues/1",
	};
	struct files *f = files_start(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		files_modes_of(test, f, folders[i]);
}

/* --- texts --- */

static void files_text(struct kunit *test, struct files *f, const char *name,
		       const char *text)
{
	char buf[64];
	ssize_t len = vfe_files_read(f->mnt, f->td->m->pdev, name, buf,
				     sizeof(buf));

	KUNIT_EXPECT_EQ_MSG(test, len, (ssize_t)strlen(text), "%s", name);
	if (len >= 0)
		KUNIT_EXPECT_STREQ_MSG(test, buf, text, "%s", name);
}

/* Every count is a number in a line of its own, and 0 after a reset. */
static void files_numbers(struct kunit *test)
{
	static const char * const folders[] = {
		"accesses", "registers", "queues/0", "queues/1",
	};
	struct files *f = files_start(test, NULL);
	struct pci_dev *pdev = f->td->m->pdev;
	struct files_list *list;
	unsigned int i, k;
	char name[80];
	u64 val;

	KUNIT_EXPECT_GT(test, vfe_files_number(test, f->mnt, pdev, "exits"),
			0ULL);
	KUNIT_EXPECT_EQ(test, vfe_files_write(f->mnt, pdev, "reset", "x"), 1);
	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		list = files_list(test, f, folders[i]);
		for (k = 0; k < list->n; k++) {
			snprintf(name, sizeof(name), "%s/%s", folders[i],
				 list->entry[k].name);
			val = vfe_files_number(test, f->mnt, pdev, name);
			KUNIT_EXPECT_EQ_MSG(test, val,
					    strcmp(list->entry[k].name, "size")
					    ? 0ULL : 64ULL, "%s", name);
		}
	}
	for (i = 0; i < ARRAY_SIZE(files_every) - 1; i++)
		KUNIT_EXPECT_EQ(test, 0ULL,
				vfe_files_number(test, f->mnt, pdev,
						 files_every[i]));
}

static void files_features(struct kunit *test)
{
	struct tdrv_setup spec = { .mock = { .features = RING_PLAIN } };
	struct files *f = files_start(test, &spec);

	files_text(test, f, "features", "0x0000000100000000\n");
	/* a feature from 64 on */
	f->td->vd->features_high = BIT_ULL(4);
	files_text(test, f, "features", "0x100000000100000000\n");
	files_text(test, files_start(test, NULL), "features",
		   "0x0000000130000000\n");
}

static void files_states(struct kunit *test)
{
	struct files *f = files_start(test, NULL);
	struct vfe_device *vd = f->td->vd;

	files_text(test, f, "interface", "modern\n");
	files_text(test, f, "state", "live\n");
	KUNIT_ASSERT_EQ(test, vfe_reset(vd), 0);
	files_text(test, f, "state", "reset\n");
	KUNIT_ASSERT_EQ(test, vfe_restart(vd), 0);
	files_text(test, f, "state", "queues\n");
	KUNIT_ASSERT_EQ(test, vfe_ready(vd), 0);
	files_text(test, f, "state", "live\n");
	/* features that are refused after a reset */
	KUNIT_ASSERT_EQ(test, vfe_reset(vd), 0);
	f->td->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, vfe_restart(vd), -ENODEV);
	files_text(test, f, "state", "failed\n");
	vfe_mock_vanish(f->td->m);
	KUNIT_EXPECT_EQ(test, vfe_reset(vd), -ENODEV);
	files_text(test, f, "state", "gone\n");
}

/* The states before the files exist */
static void files_early_states(struct kunit *test)
{
	struct files f = { .mnt = vfe_files_mount(test) };
	struct tdrv *td = tdrv_new(test, NULL);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_CREATE), 0);
	f.td = td;
	f.s = vfe_sysfs_create(&td->m->pdev->dev, vfe_regs_of(td->vd),
			       vfe_stats_of(td->vd), td->vd);
	files_text(test, &f, "state", "driver\n");
	files_text(test, &f, "features", "0x0000000000000000\n");
	files_text(test, &f, "vectors", "0\n");
	KUNIT_EXPECT_EQ(test, tdrv_step(td, TDRV_NEGOTIATE), 0);
	files_text(test, &f, "state", "features\n");
	vfe_sysfs_destroy(f.s);
}

static void files_vectors(struct kunit *test)
{
	static const struct {
		enum vfe_interrupts irqs;
		const char *text;
	} kinds[] = {
		{ VFE_IRQ_MSIX, "4\n" },
		{ VFE_IRQ_SHARED, "2\n" },
		{ VFE_IRQ_SINGLE, "1\n" },
		{ VFE_IRQ_INTX, "0\n" },
	};
	struct tdrv_setup spec = { .mock = { .queues = 3 } };
	struct files *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		spec.irqs = kinds[i].irqs;
		f = files_start(test, &spec);
		files_text(test, f, "vectors", kinds[i].text);
		files_stop(f);
		tdrv_down(f->td);
	}
}

static void files_windows(struct kunit *test)
{
	struct tdrv_setup spec = {
		.mock = { .mapped = BIT(VFE_WIN_NOTIFY) | BIT(VFE_WIN_ISR) },
	};
	struct files *f = files_start(test, &spec);

	files_text(test, f, "windows/common", "trap\n");
	files_text(test, f, "windows/notify", "mapped\n");
	files_text(test, f, "windows/isr", "mapped\n");
}

static void files_texts_of_a_queue(struct kunit *test, u64 features)
{
	struct tdrv_setup spec = {
		.mock = { .features = RING_PLAIN | features }, .size = 32,
	};
	struct files *f = files_start(test, &spec);
	struct tdrv *td = f->td;
	u32 n;

	files_text(test, f, "queues/0/size", "32\n");
	for (n = 0; n < 3; n++)
		buf_round_trip(td, n);
	KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, 1), 0);
	/* a buffer counts as available only when it is visible */
	files_text(test, f, "queues/0/avail_idx", "3\n");
	vfe_queue_kick_prepare(td->q);
	files_text(test, f, "queues/0/avail_idx", "4\n");
	files_text(test, f, "queues/0/used_idx", "3\n");
	files_text(test, f, "queues/0/completions", "3\n");
	/* since the queue was set up, which a restart repeats */
	tdrv_restart(td);
	files_text(test, f, "queues/0/avail_idx", "0\n");
	files_text(test, f, "queues/0/used_idx", "0\n");
	files_text(test, f, "queues/0/completions", "3\n");
	/* nor does a ring of another size count anew */
	buf_round_trip(td, n);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	vfe_queue_set_size(td->q, 16);
	files_text(test, f, "queues/0/avail_idx", "0\n");
	files_text(test, f, "queues/0/used_idx", "0\n");
	files_text(test, f, "queues/0/completions", "4\n");
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	buf_round_trip(td, n);
	files_text(test, f, "queues/0/size", "16\n");
	files_text(test, f, "queues/0/completions", "5\n");
}

static void files_queue_texts(struct kunit *test)
{
	files_texts_of_a_queue(test, RING_EVENT_IDX | RING_INDIRECT);
}

static void files_packed_queue_texts(struct kunit *test)
{
	files_texts_of_a_queue(test, RING_PACKED);
}

/* --- writes --- */

/* A counter of the class driver's own is read and reset like the core's. */
static void files_counter_of_the_class(struct kunit *test)
{
	struct files *f = files_start(test, NULL);
	struct vfe_stats *stats = vfe_stats_of(f->td->vd);
	int i;

	for (i = 0; i < 2; i++) {
		vfe_class_count_by(stats, struct tdrv_counts, own, 3);
		vfe_class_count(stats, struct tdrv_counts, own);
		files_text(test, f, "own", "4\n");
		files_text(test, f, "operations", "0\n");
		KUNIT_EXPECT_EQ(test, 1,
				vfe_files_write(f->mnt, f->td->m->pdev, "reset",
						"1"));
		files_text(test, f, "own", "0\n");
	}
}

static void files_reset_writes(struct kunit *test)
{
	static const char * const texts[] = { "1\n", "0\n", "x", "1 2 3\n" };
	struct files *f = files_start(test, NULL);
	struct pci_dev *pdev = f->td->m->pdev;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		tdrv_restart(f->td);
		KUNIT_EXPECT_GT(test, 0ULL +
				vfe_files_number(test, f->mnt, pdev, "exits"),
				0ULL);
		KUNIT_EXPECT_EQ(test, (ssize_t)strlen(texts[i]),
				vfe_files_write(f->mnt, pdev, "reset",
						texts[i]));
		KUNIT_EXPECT_EQ(test, 0ULL,
				vfe_files_number(test, f->mnt, pdev, "exits"));
	}
	KUNIT_EXPECT_EQ(test, -EACCES,
			vfe_files_write(f->mnt, pdev, "exits", "1"));
}

/* --- going away --- */

/*
 * A file that is open when the folder is removed returns an error, not freed
 * memory.
 */
static void files_open_when_gone(struct kunit *test)
{
	static const char * const names[] = {
		"exits", "state", "registers/device_status_read",
		"queues/1/kicks", "queues/0/size",
	};
	struct files *f = files_start(test, NULL);
	struct file *open[ARRAY_SIZE(names)];
	struct file *reset;
	loff_t pos = 0;
	unsigned int i;
	char buf[32];

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		open[i] = vfe_files_open(f->mnt, f->td->m->pdev, names[i],
					 O_RDONLY);
		KUNIT_ASSERT_FALSE(test, IS_ERR(open[i]));
		KUNIT_EXPECT_GT(test,
				vfe_files_read_open(open[i], buf, sizeof(buf)),
				0);
	}
	reset = vfe_files_open(f->mnt, f->td->m->pdev, "reset", O_WRONLY);
	KUNIT_ASSERT_FALSE(test, IS_ERR(reset));
	files_stop(f);
	tdrv_down(f->td);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		KUNIT_EXPECT_EQ(test, -ENODEV,
				vfe_files_read_open(open[i], buf, sizeof(buf)));
		filp_close(open[i], NULL);
	}
	KUNIT_EXPECT_EQ(test, kernel_write(reset, "1", 1, &pos), -ENODEV);
	filp_close(reset, NULL);
	KUNIT_EXPECT_EQ(test, -ENOENT,
			vfe_files_read(f->mnt, f->td->m->pdev, "exits", buf,
				       sizeof(buf)));
}

/**
 * struct files_reader - a task that reads all the time
 * @f: the function's files
 * @file: what
 * @reads: number of successful reads
 * @end: error of the last one
 */
struct files_reader {
	struct files *f;
	struct file *file;
	unsigned int reads;
	ssize_t end;
};

static int files_read_on(void *data)
{
	struct files_reader *r = data;
	ssize_t len;
	char buf[64];

	while (!kthread_should_stop()) {
		len = r->end ?: vfe_files_read_open(r->file, buf, sizeof(buf));
		if (len < 0)
			r->end = len;
		else
			r->reads++;
		usleep_range(50, 100);
	}
	return 0;
}

/* Read while the folder and the function are removed and come back. */
static void files_read_while_going(struct kunit *test)
{
	static const char * const names[] = { "exits", "queues/0/kicks",
					      "reset" };
	struct task_struct *tasks[ARRAY_SIZE(names)];
	struct files_reader r[ARRAY_SIZE(names)];
	struct files *f;
	unsigned int i, lap, n;

	for (lap = 0; lap < 3; lap++) {
		f = files_start(test, NULL);
		memset(r, 0, sizeof(r));
		for (i = 0; i < ARRAY_SIZE(names) - 1; i++) {
			r[i].file = vfe_files_open(f->mnt, f->td->m->pdev,
						   names[i], O_RDONLY);
			KUNIT_ASSERT_FALSE(test, IS_ERR(r[i].file));
			tasks[i] = kthread_run(files_read_on, &r[i],
					       "vfe-read-%u", i);
			KUNIT_ASSERT_FALSE(test, IS_ERR(tasks[i]));
		}
		for (i = 0; i < 5; i++) {
			vfe_files_write(f->mnt, f->td->m->pdev, "reset", "1");
			usleep_range(200, 300);
		}
		files_stop(f);
		tdrv_down(f->td);
		vfe_mock_unplug(f->td->m);
		for (i = 0; i < ARRAY_SIZE(names) - 1; i++) {
			for (n = 0; !READ_ONCE(r[i].end) && n < 1000; n++)
				usleep_range(50, 100);
			kthread_stop(tasks[i]);
			filp_close(r[i].file, NULL);
			KUNIT_EXPECT_GT(test, r[i].reads, 0U);
			KUNIT_EXPECT_EQ(test, r[i].end, -ENODEV);
		}
	}
}

/* Files are unchanged while the device does not answer. */
static void files_of_vanished(struct kunit *test)
{
	struct files *f = files_start(test, NULL);
	struct pci_dev *pdev = f->td->m->pdev;
	u64 exits;

	vfe_mock_vanish(f->td->m);
	vfe_mock_log_clear(f->td->m);
	exits = vfe_files_number(test, f->mnt, pdev, "exits");
	KUNIT_EXPECT_EQ(test, vfe_files_number(test, f->mnt, pdev, "exits"),
			exits);
	KUNIT_EXPECT_EQ(test, vfe_files_write(f->mnt, pdev, "reset", "1"), 1);
	KUNIT_EXPECT_EQ(test, vfe_files_number(test, f->mnt, pdev, "exits"),
			0ULL);
	/* no file accesses the device */
	KUNIT_EXPECT_EQ(test, f->td->m->log_len, 0U);
}

/* The folder can be created again after its removal; NULL is ignored. */
static void files_again(struct kunit *test)
{
	struct files *f = files_start(test, NULL);
	struct tdrv *td = f->td;
	unsigned int i;

	vfe_sysfs_destroy(NULL);
	vfe_sysfs_destroy(ERR_PTR(-ENOMEM));
	for (i = 0; i < 3; i++) {
		files_expect_top(test, f, true);
		files_stop(f);
		f->s = vfe_sysfs_create(&td->m->pdev->dev, vfe_regs_of(td->vd),
					vfe_stats_of(td->vd), td->vd);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->s);
	}
	files_expect_top(test, f, true);
}

/*
 * Each allocation fails in turn: all files exist, or none. With one window with
 * one register, which has few files of every kind.
 */
static void files_without_memory(struct kunit *test)
{
	struct tdrv_setup spec = {};
	struct files *f = files_start(test, &spec);
	struct tdrv *td = f->td;
	unsigned int n, errors = 0;
	struct vfe_regs *regs = files_regs(test);
	bool failed = true;
	struct file *file;

	fail_require(test);
	regs->win[VFE_WIN_ISR] = vfe_regs_of(td->vd)->win[VFE_WIN_ISR];
	for (n = 1; failed && n < FILES_ALLOCATIONS; n++) {
		files_stop(f);
		fail_nth(n);
		f->s = vfe_sysfs_create(&td->m->pdev->dev, regs,
					vfe_stats_of(td->vd), td->vd);
		failed = fail_end();
		if (!IS_ERR(f->s))
			continue;
		errors++;
		KUNIT_EXPECT_TRUE_MSG(test, failed, "allocation %u", n);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(f->s), -ENOMEM,
				    "allocation %u", n);
		file = vfe_files_open(f->mnt, td->m->pdev, ".", O_RDONLY);
		KUNIT_EXPECT_PTR_EQ_MSG(test, file, (void *)ERR_PTR(-ENOENT),
					"allocation %u", n);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	/* a node for each file and folder at least */
	KUNIT_EXPECT_GT(test, errors, 25U);
	files_expect_top(test, f, true);
	files_expect_windows(test, f, BIT(VFE_WIN_ISR));
	files_stop(f);
	vfe_regs_exit(regs);
	kunit_info(test, "%u allocations, %u of them needed\n", n - 2, errors);
}

static struct kunit_case files_cases[] = {
	KUNIT_CASE(files_all_documented),
	KUNIT_CASE(files_without_virtio),
	KUNIT_CASE(files_modes),
	KUNIT_CASE(files_numbers),
	KUNIT_CASE(files_features),
	KUNIT_CASE(files_states),
	KUNIT_CASE(files_early_states),
	KUNIT_CASE(files_vectors),
	KUNIT_CASE(files_windows),
	KUNIT_CASE(files_queue_texts),
	KUNIT_CASE(files_packed_queue_texts),
	KUNIT_CASE(files_counter_of_the_class),
	KUNIT_CASE(files_reset_writes),
	KUNIT_CASE(files_open_when_gone),
	KUNIT_CASE(files_read_while_going),
	KUNIT_CASE(files_of_vanished),
	KUNIT_CASE(files_again),
	KUNIT_CASE_SLOW(files_without_memory),
	{}
};

VFE_SUITE(files_cases);
