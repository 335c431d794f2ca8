// SPDX-License-Identifier: GPL-2.0-only
/*
 * The update node: capability, loading a capsule into the communication buffer,
 * staging and activating. No capsule byte is trusted before core/ has judged
 * it, and none is copied twice.
 */
#include <linux/capability.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "core/capsule.h"
#include "core/ids.h"
#include "core/status.h"
#include "module/drivers.h"
#include "dsm.h"
#include "ioctl.h"
#include "node.h"
#include "report.h"

/**
 * struct pfru_load - the one capsule in the communication buffer
 * @bytes: the mapped buffer, NULL when nothing is being or has been loaded
 * @address: of it, physical
 * @capacity: bytes of the buffer
 * @have: bytes that have arrived
 * @size: CapsuleImageSize, 0 until it has arrived
 * @complete: all bytes are there and were accepted
 * @loaded: what it is, when complete
 */
struct pfru_load {
	u8 *bytes;
	u64 address;
	u32 capacity;
	u64 have;
	u64 size;
	bool complete;
	struct pfru_loaded loaded;
};

/**
 * struct pfru_update - one update device
 * @node: its character device
 * @fw: its firmware functions; not to be used after unbind
 * @lock: around firmware calls and all below. User memory that is not present
 *	is not waited for under it
 * @revision: default of later opens
 * @generation: counts hibernations; older snapshots are stale
 * @cap_known: @cap is what the firmware would say
 * @cap: the capability; always known while a complete capsule is loaded
 * @load: the capsule
 * @staged_known: @staged is what an activation would run, if this driver staged it
 * @staged: the capsule staged last
 * @owner: the file that claimed the buffer
 */
struct pfru_update {
	struct pfru_node node;
	struct pfru_firmware fw;
	struct mutex lock; /* firmware calls, and all below */
	u32 revision;
	u32 generation;
	bool cap_known;
	struct pfru_capability cap;
	struct pfru_load load;
	bool staged_known;
	struct pfru_loaded staged;
	struct pfru_update_file *owner;
};

/**
 * struct pfru_update_file - an open file
 * @update: its device
 * @lock: serialises the calls on this file; taken before its device is entered
 *	and before the device's lock. User memory may be touched under it
 * @revision: of the firmware interface
 * @result: of the last action or refusal; none while its action is 0
 * @snapshot: what read() gives at positions after 0, NULL before the first
 * @snapshot_size: bytes of it
 * @generation: of the device when @snapshot was made
 */
struct pfru_update_file {
	struct pfru_update *update;
	struct mutex lock; /* calls on this file */
	u32 revision;
	struct pfru_result result;
	u8 *snapshot;
	size_t snapshot_size;
	u32 generation;
};

static DEFINE_IDA(update_ids);

/* Let go of the buffer; whoever drops a capsule that must not run scrubs it. */
static void drop_load(struct pfru_update *update, bool scrub)
{
	struct pfru_load *load = &update->load;

	if (!load->bytes)
		return;
	if (scrub)
		memset(load->bytes, 0,
		       min_t(u32, load->capacity, PFRU_CAPSULE_HEADER_SIZE));
	memunmap(load->bytes);
	memset(load, 0, sizeof(*load));
}

static int query(struct pfru_update *update, u32 revision,
		 struct pfru_query_answer *answer, struct pfru_result *result)
{
	int ret;

	lockdep_assert_held(&update->lock);
	ret = pfru_dsm_query(&update->fw, revision, answer, result);
	if (ret)
		return ret;
	update->cap = answer->cap;
	update->cap_known = true;
	return 0;
}

/* the query for those who need the capability only */
static int refresh_capability(struct pfru_update *update, u32 revision,
			      struct pfru_result *result)
{
	struct pfru_query_answer *answer;
	int ret;

	answer = kmalloc(sizeof(*answer), GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	ret = query(update, revision, answer, result);
	kfree(answer);
	return ret;
}

/* memremap() tells no reason */
static int unmappable(struct pfru_update *update,
		      const struct pfru_buffer_answer *answer,
		      struct pfru_result *result)
{
	result->reason = PFRU_REASON_BUFFER;
	result->found = answer->address;
	result->expected = answer->size;
	dev_warn_ratelimited(update->fw.dev,
			     "communication buffer at %#llx of %u bytes cannot be mapped: others have parts of it mapped as different types, or memory is short\n",
			     answer->address, answer->size);
	return -EPROTO;
}

/* Ask for the buffer every time: a stale address could be someone else's memory */
static int begin_load(struct pfru_update_file *file)
{
	struct pfru_update *update = file->update;
	struct pfru_buffer_answer answer;
	u8 *bytes;
	int ret;

	ret = pfru_dsm_buffer(&update->fw, file->revision, &answer,
			      &file->result);
	if (ret)
		return ret;
	bytes = memremap(answer.address, answer.size, MEMREMAP_WB);
	if (!bytes)
		return unmappable(update, &answer, &file->result);
	/*
	 * Until here, a capsule that somebody left loaded is unharmed. Where the
	 * buffer is no more, nothing may be written.
	 */
	drop_load(update, update->load.address == answer.address);
	update->load.bytes = bytes;
	update->load.address = answer.address;
	update->load.capacity = answer.size;
	WRITE_ONCE(update->owner, file);
	return 0;
}

static int set_refusal(struct pfru_result *result,
		       const struct pfru_refusal *refusal)
{
	result->reason = refusal->reason;
	result->offset = refusal->offset;
	result->found = refusal->found;
	result->expected = refusal->expected;
	return -pfru_reason_text(refusal->reason)->error;
}

/* large capsules take a while: in pieces, with a chance for others between */
static void hash_load(struct pfru_load *load)
{
	struct sha256_ctx hash;
	u64 done, piece;

	sha256_init(&hash);
	for (done = 0; done < load->size; done += piece) {
		piece = min_t(u64, load->size - done, SZ_64K);
		sha256_update(&hash, load->bytes + done, piece);
		cond_resched();
	}
	sha256_final(&hash, load->loaded.sha256);
}

static int judge(struct pfru_update *update, struct pfru_verdict *verdict,
		 struct pfru_result *result)
{
	struct pfru_load *load = &update->load;

	if (pfru_judge(load->bytes, load->size, &update->cap, verdict))
		return set_refusal(result, &verdict->refusal);
	return 0;
}

static void note_image(struct pfru_load *load,
		       const struct pfru_verdict *verdict)
{
	load->loaded.kind = verdict->kind;
	load->loaded.payloads = verdict->payloads;
	load->loaded.size = load->size;
	load->loaded.hw_ver = verdict->image.hw_ver;
	load->loaded.rt_ver = verdict->image.rt_ver;
	load->loaded.svn = verdict->image.svn;
}

/*
 * Judge a capsule whose last byte has arrived. A refusal that rests on a
 * capability asked earlier is not pronounced before it was asked again.
 */
static int finish_load(struct pfru_update_file *file)
{
	struct pfru_update *update = file->update;
	struct pfru_load *load = &update->load;
	struct pfru_result *result = &file->result;
	bool cached = update->cap_known;
	struct pfru_verdict verdict;
	int ret;

	if (!cached) {
		/* what the platform need not be asked about */
		if (pfru_judge(load->bytes, load->size, NULL, &verdict))
			return set_refusal(result, &verdict.refusal);
		ret = refresh_capability(update, file->revision, result);
		if (ret)
			return ret;
	}
	ret = judge(update, &verdict, result);
	if (ret && cached && pfru_verdict_needs_platform(&verdict)) {
		ret = refresh_capability(update, file->revision, result);
		if (ret)
			return ret;
		ret = judge(update, &verdict, result);
	}
	if (ret)
		return ret;

	note_image(load, &verdict);
	load->complete = true;
	return 0;
}

/*
 * Copy at most @want bytes behind those that are there, and stop at the first
 * that is not present: whoever waits for a page here would keep the device.
 */
static void copy_in(struct pfru_load *load, struct iov_iter *from, u64 want)
{
	pagefault_disable();
	load->have += copy_from_iter(load->bytes + load->have,
				     min_t(u64, want, SZ_1M), from);
	pagefault_enable();
}

/*
 * Copy of what was written what is present, up to the end of the capsule. The
 * first bytes are judged by themselves: what is no capsule is not read further.
 */
static int receive(struct pfru_update_file *file, struct iov_iter *from)
{
	struct pfru_load *load = &file->update->load;
	struct pfru_result *result = &file->result;
	struct pfru_refusal refusal;

	if (!load->size) {
		u64 missing =
			min_t(u32, load->capacity, PFRU_CAPSULE_HEADER_SIZE) -
			load->have;

		copy_in(load, from, min_t(u64, missing, iov_iter_count(from)));
		if (load->have == load->capacity &&
		    load->capacity < PFRU_CAPSULE_HEADER_SIZE) {
			refusal.reason = PFRU_REASON_TOO_BIG;
			refusal.offset = 0;
			refusal.found = PFRU_CAPSULE_HEADER_SIZE;
			refusal.expected = load->capacity;
			return set_refusal(result, &refusal);
		}
		if (load->have < PFRU_CAPSULE_HEADER_SIZE)
			return 0;
		if (pfru_capsule_begin(load->bytes, load->capacity, &load->size,
				       &refusal))
			return set_refusal(result, &refusal);
	}
	if (iov_iter_count(from) > load->size - load->have) {
		refusal.reason = PFRU_REASON_PAST_END;
		refusal.offset = load->size;
		refusal.found = load->have + iov_iter_count(from);
		refusal.expected = load->size;
		return set_refusal(result, &refusal);
	}
	copy_in(load, from, iov_iter_count(from));
	return 0;
}

/*
 * Claim the buffer for a write, and begin a capsule when none is under way: not
 * even the one that the write itself began, when a hibernation came between.
 */
static int claim(struct pfru_update_file *file)
{
	struct pfru_update *update = file->update;
	struct pfru_load *load = &update->load;
	struct pfru_refusal refusal = { .reason = PFRU_REASON_COMPLETE };

	if (!load->bytes || !update->owner)
		return begin_load(file);
	if (!load->complete)
		return 0;
	refusal.offset = load->size;
	refusal.found = load->size + 1;
	refusal.expected = load->size;
	drop_load(update, true);
	return set_refusal(&file->result, &refusal);
}

/* Take a piece of a capsule, and judge the capsule when it was the last. */
static int take_piece(struct pfru_update_file *file, struct iov_iter *from)
{
	struct pfru_update *update = file->update;
	struct pfru_load *load = &update->load;
	int ret;

	ret = claim(file);
	if (ret)
		return ret;
	ret = receive(file, from);
	if (!ret && load->size && load->have == load->size)
		ret = finish_load(file);
	if (ret)
		drop_load(update, true);
	return ret;
}

/*
 * Do as much of a write as can be done without waiting for user memory. A
 * refusal is about the whole write; it alone changes the file's result.
 */
static int write_piece(struct pfru_update_file *file, struct iov_iter *from,
		       bool nonblock, bool *refused)
{
	struct pfru_update *update = file->update;
	struct pfru_result before = file->result;
	struct pfru_loaded loaded;
	bool complete = false;
	int ret;

	ret = pfru_node_enter(&update->node);
	if (ret)
		return ret;
	ret = pfru_lock(&update->lock, nonblock);
	if (ret)
		goto leave;
	if (update->owner && update->owner != file) {
		ret = -EBUSY;
		goto unlock;
	}
	pfru_begin_result(&file->result, PFRU_ACTION_LOAD);
	ret = take_piece(file, from);
	if (ret) {
		*refused = true;
		file->result.error = ret;
	} else {
		file->result = before;
		complete = update->load.complete;
		loaded = update->load.loaded;
	}
unlock:
	mutex_unlock(&update->lock);
	if (complete)
		pfru_report_loaded(update->fw.dev, &loaded);
	if (*refused)
		pfru_report_refused(update->fw.dev, &file->result);
leave:
	pfru_node_leave(&update->node);
	return ret;
}

/* Fault in the next byte, however long that takes. */
static int wait_for_byte(struct iov_iter *from)
{
	u8 byte;

	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched();
	if (copy_from_iter(&byte, sizeof(byte), from) != sizeof(byte))
		return -EFAULT;
	iov_iter_revert(from, sizeof(byte));
	return 0;
}

static ssize_t write_locked(struct pfru_update_file *file,
			    struct iov_iter *from, bool nonblock)
{
	size_t count = iov_iter_count(from);
	bool refused = false;
	size_t taken = 0;
	int ret;

	do {
		ret = write_piece(file, from, nonblock && !taken, &refused);
		if (refused)
			return ret;
		taken = count - iov_iter_count(from);
		if (!ret && taken < count)
			ret = wait_for_byte(from);
	} while (!ret && taken < count);
	return taken ? taken : ret;
}

static ssize_t update_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct pfru_update_file *file = iocb->ki_filp->private_data;
	bool nonblock = pfru_is_nonblock(iocb);
	ssize_t ret;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (!iov_iter_count(from))
		return pfru_node_is_gone(&file->update->node) ? -ENODEV : 0;
	ret = pfru_lock(&file->lock, nonblock);
	if (ret)
		return ret;
	ret = write_locked(file, from, nonblock);
	mutex_unlock(&file->lock);
	return ret;
}

static int take_snapshot(struct pfru_update_file *file, bool nonblock)
{
	struct pfru_update *update = file->update;
	struct pfru_query_answer *answer;
	struct pfru_result result;
	u32 generation;
	u32 oem_size;
	u8 *snapshot;
	int ret;

	answer = kmalloc(sizeof(*answer), GFP_KERNEL);
	snapshot = kmalloc(PFRU_CAPABILITY_READ_SIZE + PFRU_OEM_INFO_MAX,
			   GFP_KERNEL_ACCOUNT);
	if (!answer || !snapshot) {
		ret = -ENOMEM;
		goto free;
	}
	ret = pfru_lock(&update->lock, nonblock);
	if (ret)
		goto free;
	pfru_begin_result(&result, PFRU_ACTION_QUERY);
	ret = query(update, file->revision, answer, &result);
	generation = update->generation;
	mutex_unlock(&update->lock);
	if (ret) {
		result.error = ret;
		file->result = result;
		goto free;
	}

	oem_size = min_t(u32, answer->cap.oem_info_len, PFRU_OEM_INFO_MAX);
	memcpy(snapshot, &answer->cap, PFRU_CAPABILITY_READ_SIZE);
	memcpy(snapshot + PFRU_CAPABILITY_READ_SIZE, answer->oem_info,
	       oem_size);
	swap(file->snapshot, snapshot);
	file->generation = generation;
	file->snapshot_size = PFRU_CAPABILITY_READ_SIZE + oem_size;
free:
	kfree(snapshot);
	kfree(answer);
	return ret;
}

/* Is there a snapshot that a read at @pos can go by? If not, take one. */
static int prepare_read(struct pfru_update_file *file, loff_t pos,
			bool nonblock)
{
	struct pfru_update *update = file->update;
	int ret;

	ret = pfru_node_enter(&update->node);
	if (ret)
		return ret;
	if (!pos || !file->snapshot ||
	    file->generation != READ_ONCE(update->generation))
		ret = take_snapshot(file, nonblock);
	pfru_node_leave(&update->node);
	return ret;
}

static ssize_t copy_snapshot(const struct pfru_update_file *file, loff_t *pos,
			     struct iov_iter *to)
{
	size_t count, copied;

	if (*pos >= file->snapshot_size)
		return 0;
	count = min_t(size_t, iov_iter_count(to), file->snapshot_size - *pos);
	copied = copy_to_iter(file->snapshot + *pos, count, to);
	*pos += copied;
	return copied ? copied : -EFAULT;
}

static ssize_t update_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct pfru_update_file *file = iocb->ki_filp->private_data;
	bool nonblock = pfru_is_nonblock(iocb);
	ssize_t ret;

	if (!iov_iter_count(to))
		return pfru_node_is_gone(&file->update->node) ? -ENODEV : 0;
	ret = pfru_lock(&file->lock, nonblock);
	if (ret)
		return ret;
	ret = prepare_read(file, iocb->ki_pos, nonblock);
	if (!ret)
		ret = copy_snapshot(file, &iocb->ki_pos, to);
	mutex_unlock(&file->lock);
	return ret;
}

/* The capsule that an action is about, NULL when that is not known. */
static const struct pfru_loaded *subject(const struct pfru_update *update,
					 enum pfru_action action)
{
	if (action != PFRU_ACTION_ACTIVATE)
		return &update->load.loaded;
	return update->staged_known ? &update->staged : NULL;
}

/*
 * Ask the firmware to stage or activate. Success, and any refusal other than
 * "retry", ends the life of the loaded capsule; what an activation may have
 * changed is queried again. A capsule that is not staged when another one is
 * activated was judged by what ran before, and must not run.
 */
static int start(struct pfru_update_file *file, enum pfru_action action)
{
	struct pfru_update *update = file->update;
	struct pfru_result *result = &file->result;
	int ret;

	pfru_report_begin(update->fw.dev, action, subject(update, action));
	ret = pfru_dsm_start(&update->fw, file->revision, action, result);
	if (ret && result->reason == PFRU_REASON_FIRMWARE &&
	    result->status == PFRU_STATUS_RETRY)
		return ret;
	update->staged_known = action == PFRU_ACTION_STAGE && !ret;
	if (update->staged_known)
		update->staged = update->load.loaded;
	drop_load(update, ret || action == PFRU_ACTION_ACTIVATE);
	if (action != PFRU_ACTION_STAGE)
		update->cap_known = false;
	return ret;
}

/**
 * struct attempt - what is to be reported of an action
 * @made: there is something to report
 * @known: @loaded is what it was about
 * @loaded: the capsule
 */
struct attempt {
	bool made;
	bool known;
	struct pfru_loaded loaded;
};

/* Judge the loaded capsule again, as it is now, and note what it is. */
static int prepare_start(struct pfru_update_file *file)
{
	struct pfru_update *update = file->update;
	struct pfru_verdict verdict;
	int ret;

	ret = judge(update, &verdict, &file->result);
	/* what the firmware does to the buffer must not change the record */
	note_image(&update->load, &verdict);
	hash_load(&update->load);
	return ret;
}

static int act_locked(struct pfru_update_file *file, enum pfru_action action,
		      struct attempt *attempt)
{
	struct pfru_update *update = file->update;
	const struct pfru_loaded *loaded;
	int ret = 0;

	if (update->owner && update->owner != file)
		return -EBUSY;
	pfru_begin_result(&file->result, action);
	if (action != PFRU_ACTION_ACTIVATE) {
		if (!update->load.complete)
			return file->result.error = -ENODATA;
		ret = prepare_start(file);
	}
	loaded = subject(update, action);
	attempt->made = true;
	attempt->known = loaded;
	if (loaded)
		attempt->loaded = *loaded;
	if (ret)
		drop_load(update, true);
	else
		ret = start(file, action);
	return file->result.error = ret;
}

static long act(struct file *filp, enum pfru_action action)
{
	struct pfru_update_file *file = filp->private_data;
	bool nonblock = filp->f_flags & O_NONBLOCK;
	struct attempt attempt = {};
	int ret;

	ret = pfru_lock(&file->update->lock, nonblock);
	if (ret)
		return ret;
	ret = act_locked(file, action, &attempt);
	mutex_unlock(&file->update->lock);
	filp->f_pos = 0;
	/* not under the lock: audit may wait for room */
	if (attempt.made)
		pfru_report_action(file->update->fw.dev,
				   attempt.known ? &attempt.loaded : NULL,
				   &file->result);
	return ret;
}

static long ioc_set_rev(struct file *filp, union pfru_argument *arg)
{
	struct pfru_update_file *file = filp->private_data;
	u32 revision = arg->number;

	if (revision < PFRU_REVISION_MIN || revision > PFRU_REVISION_MAX)
		return -EINVAL;
	file->revision = revision;
	WRITE_ONCE(file->update->revision, revision);
	return 0;
}

static long ioc_stage(struct file *filp, union pfru_argument *arg)
{
	return act(filp, PFRU_ACTION_STAGE);
}

static long ioc_activate(struct file *filp, union pfru_argument *arg)
{
	return act(filp, PFRU_ACTION_ACTIVATE);
}

static long ioc_stage_activate(struct file *filp, union pfru_argument *arg)
{
	return act(filp, PFRU_ACTION_STAGE_ACTIVATE);
}

static long ioc_query_cap(struct file *filp, union pfru_argument *arg)
{
	struct pfru_update_file *file = filp->private_data;
	struct pfru_update *update = file->update;
	struct pfru_result result;
	int ret;

	ret = pfru_lock(&update->lock, filp->f_flags & O_NONBLOCK);
	if (ret)
		return ret;
	pfru_begin_result(&result, PFRU_ACTION_QUERY);
	ret = refresh_capability(update, file->revision, &result);
	arg->cap = update->cap;
	mutex_unlock(&update->lock);
	if (ret) {
		result.error = ret;
		file->result = result;
	}
	return ret;
}

static long ioc_get_result(struct file *filp, union pfru_argument *arg)
{
	struct pfru_update_file *file = filp->private_data;

	arg->result = file->result;
	return arg->result.action ? 0 : -ENODATA;
}

static long ioc_get_buf_size(struct file *filp, union pfru_argument *arg)
{
	struct pfru_update_file *file = filp->private_data;
	struct pfru_update *update = file->update;
	struct pfru_buffer_answer answer;
	struct pfru_result result;
	int ret;

	ret = pfru_lock(&update->lock, filp->f_flags & O_NONBLOCK);
	if (ret)
		return ret;
	pfru_begin_result(&result, PFRU_ACTION_BUFFER);
	ret = pfru_dsm_buffer(&update->fw, file->revision, &answer, &result);
	mutex_unlock(&update->lock);
	if (ret) {
		result.error = ret;
		file->result = result;
		return ret;
	}
	arg->number = answer.size;
	return 0;
}

static long ioc_get_cached_cap(struct file *filp, union pfru_argument *arg)
{
	struct pfru_update_file *file = filp->private_data;
	struct pfru_update *update = file->update;
	bool known;
	int ret;

	ret = pfru_lock(&update->lock, filp->f_flags & O_NONBLOCK);
	if (ret)
		return ret;
	known = update->cap_known;
	arg->cap = update->cap;
	mutex_unlock(&update->lock);
	return known ? 0 : -ENODATA;
}

static const struct pfru_command update_commands[] = {
	{ PFRU_IOC_SET_REV, ioc_set_rev,
	  PFRU_COMMAND_RAWIO | PFRU_COMMAND_TAKES },
	{ PFRU_IOC_STAGE, ioc_stage, PFRU_COMMAND_RAWIO },
	{ PFRU_IOC_ACTIVATE, ioc_activate, PFRU_COMMAND_RAWIO },
	{ PFRU_IOC_STAGE_ACTIVATE, ioc_stage_activate, PFRU_COMMAND_RAWIO },
	{ PFRU_IOC_QUERY_CAP, ioc_query_cap },
	{ PFRU_IOC_GET_RESULT, ioc_get_result },
	{ PFRU_IOC_GET_BUF_SIZE, ioc_get_buf_size },
	{ PFRU_IOC_GET_CACHED_CAP, ioc_get_cached_cap },
};

static struct mutex *update_lock(struct file *filp)
{
	struct pfru_update_file *file = filp->private_data;

	return &file->lock;
}

static struct pfru_node *update_node(struct file *filp)
{
	struct pfru_update_file *file = filp->private_data;

	return &file->update->node;
}

static const struct pfru_ioctl update_ioctls = {
	.commands = update_commands,
	.count = ARRAY_SIZE(update_commands),
	.lock = update_lock,
	.node = update_node,
};

static long update_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return pfru_ioctl(&update_ioctls, filp, cmd, (void __user *)arg, false);
}

static int update_open(struct inode *inode, struct file *filp)
{
	struct pfru_update_file *file;
	struct pfru_node *node;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	node = pfru_node_open(filp);
	file->update = container_of(node, struct pfru_update, node);
	file->revision = READ_ONCE(file->update->revision);
	mutex_init(&file->lock);
	filp->private_data = file;
	return 0;
}

static int update_release(struct inode *inode, struct file *filp)
{
	struct pfru_update_file *file = filp->private_data;
	struct pfru_update *update = file->update;

	/* only calls on this file make it the owner, and there are none left */
	if (READ_ONCE(update->owner) == file) {
		mutex_lock(&update->lock);
		WRITE_ONCE(update->owner, NULL);
		if (!update->load.complete)
			drop_load(update, true);
		mutex_unlock(&update->lock);
	}
	kfree(file->snapshot);
	kfree(file);
	pfru_node_put(&update->node);
	return 0;
}

static const struct file_operations update_fops = {
	.owner = THIS_MODULE,
	.open = update_open,
	.release = update_release,
	.read_iter = update_read_iter,
	.write_iter = update_write_iter,
	.unlocked_ioctl = update_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = default_llseek,
};

static void free_update(struct pfru_node *node)
{
	struct pfru_update *update =
		container_of(node, struct pfru_update, node);

	mutex_destroy(&update->lock);
	kfree(update);
}

static void stop_update(struct pfru_node *node)
{
	struct pfru_update *update =
		container_of(node, struct pfru_update, node);

	mutex_lock(&update->lock);
	drop_load(update, true);
	mutex_unlock(&update->lock);
}

static int update_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct pfru_update *update;
	int ret;

	ret = pfru_node_check_device(dev);
	if (ret)
		return ret;
	ret = pfru_node_find_method(dev);
	if (ret <= 0)
		return ret;
	update = kzalloc(sizeof(*update), GFP_KERNEL);
	if (!update)
		return -ENOMEM;
	/* where sysfs looks for the figures */
	BUILD_BUG_ON(offsetof(struct pfru_update, node.figures));
	update->fw.dev = dev;
	update->fw.figures = &update->node.figures;
	update->revision = PFRU_REVISION_MIN;
	mutex_init(&update->lock);
	pfru_node_init(&update->node, stop_update, free_update);
	platform_set_drvdata(pdev, update);
	return pfru_node_add(&update->node, "update", &update_ids, &update_fops,
			     dev);
}

/* The image of the hibernated kernel may wake up on another firmware. */
static int update_freeze(struct device *dev)
{
	struct pfru_update *update = dev_get_drvdata(dev);

	if (!update)
		return 0;
	mutex_lock(&update->lock);
	drop_load(update, true);
	update->staged_known = false;
	update->cap_known = false;
	WRITE_ONCE(update->generation, update->generation + 1);
	mutex_unlock(&update->lock);
	return 0;
}

static const struct dev_pm_ops update_pm = {
	.freeze = update_freeze,
};

/* clang-format off */
static const struct acpi_device_id update_acpi_ids[] = {
	{ PFRU_UPDATE_HID },
	{ }
};
MODULE_DEVICE_TABLE(acpi, update_acpi_ids);

static const struct platform_device_id update_platform_ids[] = {
	{ PFRU_UPDATE_NAME },
	{ }
};

struct platform_driver pfru_update_driver = {
	.driver = {
		.name = PFRU_UPDATE_NAME,
		.acpi_match_table = update_acpi_ids,
		.pm = &update_pm,
		.dev_groups = pfru_node_groups,
	},
	.id_table = update_platform_ids,
	.probe = update_probe,
};

/* clang-format on */
