// SPDX-License-Identifier: GPL-2.0-only
/*
 * The telemetry node: settings, where the log lies, its bytes by read() and by
 * a read-only mapping. Writes nothing to memory of the firmware.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "core/ids.h"
#include "core/ring.h"
#include "core/status.h"
#include "module/drivers.h"
#include "dsm.h"
#include "ioctl.h"
#include "node.h"
#include "report.h"

/**
 * struct pfru_view - the ring as one GET_DATA found it
 * @ref: the file, and each read under way
 * @info: what the firmware said
 * @generation: of the device when it said so
 * @ring: the whole ring mapped, or NULL
 * @chunk1: when there is no @ring: the older part, or NULL when empty
 * @chunk2: when there is no @ring: the newest part, or NULL when empty
 * @mapped: @ring, @chunk1 and @chunk2 are final
 */
struct pfru_view {
	struct kref ref;
	struct pfru_log_data_info info;
	u32 generation;
	void *ring;
	void *chunk1;
	void *chunk2;
	bool mapped;
};

/**
 * struct pfru_telemetry - one telemetry device
 * @node: its character device
 * @fw: its firmware functions; not to be used after unbind
 * @lock: around firmware calls
 * @type: log type of later opens
 * @revision: revision of later opens
 * @generation: counts hibernations; older views are stale
 */
struct pfru_telemetry {
	struct pfru_node node;
	struct pfru_firmware fw;
	struct mutex lock; /* firmware calls */
	u32 type;
	u32 revision;
	u32 generation;
};

/**
 * struct pfru_telemetry_file - an open file
 * @telemetry: its device
 * @lock: protects all below; taken before the device's lock. mmap() takes it
 *	under the lock of the address space, so user memory is never touched
 *	while it is held
 * @type: enum pfru_log_type
 * @revision: of the firmware interface
 * @view: of the last GET_DATA, or NULL
 * @unused: no read at position 0 has used @view up
 * @result: of the last action or refusal; none while its action is 0
 */
struct pfru_telemetry_file {
	struct pfru_telemetry *telemetry;
	struct mutex lock; /* all below */
	u32 type;
	u32 revision;
	struct pfru_view *view;
	bool unused;
	struct pfru_result result;
};

static DEFINE_IDA(telemetry_ids);

static void free_view(struct kref *ref)
{
	struct pfru_view *view = container_of(ref, struct pfru_view, ref);

	if (view->ring)
		memunmap(view->ring);
	if (view->chunk1)
		memunmap(view->chunk1);
	if (view->chunk2)
		memunmap(view->chunk2);
	kfree(view);
}

static void put_view(struct pfru_view *view)
{
	if (view)
		kref_put(&view->ref, free_view);
}

static void replace_view(struct pfru_telemetry_file *file,
			 struct pfru_view *view)
{
	put_view(file->view);
	file->view = view;
	file->unused = view;
}

static u64 chunk1_address(const struct pfru_log_data_info *info)
{
	return info->chunk1_addr_hi << 32 | info->chunk1_addr_lo;
}

static u64 chunk2_address(const struct pfru_log_data_info *info)
{
	return info->chunk2_addr_hi << 32 | info->chunk2_addr_lo;
}

/* Ask where the log lies. */
static int fetch_view(struct pfru_telemetry_file *file, bool nonblock)
{
	struct pfru_telemetry *telemetry = file->telemetry;
	struct pfru_result result;
	struct pfru_view *view;
	int ret;

	view = kzalloc(sizeof(*view), GFP_KERNEL_ACCOUNT);
	if (!view)
		return -ENOMEM;
	kref_init(&view->ref);
	ret = pfru_lock(&telemetry->lock, nonblock);
	if (ret)
		goto free;
	pfru_begin_result(&result, PFRU_ACTION_GET_DATA);
	ret = pfru_dsm_get_data(&telemetry->fw, file->revision, file->type,
				&view->info, &result);
	view->generation = telemetry->generation;
	mutex_unlock(&telemetry->lock);
	if (ret) {
		result.error = ret;
		file->result = result;
		goto free;
	}
	replace_view(file, view);
	return 0;
free:
	kfree(view);
	return ret;
}

static bool view_is_stale(const struct pfru_telemetry_file *file)
{
	return !file->view ||
	       file->view->generation != READ_ONCE(file->telemetry->generation);
}

/* Do both chunks lie in one ring, all of which may be mapped? */
static bool is_one_ring(const struct pfru_log_data_info *info)
{
	u64 base = chunk2_address(info);

	if (!pfru_range_usable(base, info->max_data_size, PFRU_RING_MAX))
		return false;
	return !info->chunk1_size || chunk1_address(info) + info->chunk1_size ==
					     base + info->max_data_size;
}

static const char not_to_be_believed[] =
	"empty, too large, out of reach, or the kernel's own; report it to the firmware's vendor";
/* memremap() tells no reason */
static const char not_mapped[] =
	"others have parts of it mapped as different types, or memory is short";

static int unusable(struct pfru_telemetry_file *file, u64 address, u32 size,
		    const char *why)
{
	struct pfru_result *result = &file->result;

	pfru_begin_result(result, PFRU_ACTION_GET_DATA);
	result->error = -EPROTO;
	result->status = file->view->info.status;
	result->ext_status = file->view->info.ext_status;
	result->reason = PFRU_REASON_LOG_BUFFER;
	result->found = address;
	result->expected = size;
	dev_warn_ratelimited(file->telemetry->fw.dev,
			     "telemetry buffer at %#llx of %u bytes is not usable: %s\n",
			     address, size, why);
	return -EPROTO;
}

static int map_chunk(struct pfru_telemetry_file *file, u64 address, u32 size,
		     void **to)
{
	if (!size || *to)
		return 0;
	if (!pfru_range_usable(address, size, PFRU_RING_MAX))
		return unusable(file, address, size, not_to_be_believed);
	*to = memremap(address, size, MEMREMAP_WB);
	return *to ? 0 : unusable(file, address, size, not_mapped);
}

/* Is there a log, and can it be? */
static int check_view(struct pfru_telemetry_file *file)
{
	const struct pfru_log_data_info *info = &file->view->info;
	enum pfru_ring_outcome outcome = pfru_ring_judge(info);

	if (outcome == PFRU_RING_EMPTY)
		return -EBUSY;
	if (outcome != PFRU_RING_OK || info->max_data_size > PFRU_RING_MAX)
		return unusable(file, chunk2_address(info), info->max_data_size,
				not_to_be_believed);
	return 0;
}

static int map_view(struct pfru_telemetry_file *file)
{
	struct pfru_view *view = file->view;
	const struct pfru_log_data_info *info = &view->info;
	int ret;

	if (view->mapped)
		return 0;
	ret = check_view(file);
	if (ret)
		return ret;
	if (is_one_ring(info)) {
		ret = map_chunk(file, chunk2_address(info), info->max_data_size,
				&view->ring);
	} else {
		ret = map_chunk(file, chunk2_address(info), info->chunk2_size,
				&view->chunk2);
		if (!ret)
			ret = map_chunk(file, chunk1_address(info),
					info->chunk1_size, &view->chunk1);
	}
	view->mapped = !ret;
	return ret;
}

/* Copy [@pos, @pos + @count) of the ring, which lies within it. */
static size_t copy_ring(const struct pfru_view *view, u32 pos, u32 count,
			struct iov_iter *to)
{
	u32 chunk2_end = view->info.chunk2_size;
	u32 chunk1_start = view->info.max_data_size - view->info.chunk1_size;
	u32 end = pos + count;
	size_t done = 0;
	size_t copied;
	u32 next;

	if (view->ring)
		return copy_to_iter(view->ring + pos, count, to);
	for (; pos < end; pos = next) {
		if (pos < chunk2_end) {
			next = min(end, chunk2_end);
			copied = copy_to_iter(view->chunk2 + pos, next - pos,
					      to);
		} else if (pos < chunk1_start) {
			next = min(end, chunk1_start);
			copied = iov_iter_zero(next - pos, to);
		} else {
			next = end;
			copied = copy_to_iter(view->chunk1 + pos - chunk1_start,
					      next - pos, to);
		}
		done += copied;
		if (copied != next - pos)
			break;
	}
	return done;
}

/* The view that a read at @pos goes by, with a reference. */
static int view_for_read(struct pfru_telemetry_file *file, loff_t pos,
			 bool nonblock, struct pfru_view **view)
{
	int ret;

	ret = pfru_lock(&file->lock, nonblock);
	if (ret)
		return ret;
	if (view_is_stale(file) || (!pos && !file->unused)) {
		ret = fetch_view(file, nonblock);
		if (ret)
			goto unlock;
	}
	if (!pos)
		file->unused = false;
	ret = map_view(file);
	if (ret)
		goto unlock;
	kref_get(&file->view->ref);
	*view = file->view;
unlock:
	mutex_unlock(&file->lock);
	return ret;
}

static ssize_t copy_view(const struct pfru_view *view, loff_t *pos,
			 struct iov_iter *to)
{
	size_t count, copied;
	ssize_t done = 0;

	if (*pos >= view->info.max_data_size)
		return 0;
	/* large rings take a while: in pieces, with a chance for others between */
	do {
		count = min_t(u64, iov_iter_count(to),
			      view->info.max_data_size - *pos);
		count = min_t(size_t, count, SZ_1M);
		copied = copy_ring(view, *pos, count, to);
		*pos += copied;
		done += copied;
		cond_resched();
	} while (copied && copied == count && !fatal_signal_pending(current));
	return done ? done : -EFAULT;
}

static ssize_t telemetry_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct pfru_telemetry_file *file = iocb->ki_filp->private_data;
	struct pfru_node *node = &file->telemetry->node;
	bool nonblock = pfru_is_nonblock(iocb);
	struct pfru_view *view = NULL;
	ssize_t ret;

	ret = pfru_node_enter(node);
	if (ret)
		return ret;
	if (iov_iter_count(to))
		ret = view_for_read(file, iocb->ki_pos, nonblock, &view);
	pfru_node_leave(node);
	if (!view)
		return ret;
	/* the view's mapping needs no device */
	ret = copy_view(view, &iocb->ki_pos, to);
	put_view(view);
	return ret;
}

static int map_ring(struct pfru_telemetry_file *file,
		    struct vm_area_struct *vma)
{
	const struct pfru_log_data_info *info = &file->view->info;
	u64 base = chunk2_address(info);
	u64 start = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 size = vma->vm_end - vma->vm_start;
	int ret;

	ret = check_view(file);
	if (ret)
		return ret;
	if (!PAGE_ALIGNED(base) || !PAGE_ALIGNED(info->max_data_size) ||
	    !is_one_ring(info))
		return -ENODEV;
	if (vma->vm_pgoff > info->max_data_size >> PAGE_SHIFT ||
	    size > info->max_data_size - start)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, (base + start) >> PAGE_SHIFT,
			       size, vma->vm_page_prot);
}

static int telemetry_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct pfru_telemetry_file *file = filp->private_data;
	struct pfru_node *node = &file->telemetry->node;
	bool nonblock = filp->f_flags & O_NONBLOCK;
	int ret;

	if (vma->vm_flags & VM_WRITE)
		return -EROFS;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);

	ret = pfru_node_enter(node);
	if (ret)
		return ret;
	ret = pfru_lock(&file->lock, nonblock);
	if (ret)
		goto leave;
	if (view_is_stale(file) || !file->unused)
		ret = fetch_view(file, nonblock);
	if (!ret)
		ret = map_ring(file, vma);
	mutex_unlock(&file->lock);
leave:
	pfru_node_leave(node);
	return ret;
}

static int set_level(struct pfru_telemetry_file *file, u32 level, bool nonblock)
{
	struct pfru_telemetry *telemetry = file->telemetry;
	int ret;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	ret = pfru_lock(&telemetry->lock, nonblock);
	if (ret)
		return ret;
	pfru_begin_result(&file->result, PFRU_ACTION_SET_LEVEL);
	ret = pfru_dsm_set_level(&telemetry->fw, file->revision, level,
				 &file->result);
	file->result.error = ret;
	mutex_unlock(&telemetry->lock);
	if (ret)
		pfru_report_level(telemetry->fw.dev, level, &file->result);
	return ret;
}

static int set_info(struct file *filp, const struct pfru_log_info *info)
{
	struct pfru_telemetry_file *file = filp->private_data;
	int ret;

	if (info->log_level != PFRU_LOG_UNCHANGED &&
	    !pfru_log_name(pfru_log_levels, info->log_level))
		return -EINVAL;
	if (info->log_type != PFRU_LOG_UNCHANGED &&
	    !pfru_log_name(pfru_log_types, info->log_type))
		return -EINVAL;
	if (info->log_revid != PFRU_LOG_UNCHANGED &&
	    (info->log_revid < PFRU_REVISION_MIN ||
	     info->log_revid > PFRU_REVISION_MAX))
		return -EINVAL;

	if (info->log_level != PFRU_LOG_UNCHANGED) {
		ret = set_level(file, info->log_level,
				filp->f_flags & O_NONBLOCK);
		if (ret)
			return ret;
	}
	if (info->log_type != PFRU_LOG_UNCHANGED) {
		/* what is known of one log says nothing of the other */
		if (info->log_type != file->type)
			replace_view(file, NULL);
		file->type = info->log_type;
		WRITE_ONCE(file->telemetry->type, info->log_type);
	}
	if (info->log_revid != PFRU_LOG_UNCHANGED) {
		file->revision = info->log_revid;
		WRITE_ONCE(file->telemetry->revision, info->log_revid);
	}
	return 0;
}

static long ioc_set_info(struct file *filp, union pfru_argument *arg)
{
	return set_info(filp, &arg->log);
}

static long ioc_get_info(struct file *filp, union pfru_argument *arg)
{
	struct pfru_telemetry_file *file = filp->private_data;
	struct pfru_telemetry *telemetry = file->telemetry;
	struct pfru_result result;
	int ret;

	ret = pfru_lock(&telemetry->lock, filp->f_flags & O_NONBLOCK);
	if (ret)
		return ret;
	pfru_begin_result(&result, PFRU_ACTION_GET_LEVEL);
	ret = pfru_dsm_get_level(&telemetry->fw, file->revision,
				 &arg->log.log_level, &result);
	mutex_unlock(&telemetry->lock);
	if (ret) {
		result.error = ret;
		file->result = result;
		return ret;
	}
	arg->log.log_type = file->type;
	arg->log.log_revid = file->revision;
	return 0;
}

static long ioc_get_data_info(struct file *filp, union pfru_argument *arg)
{
	struct pfru_telemetry_file *file = filp->private_data;
	int ret;

	ret = fetch_view(file, filp->f_flags & O_NONBLOCK);
	if (!ret)
		arg->data = file->view->info;
	return ret;
}

static long ioc_get_result(struct file *filp, union pfru_argument *arg)
{
	struct pfru_telemetry_file *file = filp->private_data;

	arg->result = file->result;
	return arg->result.action ? 0 : -ENODATA;
}

/* data info without its last member, as a 32-bit caller of other headers has it */
#define COMPAT_DATA_INFO_SIZE offsetof(struct pfru_log_data_info, zero)

struct compat_data_info {
	u8 bytes[COMPAT_DATA_INFO_SIZE];
};

static const struct pfru_command telemetry_commands[] = {
	{ PFRU_LOG_IOC_SET_INFO, ioc_set_info, PFRU_COMMAND_TAKES },
	{ PFRU_LOG_IOC_GET_INFO, ioc_get_info },
	{ PFRU_LOG_IOC_GET_DATA_INFO, ioc_get_data_info },
	{ PFRT_LOG_IOC_SET_INFO, ioc_set_info, PFRU_COMMAND_TAKES },
	{ PFRT_LOG_IOC_GET_INFO, ioc_get_info },
	{ PFRT_LOG_IOC_GET_DATA_INFO, ioc_get_data_info },
	{ PFRU_IOC_GET_RESULT, ioc_get_result },
	{ _IOR(PFRU_IOC_MAGIC, 0x07, struct compat_data_info),
	  ioc_get_data_info, PFRU_COMMAND_COMPAT },
	{ _IOR(PFRU_IOC_MAGIC, 0x08, struct compat_data_info),
	  ioc_get_data_info, PFRU_COMMAND_COMPAT },
};

static struct mutex *telemetry_lock(struct file *filp)
{
	struct pfru_telemetry_file *file = filp->private_data;

	return &file->lock;
}

static struct pfru_node *telemetry_node(struct file *filp)
{
	struct pfru_telemetry_file *file = filp->private_data;

	return &file->telemetry->node;
}

static const struct pfru_ioctl telemetry_ioctls = {
	.commands = telemetry_commands,
	.count = ARRAY_SIZE(telemetry_commands),
	.lock = telemetry_lock,
	.node = telemetry_node,
};

static long telemetry_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	return pfru_ioctl(&telemetry_ioctls, filp, cmd, (void __user *)arg,
			  false);
}

#ifdef CONFIG_COMPAT
static long telemetry_compat_ioctl(struct file *filp, unsigned int cmd,
				   unsigned long arg)
{
	return pfru_ioctl(&telemetry_ioctls, filp, cmd, compat_ptr(arg), true);
}
#endif

static int telemetry_open(struct inode *inode, struct file *filp)
{
	struct pfru_telemetry_file *file;
	struct pfru_node *node;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	node = pfru_node_open(filp);
	file->telemetry = container_of(node, struct pfru_telemetry, node);
	file->type = READ_ONCE(file->telemetry->type);
	file->revision = READ_ONCE(file->telemetry->revision);
	mutex_init(&file->lock);
	filp->private_data = file;
	return 0;
}

static int telemetry_release(struct inode *inode, struct file *filp)
{
	struct pfru_telemetry_file *file = filp->private_data;
	struct pfru_node *node = &file->telemetry->node;

	put_view(file->view);
	kfree(file);
	pfru_node_put(node);
	return 0;
}

static const struct file_operations telemetry_fops = {
	.owner = THIS_MODULE,
	.open = telemetry_open,
	.release = telemetry_release,
	.read_iter = telemetry_read_iter,
	.mmap = telemetry_mmap,
	.unlocked_ioctl = telemetry_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl = telemetry_compat_ioctl,
#endif
	.llseek = default_llseek,
};

static void free_telemetry(struct pfru_node *node)
{
	struct pfru_telemetry *telemetry =
		container_of(node, struct pfru_telemetry, node);

	mutex_destroy(&telemetry->lock);
	kfree(telemetry);
}

static int telemetry_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct pfru_telemetry *telemetry;
	int ret;

	ret = pfru_node_check_device(dev);
	if (ret)
		return ret;
	ret = pfru_node_find_method(dev);
	if (ret <= 0)
		return ret;
	telemetry = kzalloc(sizeof(*telemetry), GFP_KERNEL);
	if (!telemetry)
		return -ENOMEM;
	/* where sysfs looks for the figures */
	BUILD_BUG_ON(offsetof(struct pfru_telemetry, node.figures));
	telemetry->fw.dev = dev;
	telemetry->fw.figures = &telemetry->node.figures;
	telemetry->type = PFRU_LOG_EXECUTION;
	telemetry->revision = PFRU_REVISION_MIN;
	mutex_init(&telemetry->lock);
	pfru_node_init(&telemetry->node, NULL, free_telemetry);
	platform_set_drvdata(pdev, telemetry);
	return pfru_node_add(&telemetry->node, "telemetry", &telemetry_ids,
			     &telemetry_fops, dev);
}

/* The image of the hibernated kernel may wake up on another firmware. */
static int telemetry_freeze(struct device *dev)
{
	struct pfru_telemetry *telemetry = dev_get_drvdata(dev);

	if (!telemetry)
		return 0;
	mutex_lock(&telemetry->lock);
	WRITE_ONCE(telemetry->generation, telemetry->generation + 1);
	mutex_unlock(&telemetry->lock);
	return 0;
}

static const struct dev_pm_ops telemetry_pm = {
	.freeze = telemetry_freeze,
};

/* clang-format off */
static const struct acpi_device_id telemetry_acpi_ids[] = {
	{ PFRU_TELEMETRY_HID },
	{ }
};
MODULE_DEVICE_TABLE(acpi, telemetry_acpi_ids);

static const struct platform_device_id telemetry_platform_ids[] = {
	{ PFRU_TELEMETRY_NAME },
	{ }
};

struct platform_driver pfru_telemetry_driver = {
	.driver = {
		.name = PFRU_TELEMETRY_NAME,
		.acpi_match_table = telemetry_acpi_ids,
		.pm = &telemetry_pm,
		.dev_groups = pfru_node_groups,
	},
	.id_table = telemetry_platform_ids,
	.probe = telemetry_probe,
};

/* clang-format on */
