/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way in which a node's commands are looked up and run.
 */
#ifndef PFRU_IOCTL_H
#define PFRU_IOCTL_H

#include <linux/bits.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/pfru.h>

#include "node.h"

/* what commands take or give */
union pfru_argument {
	u32 number;
	struct pfru_capability cap;
	struct pfru_log_info log;
	struct pfru_log_data_info data;
	struct pfru_result result;
};

/* the caller needs CAP_SYS_RAWIO */
#define PFRU_COMMAND_RAWIO	BIT(0)
/* the argument is taken; otherwise, when the number says so, it is ignored */
#define PFRU_COMMAND_TAKES	BIT(1)
/* for 32-bit callers only */
#define PFRU_COMMAND_COMPAT	BIT(2)

/**
 * struct pfru_command - a command of a node
 * @cmd: its number, which says how many bytes are taken or given
 * @handler: runs with the file's lock held and the device entered; touches no
 *	user memory
 * @flags: PFRU_COMMAND_*
 */
struct pfru_command {
	unsigned int cmd;
	long (*handler)(struct file *filp, union pfru_argument *arg);
	unsigned int flags;
};

/**
 * struct pfru_ioctl - the commands of a kind of node
 * @commands: all of them
 * @count: number of @commands
 * @lock: gives the lock that serialises the calls on a file
 * @node: gives the node of a file
 */
struct pfru_ioctl {
	const struct pfru_command *commands;
	unsigned int count;
	struct mutex *(*lock)(struct file *filp);
	struct pfru_node *(*node)(struct file *filp);
};

/**
 * pfru_ioctl() - run a command
 * @ioctl: the commands of this node
 * @filp: the file
 * @cmd: number of the command
 * @user: its argument
 * @compat: the caller is a 32-bit program
 *
 * User memory is touched before the file's lock is taken and after it is
 * released, never under it.
 *
 * Return: what the command's handler does; -ENOTTY, -EFAULT, -EAGAIN or -EINTR
 * for the lock, -ENODEV when the device is gone, -EPERM, in this order
 */
long pfru_ioctl(const struct pfru_ioctl *ioctl, struct file *filp,
		unsigned int cmd, void __user *user, bool compat);

#endif /* PFRU_IOCTL_H */
