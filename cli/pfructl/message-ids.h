/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IDs of entries of the journal. data/pfru.catalog explains each; a test
 * compares the two.
 */
#ifndef PFRUCTL_MESSAGE_IDS_H
#define PFRUCTL_MESSAGE_IDS_H

/* an update was begun, and the firmware not called yet */
#define MESSAGE_ID_BEGUN "282f6d1d85d64102aacfc3f0a686914c"
/* it was done */
#define MESSAGE_ID_DONE "682755650b8d4be3b090955161cfad6a"
/* it failed: the firmware refused, or was not reached */
#define MESSAGE_ID_FAILED "b7981788a67e4eeb9a385b7bf05c6afc"
/* the firmware was called, and its answer does not say what it did */
#define MESSAGE_ID_UNKNOWN "be9ace00d8f5444681656f44c0a9175e"
/* a capsule was refused since its last attempt was interrupted */
#define MESSAGE_ID_INTERRUPTED "16f90d1344024d3eaf3ffaa17008da14"
/* bytes of the firmware's log were overwritten before they were read */
#define MESSAGE_ID_LOST "96b98940bcfc471bb5b466b0e0657cf9"

#endif /* PFRUCTL_MESSAGE_IDS_H */
