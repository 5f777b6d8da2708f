/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of sysfs as user space sees them, through a mount of the suite, which
 * needs no mount of init.
 */
#ifndef VFE_KUNIT_SYSFS_FILES_H
#define VFE_KUNIT_SYSFS_FILES_H

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pci.h>

static inline void vfe_files_unmount(void *mnt)
{
	kern_unmount(mnt);
}

/* Mount sysfs until the test ends. */
static inline struct vfsmount *vfe_files_mount(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("sysfs");
	struct vfsmount *mnt;

	KUNIT_ASSERT_NOT_NULL(test, type);
	mnt = kern_mount(type);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mnt);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, vfe_files_unmount,
						  mnt));
	return mnt;
}

/* Open a file by its path below /sys. Return: the file or ERR_PTR */
static inline struct file *vfe_files_open_path(struct vfsmount *mnt,
					       const char *path, int flags)
{
	struct path root = { .mnt = mnt, .dentry = mnt->mnt_root };

	return file_open_root(&root, path, flags, 0);
}

/* Open bus/pci/devices/BDF/vfe/@name. Return: the file or ERR_PTR */
static inline struct file *vfe_files_open(struct vfsmount *mnt,
					  struct pci_dev *pdev,
					  const char *name, int flags)
{
	struct file *file;
	char *path;

	path = kasprintf(GFP_KERNEL, "bus/pci/devices/%s/vfe/%s",
			 pci_name(pdev), name);
	if (!path)
		return ERR_PTR(-ENOMEM);
	file = vfe_files_open_path(mnt, path, flags);
	kfree(path);
	return file;
}

/* Read an open file from its beginning. Return: its length or an error */
static inline ssize_t vfe_files_read_open(struct file *file, char *buf,
					  size_t size)
{
	loff_t pos = 0;
	ssize_t len = kernel_read(file, buf, size - 1, &pos);

	buf[len < 0 ? 0 : len] = '\0';
	return len;
}

static inline ssize_t vfe_files_read_close(struct file *file, char *buf,
					   size_t size)
{
	ssize_t len;

	if (IS_ERR(file))
		return PTR_ERR(file);
	len = vfe_files_read_open(file, buf, size);
	__fput_sync(file);
	return len;
}

/* Read a whole file by its path. Return: its length or an error */
static inline ssize_t vfe_files_read_path(struct vfsmount *mnt,
					  const char *path, char *buf,
					  size_t size)
{
	return vfe_files_read_close(vfe_files_open_path(mnt, path, O_RDONLY),
				    buf, size);
}

/* Read a whole file. Return: its length or an error */
static inline ssize_t vfe_files_read(struct vfsmount *mnt, struct pci_dev *pdev,
				     const char *name, char *buf, size_t size)
{
	return vfe_files_read_close(vfe_files_open(mnt, pdev, name, O_RDONLY),
				    buf, size);
}

/* A file with one decimal number in a line; fails the test otherwise. */
static inline u64 vfe_files_number(struct kunit *test, struct vfsmount *mnt,
				   struct pci_dev *pdev, const char *name)
{
	u64 val = U64_MAX;
	char buf[64];
	ssize_t len = vfe_files_read(mnt, pdev, name, buf, sizeof(buf));

	if (len < 2 || buf[len - 1] != '\n' || strchr(buf, '\n') != buf + len -
	    1 || buf[0] < '0' || buf[0] > '9' || kstrtou64(buf, 10, &val))
		KUNIT_FAIL(test, "%s: %zd bytes, not a number: %s\n", name, len,
			   buf);
	return val;
}

static inline ssize_t vfe_files_write_close(struct file *file, const char *text)
{
	loff_t pos = 0;
	ssize_t len;

	if (IS_ERR(file))
		return PTR_ERR(file);
	len = kernel_write(file, text, strlen(text), &pos);
	__fput_sync(file);
	return len;
}

/* Write to a file by its path. Return: bytes or an error */
static inline ssize_t vfe_files_write_path(struct vfsmount *mnt,
					   const char *path, const char *text)
{
	return vfe_files_write_close(vfe_files_open_path(mnt, path, O_WRONLY),
				     text);
}

/* Write to a file. Return: bytes or an error */
static inline ssize_t vfe_files_write(struct vfsmount *mnt,
				      struct pci_dev *pdev, const char *name,
				      const char *text)
{
	return vfe_files_write_close(vfe_files_open(mnt, pdev, name, O_WRONLY),
				     text);
}

#endif /* VFE_KUNIT_SYSFS_FILES_H */
