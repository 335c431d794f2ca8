// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For tests: writing to the parameter "call" calls the notifiers of a reboot, and
 * does not reboot. "took" is how many milliseconds that took, "later" how often
 * this module's own notifier has run, which comes behind all others. The chain is
 * not exported: the parameter "list" is its address, from /proc/kallsyms.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/reboot.h>

static unsigned long list;
module_param(list, ulong, 0400);

static unsigned int took;
module_param(took, uint, 0444);

static unsigned int later;
module_param(later, uint, 0444);

static int notified(struct notifier_block *nb, unsigned long code, void *data)
{
	later++;
	return NOTIFY_DONE;
}

static struct notifier_block last = {
	.notifier_call = notified,
	.priority = INT_MIN,
};

static int call_set(const char *value, const struct kernel_param *param)
{
	ktime_t begin = ktime_get();

	blocking_notifier_call_chain((struct blocking_notifier_head *)list,
				     SYS_RESTART, NULL);
	took = ktime_ms_delta(ktime_get(), begin);
	return 0;
}

static const struct kernel_param_ops call_ops = { .set = call_set };
module_param_cb(call, &call_ops, NULL, 0200);

static int __init chain_init(void)
{
	return list ? register_reboot_notifier(&last) : -EINVAL;
}
module_init(chain_init);

static void __exit chain_exit(void)
{
	unregister_reboot_notifier(&last);
}
module_exit(chain_exit);

MODULE_DESCRIPTION("The notifiers of a reboot, without one");
MODULE_LICENSE("GPL");
