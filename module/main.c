// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading of the module: what starts, and in which order.
 */
#include <linux/module.h>

#include "drivers.h"

#define INIT_CLIENT(_name) pfru_##_name##_init()
#define EXIT_CLIENT(_name) pfru_##_name##_exit()

static int __init pfru_init(void)
{
	int ret;

	ret = platform_driver_register(&pfru_update_driver);
	if (ret)
		return ret;
	ret = platform_driver_register(&pfru_telemetry_driver);
	if (ret)
		goto unregister_update;
	ret = pfru_enumerate();
	if (ret)
		goto unregister_telemetry;
	PFRU_MEI_CLIENTS(INIT_CLIENT);
	return 0;

unregister_telemetry:
	platform_driver_unregister(&pfru_telemetry_driver);
unregister_update:
	platform_driver_unregister(&pfru_update_driver);
	return ret;
}
module_init(pfru_init);

static void __exit pfru_exit(void)
{
	PFRU_MEI_CLIENTS(EXIT_CLIENT);
	pfru_enumerate_undo();
	platform_driver_unregister(&pfru_telemetry_driver);
	platform_driver_unregister(&pfru_update_driver);
}
module_exit(pfru_exit);

MODULE_DESCRIPTION("Platform Firmware Runtime Update and Telemetry");
MODULE_AUTHOR("pfru developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(PFRU_VERSION);
