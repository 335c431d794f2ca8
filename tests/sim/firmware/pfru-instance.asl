/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One instance of the firmware model: pfru.asl includes this once for each,
 * with PS_DEVICE, PS_UID, PS_PORTS_U, PS_PORTS_T, PS_NO_DSM_U, PS_NO_DSM_T and
 * PS_CONTROL defined. All addresses are below 4 GiB and all sums stay below
 * 2^32, so it is right whether the DSDT's revision makes integers 32 or 64 bits
 * wide. State lives in the control page; the names here only carry values within
 * one call.
 */

/* Field lists and defaults, from the tables of pfrusim.h */
#ifndef PS_FIELD_W
#define PS_FIELD_W(asl, name, val, help)	asl, 32,
#define PS_FIELD_D(lo, hi, name, val, help)	lo, 32, hi, 32,
#define PS_FIELD_G(asl, name, val, help)	asl, 128,
#define PS_FIELD_B(asl, name, bits, val, help)	asl, bits,
#define PS_INIT_W(asl, name, val, help)		Store (val, asl)
#define PS_INIT_D(lo, hi, name, val, help)	Store (val, lo) Store (0, hi)
#define PS_INIT_G(asl, name, val, help)		Store (ToUUID (val), asl)
#define PS_INIT_B(asl, name, bits, val, help)	Store (OEMD, asl)
#endif

Device (PS_DEVICE)
{
	Mutex (MTX, 0)
	OperationRegion (CTLR, SystemMemory, PS_CONTROL, PFRUSIM_PAGE_SIZE)
	Field (CTLR, DWordAcc, NoLock, Preserve)
	{
		PFRUSIM_PAGE (PS_FIELD_W, PS_FIELD_D, PS_FIELD_G, PS_FIELD_B)
	}

	/* PFRUSIM_OEM_INFO, for INIT alone */
	Name (OEMD, Buffer ()
	{
		0x50, 0x46, 0x52, 0x55, 0x53, 0x49, 0x4D, 0x00,
		0x4F, 0x45, 0x4D, 0xE9, 0x01, 0x02, 0x03, 0xFF
	})

	/* What is armed for the call under way: see PRE */
	Name (CFLT, 0)
	Name (CELM, 0)
	Name (CARG, 0)
	Name (CSTA, 0)
	Name (CEXT, 0)
	Name (COVR, 0)

	/* What JUDG found in the capsule */
	Name (JKND, 0)
	Name (JRTV, 0)
	Name (JSVN, 0)
	Name (JHWV, 0)
	Name (JSIG, 0)

	/* Nobody but ACPI to fill the page: the -acpitable way */
	Method (_INI, 0, Serialized)
	{
		If (MAGC != PFRUSIM_MAGIC) { INIT () }
	}

	Method (INIT, 0, Serialized)
	{
		PFRUSIM_PAGE (PS_INIT_W, PS_INIT_D, PS_INIT_G, PS_INIT_B)
		INLG (PFRUSIM_EXEC, PFRUSIM_FIXED_EXEC)
		INLG (PFRUSIM_HISTORY, PFRUSIM_FIXED_HISTORY)
	}

	Method (INLG, 2, Serialized)
	{
		OperationRegion (LOGR, SystemMemory, PS_CONTROL +
				 PFRUSIM_LOG_OFF + PFRUSIM_LOG_SIZE * Arg0,
				 PFRUSIM_LOG_SIZE)
		Field (LOGR, DWordAcc, NoLock, Preserve)
		{
			PFRUSIM_LOG (PS_FIELD_W, PS_FIELD_D)
		}
		PFRUSIM_LOG (PS_INIT_W, PS_INIT_D)
		LBAL = Arg1
	}

	/*
	 * Memory. Both go through a window of aligned 8-byte words, since an
	 * access across the end of ACPICA's one-page mapping would fault.
	 */

	/* WIN (offset): 64 bytes of the communication buffer */
	Method (WIN, 1, Serialized)
	{
		Local0 = BUFL + Arg0
		OperationRegion (WINR, SystemMemory, Local0 & 0xFFFFFFF8, 72)
		Field (WINR, QWordAcc, NoLock, Preserve) { WINV, 576 }
		Return (Mid (WINV, Local0 & 7, 64))
	}

	/* PUT (address, buffer, length <= 128) */
	Method (PUT, 3, Serialized)
	{
		OperationRegion (PUTR, SystemMemory, Arg0 & 0xFFFFFFF8, 136)
		Field (PUTR, QWordAcc, NoLock, Preserve) { PUTV, 1088 }
		Local0 = PUTV
		CreateField (Local0, (Arg0 & 7) * 8, Arg2 * 8, PART)
		PART = Arg1
		PUTV = Local0
	}

	/* The logs */

	/* WRT (log, buffer, length): bytes first, then the position */
	Method (WRT, 3, Serialized)
	{
		OperationRegion (LOGR, SystemMemory, PS_CONTROL +
				 PFRUSIM_LOG_OFF + PFRUSIM_LOG_SIZE * Arg0,
				 PFRUSIM_LOG_SIZE)
		Field (LOGR, DWordAcc, NoLock, Preserve)
		{
			PFRUSIM_LOG (PS_FIELD_W, PS_FIELD_D)
		}
		LLIV = 1
		Local0 = 0
		Local2 = LPOS
		Local3 = LSIZ
		While (Local0 < Arg2)
		{
			If (Local2 >= Local3)
			{
				Local2 = 0
				LROL++
			}
			Local1 = Arg2 - Local0
			If (Local1 > 128) { Local1 = 128 }
			If (Local1 > Local3 - Local2)
			{
				Local1 = Local3 - Local2
			}
			PUT (LBAL + Local2, Mid (Arg1, Local0, Local1), Local1)
			Local2 += Local1
			LPOS = Local2
			Local0 += Local1
		}
		LTOT += Arg2
	}

	/* RST (log) */
	Method (RST, 1, Serialized)
	{
		OperationRegion (LOGR, SystemMemory, PS_CONTROL +
				 PFRUSIM_LOG_OFF + PFRUSIM_LOG_SIZE * Arg0,
				 PFRUSIM_LOG_SIZE)
		Field (LOGR, DWordAcc, NoLock, Preserve)
		{
			PFRUSIM_LOG (PS_FIELD_W, PS_FIELD_D)
		}
		LPOS = 0
		LROL = 0
		LRST++
	}

	/* LIN (log, string): a line, CRLF added */
	Method (LIN, 2, Serialized)
	{
		Local0 = Concatenate (Arg1, "\r\n")
		WRT (Arg0, ToBuffer (Local0), SizeOf (Local0))
	}

	/* SAY (level, string): a line of the execution log, if wanted */
	Method (SAY, 2, Serialized)
	{
		If (Arg0 <= LVLC) { LIN (PFRUSIM_EXEC, Arg1) }
	}

	/* HEX (value): 0x and eight digits */
	Method (HEX, 1, Serialized)
	{
		Local0 = ToHexString (Arg0)
		Return (Concatenate ("0x", Mid (Local0, SizeOf (Local0) - 8, 8)))
	}

	/* DEC (value) */
	Method (DEC, 1, Serialized)
	{
		Return (ToDecimalString (Arg0))
	}

	/* APP (log, bytes, pattern): what event_* and now_* append */
	Method (APP, 3, Serialized)
	{
		Local0 = Arg1
		While (Local0 > 0)
		{
			If (Arg2 == 0)
			{
				/* 32 bytes with the CRLF */
				Local1 = Concatenate ("[Sim.Append] Count = ",
					Mid (DEC (1000000000 + APSQ), 1, 9))
				Local1 = ToBuffer (Concatenate (Local1, "\r\n"))
				Local2 = 32
				APSQ++
			}
			Else
			{
				Local1 = FILL (128)
				Local2 = 128
			}
			If (Local2 > Local0) { Local2 = Local0 }
			WRT (Arg0, Local1, Local2)
			Local0 -= Local2
		}
	}

	/* FILL (length): a buffer of a pattern with every kind of byte in it */
	Method (FILL, 1, Serialized)
	{
		Local0 = Buffer ()
		{
			0xA5, 0x00, 0xFF, 0x0A, 0x0D, 0x41, 0xC3, 0x28,
			0x7F, 0x80, 0x1B, 0x5B, 0x00, 0x00, 0x25, 0x73
		}
		While (SizeOf (Local0) < Arg0)
		{
			Local0 = Concatenate (Local0, Local0)
		}
		If (Arg0 == 0) { Return (Buffer (0) {}) }
		Return (Mid (Local0, 0, Arg0))
	}

	/* The knobs */

	/* NAP (ms): ACPICA cuts a Sleep at 2 s and a While at 30 s */
	Method (NAP, 1, Serialized)
	{
		Local0 = Arg0
		If (Local0 > 10000) { Local0 = 10000 }
		Local1 = Arg0 - Local0
		While (Local0 > 1000)
		{
			Sleep (1000)
			Local0 -= 1000
		}
		If (Local0 > 0) { Sleep (Local0) }
		Return (Local1)
	}

	/*
	 * PRE (slot, device, revision, function): what every call begins
	 * with. Counts it, obeys now_* and delay, leaves what is armed for
	 * this call in CFLT and its fellows, and returns the status and
	 * extended status that the function must answer without doing
	 * anything, as one number, or 0.
	 */
	Method (PRE, 4, Serialized)
	{
		OperationRegion (SLTR, SystemMemory, PS_CONTROL +
				 PFRUSIM_SLOT_OFF + PFRUSIM_SLOT_SIZE * Arg0,
				 PFRUSIM_SLOT_SIZE)
		Field (SLTR, DWordAcc, NoLock, Preserve)
		{
			PFRUSIM_SLOT (PS_FIELD_W, PS_FIELD_D)
		}

		SCNT++
		NOTE (Arg1, Arg2, Arg3)
		If (NWRS)
		{
			NWRS = 0
			RST (NWLG)
		}
		If (NWBY)
		{
			Local0 = NWBY
			NWBY = 0
			APP (NWLG, Local0, NWPT)
		}

		CFLT = PFRUSIM_F_NONE
		COVR = 0
		Local0 = 0
		If (SSKP)
		{
			SSKP--
		}
		Else
		{
			CFLT = SFLT
			CELM = SELM
			CARG = (SARH << 32) | SARL
			CSTA = SSTA
			CEXT = SEXT
			COVR = SOVR
			Local0 = SDLY
			If (STIM)
			{
				STIM--
				If (STIM == 0)
				{
					SFLT = PFRUSIM_F_NONE
					SOVR = 0
					SDLY = 0
				}
			}
		}
		NAP (NAP (NAP (Local0)))

		LSTA = PFRUSIM_ST_SUCCESS
		LEXT = 0
		If (Arg2 < 1 || Arg2 > 2)
		{
			LSTA = PFRUSIM_ST_UNSUPPORTED
			LEXT = PFRUSIM_EXT_REVISION
			Return (1)
		}
		If (CFLT == PFRUSIM_F_REFUSE)
		{
			LSTA = CSTA
			LEXT = CEXT
			Return (1)
		}
		If (CFLT == PFRUSIM_F_ABORT) { CRSH () }
		Return (0)
	}

	/* NOTE (device, revision, function) */
	Method (NOTE, 3, Serialized)
	{
		CALT++
		LDEV = Arg0
		LREV = Arg1
		LFUN = Arg2
	}

	/* NOFN (device, revision, function): a function there is not */
	Method (NOFN, 3, Serialized)
	{
		NOTE (Arg0, Arg1, Arg2)
		CALO++
		CFLT = PFRUSIM_F_NONE
		LSTA = PFRUSIM_ST_UNSUPPORTED
		LEXT = PFRUSIM_EXT_FUNCTION
		Local0 = Package (2) { 0, 0 }
		Local0 [0] = LSTA
		Local0 [1] = LEXT
		Return (Local0)
	}

	/* CRSH: an error that ACPICA can't help aborting for */
	Method (CRSH, 0, Serialized)
	{
		Local0 = Package (1) { 0 }
		Local1 = 9
		Local2 = DerefOf (Local0 [Local1])
		Return (Local2)
	}

	/* REPL (answer, new element): the answer with element CELM replaced */
	Method (REPL, 2, Serialized)
	{
		Local0 = Arg0
		If (ObjectType (Local0) == 4 && CELM < SizeOf (Local0))
		{
			Local0 [CELM] = Arg1
		}
		Return (Local0)
	}

	/* CUT (answer, count, element to leave out) */
	Method (CUT, 3, Serialized)
	{
		Local0 = Package (Arg1) {}
		Local1 = 0
		While (Local1 < Arg1)
		{
			If (Local1 >= SizeOf (Arg0))
			{
				Local0 [Local1] = 0xE0 + Local1
			}
			ElseIf (Local1 != Arg2)
			{
				Local0 [Local1] = DerefOf (Arg0 [Local1])
			}
			Local1++
		}
		Return (Local0)
	}

	/* TEXT (length): a string */
	Method (TEXT, 1, Serialized)
	{
		Local0 = "pfrusim "
		While (SizeOf (Local0) < Arg0)
		{
			Local0 = Concatenate (Local0, Local0)
		}
		Return (Mid (Local0, 0, Arg0))
	}

	/* ANS (answer): the answer as the armed fault makes it */
	Method (ANS, 1, Serialized)
	{
		Switch (ToInteger (CFLT))
		{
			Case (PFRUSIM_F_COUNT)
			{
				If (ObjectType (Arg0) != 4) { Return (Arg0) }
				Return (CUT (Arg0, CARG, 0xFFFFFFFF))
			}
			Case (PFRUSIM_F_NULL)
			{
				If (ObjectType (Arg0) != 4) { Return (Arg0) }
				Return (CUT (Arg0, SizeOf (Arg0), CELM))
			}
			Case (PFRUSIM_F_INTEGER)
			{
				Return (REPL (Arg0, CARG))
			}
			Case (PFRUSIM_F_BUFFER)
			{
				Return (REPL (Arg0, FILL (CARG)))
			}
			Case (PFRUSIM_F_STRING)
			{
				Return (REPL (Arg0, TEXT (CARG)))
			}
			Case (PFRUSIM_F_PACKAGE)
			{
				Return (REPL (Arg0, CUT (Package () { 0 }, CARG,
							 0xFFFFFFFF)))
			}
			Case (PFRUSIM_F_ALL_INTEGER)
			{
				Return (CARG)
			}
			Case (PFRUSIM_F_ALL_BUFFER)
			{
				Return (FILL (CARG))
			}
			Case (PFRUSIM_F_ALL_STRING)
			{
				Return (TEXT (CARG))
			}
			Case (PFRUSIM_F_ABORT_LATE)
			{
				CRSH ()
			}
		}
		Return (Arg0)
	}

	/* ARGI (Arg3 of the _DSM): its integer, or Ones */
	Method (ARGI, 1, Serialized)
	{
		If (ObjectType (Arg0) != 4) { Return (Ones) }
		If (SizeOf (Arg0) == 0) { Return (Ones) }
		Local0 = DerefOf (Arg0 [0])
		If (ObjectType (Local0) != 1) { Return (Ones) }
		Return (Local0)
	}

	/* FAIL (status, extended status) */
	Method (FAIL, 2, Serialized)
	{
		LSTA = Arg0
		LEXT = Arg1
	}

	If (PSFL & PFRUSIM_FL_UPDATE)
	{

	/*
	 * JUDG: the capsule in the buffer. Returns 0 or the extended status
	 * of what is wrong with it. Only subtracts what is known to be there.
	 */
	Method (JUDG, 0, Serialized)
	{
		/* EFI_CAPSULE_HEADER */
		Local0 = WIN (0)
		CreateField (Local0, 0, 128, CGUI)
		CreateDWordField (Local0, 16, HSIZ)
		CreateDWordField (Local0, 24, ISIZ)
		If (CGUI != ToUUID (PFRUSIM_GUID_CAPSULE))
		{
			Return (PFRUSIM_EXT_CAPSULE_GUID)
		}
		SAY (PFRUSIM_LOG_VERBOSE, Concatenate (
		     "[ValidateSmmRuntimeUpdateImage] CapsuleHeader.CapsuleGuid = ",
		     PFRUSIM_GUID_CAPSULE))
		SEEN = ISIZ
		If (ISIZ < 0x1C || ISIZ > BUFS)
		{
			Return (PFRUSIM_EXT_CAPSULE_SIZE)
		}
		If (HSIZ < 0x1C || HSIZ > ISIZ || ISIZ - HSIZ < 8)
		{
			Return (PFRUSIM_EXT_HEADER_SIZE)
		}
		Local6 = HSIZ			/* here */
		Local7 = ISIZ - HSIZ		/* bytes from here on */

		/* EFI_FIRMWARE_MANAGEMENT_CAPSULE_HEADER and its list */
		Local1 = WIN (Local6)
		CreateDWordField (Local1, 0, FVER)
		CreateWordField (Local1, 4, FDRV)
		CreateWordField (Local1, 6, FPAY)
		If (FVER != 1) { Return (PFRUSIM_EXT_FMP_VERSION) }
		If (FPAY == 0) { Return (PFRUSIM_EXT_PAYLOAD_COUNT) }
		Local5 = (FDRV + FPAY) * 8 + 8
		If (Local5 > Local7) { Return (PFRUSIM_EXT_ITEM_LIST) }
		Local2 = WIN (Local6 + 8 + FDRV * 8)
		CreateDWordField (Local2, 0, OFLO)
		CreateDWordField (Local2, 4, OFHI)
		If (OFHI != 0 || OFLO < Local5 || OFLO > Local7)
		{
			Return (PFRUSIM_EXT_ITEM_OFFSET)
		}
		Local6 += OFLO
		Local7 -= OFLO
		If (Local7 < 32) { Return (PFRUSIM_EXT_ITEM_OFFSET) }

		/* The image header */
		Local3 = WIN (Local6)
		CreateDWordField (Local3, 0, IVER)
		CreateField (Local3, 32, 128, ITYP)
		CreateByteField (Local3, 20, IIDX)
		CreateDWordField (Local3, 24, IUSZ)
		CreateDWordField (Local3, 28, IVSZ)
		CreateDWordField (Local3, 40, ISUP)
		SAY (PFRUSIM_LOG_VERBOSE, Concatenate (Concatenate (
		     Concatenate (
		     "[ValidateSmmRuntimeUpdateImage] ImageHeader.Version = ",
		     DEC (IVER)), ", UpdateImageSize = "), HEX (IUSZ)))
		If (IVER < 1 || IVER > 3)
		{
			Return (PFRUSIM_EXT_IMAGE_VERSION)
		}
		Local5 = 24 + IVER * 8
		If (Local5 > Local7) { Return (PFRUSIM_EXT_ITEM_OFFSET) }
		Local6 += Local5
		Local7 -= Local5
		If (IUSZ > Local7 || IVSZ > Local7 - IUSZ)
		{
			Return (PFRUSIM_EXT_IMAGE_SIZE)
		}
		If (IIDX == 0) { Return (PFRUSIM_EXT_IMAGE_INDEX) }
		If (ITYP == CTYP || ITYP == ToUUID (PFRUSIM_GUID_CODE))
		{
			JKND = PFRUSIM_KIND_CODE
		}
		ElseIf (ITYP == DTYP || ITYP == ToUUID (PFRUSIM_GUID_DRIVER_WK))
		{
			JKND = PFRUSIM_KIND_DRIVER
		}
		Else
		{
			Return (PFRUSIM_EXT_IMAGE_TYPE)
		}
		If ((UCAP & JKND) == 0) { Return (PFRUSIM_EXT_UPDATE_CAP) }
		Local7 = IUSZ

		/* EFI_FIRMWARE_IMAGE_AUTHENTICATION; v3 can say there is none */
		If (IVER == 3 && ISUP & 2) { Return (PFRUSIM_EXT_DEPENDENCY) }
		If (IVER < 3 || ISUP & 1)
		{
			If (Local7 < 32) { Return (PFRUSIM_EXT_AUTH_SIZE) }
			Local5 = WIN (Local6)
			CreateDWordField (Local5, 8, ALEN)
			CreateDWordField (Local5, 12, ATYP)
			CreateField (Local5, 128, 128, AGUI)
			If (ALEN < 24 || ALEN > Local7 - 8)
			{
				Return (PFRUSIM_EXT_AUTH_SIZE)
			}
			/* wRevision 0x0200, wCertificateType 0x0EF1 */
			If (ATYP != 0x0EF10200 ||
			    AGUI != ToUUID (PFRUSIM_GUID_CERT))
			{
				Return (PFRUSIM_EXT_AUTH_TYPE)
			}
			Local6 += ALEN + 8
			Local7 -= ALEN + 8
			SAY (PFRUSIM_LOG_VERBOSE,
			     "[AuthenticateSmmRuntimeUpdateImage] Status = Success")
		}
		ElseIf (RQAU)
		{
			Return (PFRUSIM_EXT_AUTH_MISSING)
		}

		/* The payload header */
		Local5 = 36
		If (JKND == PFRUSIM_KIND_DRIVER) { Local5 = 40 }
		If (Local7 < Local5) { Return (PFRUSIM_EXT_PAYLOAD_SIZE) }
		Local4 = WIN (Local6)
		CreateDWordField (Local4, 0, PSIG)
		CreateDWordField (Local4, 8, PHSZ)
		CreateDWordField (Local4, 12, PHWV)
		CreateDWordField (Local4, 16, PRTV)
		CreateField (Local4, 160, 128, PPID)
		CreateDWordField (Local4, 36, PSVN)
		JSIG = PSIG
		JHWV = PHWV
		JRTV = PRTV
		JSVN = 0
		If (JKND == PFRUSIM_KIND_DRIVER) { JSVN = PSVN }
		SAY (PFRUSIM_LOG_VERBOSE, Concatenate (
		     "[SmmCodeInjectionVerifyPayloadHeader] PayloadHeader.Signature = ",
		     HEX (JSIG)))
		SAY (PFRUSIM_LOG_VERBOSE, Concatenate (Concatenate (
		     Concatenate (
		     "[SmmCodeInjectionVerifyPayloadHeader] PayloadHeader.RtVersion = ",
		     DEC (JRTV)), ", Svn = "), DEC (JSVN)))
		If (PHSZ < Local5 || PHSZ > Local7)
		{
			Return (PFRUSIM_EXT_PAYLOAD_HEADER)
		}
		If (PPID != PLID) { Return (PFRUSIM_EXT_PLATFORM_ID) }
		If (JKND == PFRUSIM_KIND_DRIVER)
		{
			If (JSVN < DSVN) { Return (PFRUSIM_EXT_SVN) }
			Return (0)
		}
		If (JSIG != PFRUSIM_SIG_CODE) { Return (PFRUSIM_EXT_SIGNATURE) }
		If (JRTV < CRTV) { Return (PFRUSIM_EXT_RT_VERSION) }
		Return (0)
	}

	/* STAG: copy, judge and keep the capsule in the buffer */
	Method (STAG, 0, Serialized)
	{
		SKND = 0
		SEEN = 0
		SAY (PFRUSIM_LOG_VERBOSE, Concatenate (Concatenate (
		     Concatenate (
		     "[ShadowSmmRuntimeUpdateImage] Image = ", HEX (BUFL)),
		     ", BufferSize = "), HEX (BUFS)))
		SAY (PFRUSIM_LOG_VERBOSE,
		     "[ProcessSmmRuntimeUpdate] ShadowSmmRuntimeUpdateImage.Status = Success")
		Local0 = JUDG ()
		If (Local0)
		{
			Local1 = PFRUSIM_ST_INVALID
			If (Local0 > PFRUSIM_EXT_POLICY)
			{
				Local1 = PFRUSIM_ST_SPECIFIC
			}
			FAIL (Local1, Local0)
			SAY (PFRUSIM_LOG_ERROR, Concatenate (
			     "[ValidateSmmRuntimeUpdateImage] Status = Refused, ExtStatus = ",
			     HEX (Local0)))
			Return (1)
		}
		SKND = JKND
		SRTV = JRTV
		SSVN = JSVN
		NSTG++
		SAY (PFRUSIM_LOG_VERBOSE, Concatenate (
		     "[ValidateSmmRuntimeUpdateImage] Status = Success, ImageSize = ",
		     HEX (SEEN)))
		Return (0)
	}

	/* ACTI: run what is staged */
	Method (ACTI, 0, Serialized)
	{
		If (SKND == 0)
		{
			FAIL (PFRUSIM_ST_INVALID, PFRUSIM_EXT_NOTHING_STAGED)
			SAY (PFRUSIM_LOG_ERROR,
			     "[SmmRuntimeUpdateActivate] Status = Nothing staged")
			Return (1)
		}
		If (SKND == PFRUSIM_KIND_CODE)
		{
			SAY (PFRUSIM_LOG_VERBOSE, "CPU CSR[0B102D28] Before = 7FBF830E")
			CRTV = SRTV
			SAY (PFRUSIM_LOG_VERBOSE, "CPU CSR[0B102D28] After = 7FBF8310")
			SAY (PFRUSIM_LOG_VERBOSE, Concatenate (
			     "[SmmCodeInjectionExecute] CodeInjectionVersion = ",
			     DEC (CRTV)))
		}
		Else
		{
			DRTV = SRTV
			DSVN = SSVN
			SAY (PFRUSIM_LOG_VERBOSE, Concatenate (Concatenate (
			     Concatenate (
			     "[SmmDriverUpdateExecute] DriverVersion = ",
			     DEC (DRTV)), ", DriverSvn = "), DEC (DSVN)))
		}
		SKND = 0
		NACT++
		Return (0)
	}

	/* STRT (action) */
	Method (STRT, 1, Serialized)
	{
		SAY (PFRUSIM_LOG_INFO, Concatenate (
		     "[SmmRuntimeUpdateHandler.ProcessSmmRuntimeUpdate] ProcessSmmRuntimeUpdate = START, Action = ",
		     DEC (Arg0)))
		SAY (PFRUSIM_LOG_VERBOSE, Concatenate (Concatenate (
		     Concatenate (
		     "[SmmRuntimeUpdateHandler.ProcessSmmRuntimeUpdate] FwVersion = ",
		     DEC (FWVR)), ", CodeInjectionVersion = "), DEC (CRTV)))
		Local0 = 0
		If (Arg0 != 1) { Local0 = STAG () }
		If (Local0 == 0 && Arg0 != 0) { ACTI () }
		Local1 = "Success"
		If (LSTA)
		{
			Local1 = Concatenate (Concatenate (Concatenate (
				"Failure ", DEC (LSTA)), ", ExtStatus = "),
				HEX (LEXT))
		}
		SAY (PFRUSIM_LOG_INFO, Concatenate (
		     "[SmmRuntimeUpdateHandler.ProcessSmmRuntimeUpdate] ProcessSmmRuntimeUpdate = End, Status = ",
		     Local1))
		LIN (PFRUSIM_HISTORY, Concatenate (Concatenate (Concatenate (
		     Concatenate (Concatenate (Concatenate (Concatenate (
		     Concatenate (Concatenate (
		     "[History] Action = ", DEC (Arg0)), ", Status = "),
		     Local1), ", CodeInjectionVersion = "), DEC (CRTV)),
		     ", DriverVersion = "), DEC (DRTV)), ", DriverSvn = "),
		     DEC (DSVN)))
	}

	/* UDSM (revision, function, argument) */
	Method (UDSM, 3, Serialized)
	{
		If (Arg1 > 3) { Return (NOFN (0, Arg0, Arg1)) }
		Local7 = PRE (Arg1, 0, Arg0, Arg1)
		If (Arg1 == 0)
		{
			Local0 = Buffer (1) { 0x0F }
			If (Local7) { Local0 = Buffer (1) { 0x00 } }
		}
		ElseIf (Arg1 == 1)
		{
			Local1 = Buffer (0) {}
			If (OEML) { Local1 = Mid (OEMB, 0, OEML) }
			Local0 = Package (11) {}
			Local0 [0] = LSTA
			Local0 [1] = UCAP
			Local0 [2] = CTYP
			Local0 [3] = FWVR
			Local0 [4] = CRTV
			Local0 [5] = DTYP
			Local0 [6] = DRTV
			Local0 [7] = DSVN
			Local0 [8] = PLID
			Local0 [9] = OEMG
			Local0 [10] = Local1
		}
		ElseIf (Arg1 == 2)
		{
			Local0 = Package (5) { 0, 0, 0, 0, 0 }
			Local0 [0] = LSTA
			Local0 [1] = LEXT
			If (Local7 == 0)
			{
				Local0 [2] = BUFL
				Local0 [3] = BUFH
				Local0 [4] = BUFS
			}
			If (COVR & PFRUSIM_OB_ADDR)
			{
				Local0 [2] = OBAL
				Local0 [3] = OBAH
			}
			If (COVR & PFRUSIM_OB_SIZE) { Local0 [4] = OBSZ }
		}
		Else
		{
			Local1 = ARGI (Arg2)
			LACT = Local1
			If (Local7 == 0)
			{
				If (Local1 == Ones)
				{
					FAIL (PFRUSIM_ST_INVALID,
					      PFRUSIM_EXT_ARGUMENT)
				}
				ElseIf (Local1 > 2)
				{
					FAIL (PFRUSIM_ST_INVALID,
					      PFRUSIM_EXT_ACTION)
				}
				Else
				{
					STRT (Local1)
				}
			}
			Local0 = Package (6) { 0, 0, 0, 0, 0, 0 }
			Local0 [0] = LSTA
			Local0 [1] = LEXT
			If (LSTA == 0)
			{
				Local0 [2] = AUTL
				Local0 [3] = AUTH
				Local0 [4] = EXEL
				Local0 [5] = EXEH
			}
		}
		Return (ANS (Local0))
	}

	Device (PFRU)
	{
		Name (_HID, PFRUSIM_HID_UPDATE)
		Name (_UID, PS_UID)
		If (PSFL & PFRUSIM_FL_CID)
		{
			Name (_CID, EisaId (PFRUSIM_CID))
		}
		If (PSFL & PFRUSIM_FL_CRS)
		{
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, PS_PORTS_U, PS_PORTS_U, 1, 4)
			})
		}
		If ((PSFL & PS_NO_DSM_U) == 0)
		{
			Method (_DSM, 4, Serialized)
			{
				If (Arg0 != ToUUID (PFRUSIM_DSM_UPDATE))
				{
					Return (Buffer (1) { 0 })
				}
				Acquire (MTX, 0xFFFF)
				Local0 = UDSM (Arg1, Arg2, Arg3)
				Release (MTX)
				If (CFLT != PFRUSIM_F_NO_RETURN) { Return (Local0) }
			}
		}
	}

	} /* update */

	If (PSFL & PFRUSIM_FL_TELEMETRY)
	{

	/* INFO (log): the answer of get data */
	Method (INFO, 1, Serialized)
	{
		OperationRegion (LOGR, SystemMemory, PS_CONTROL +
				 PFRUSIM_LOG_OFF + PFRUSIM_LOG_SIZE * Arg0,
				 PFRUSIM_LOG_SIZE)
		Field (LOGR, DWordAcc, NoLock, Preserve)
		{
			PFRUSIM_LOG (PS_FIELD_W, PS_FIELD_D)
		}
		Local0 = Package (11) { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
		Local0 [2] = LSIZ
		If (LLIV)
		{
			If (LROL && LPOS < LSIZ)
			{
				Local0 [3] = LBAL + LPOS
				Local0 [4] = LBAH
				Local0 [5] = LSIZ - LPOS
			}
			Local0 [6] = LBAL
			Local0 [7] = LBAH
			Local0 [8] = LPOS
		}
		Local0 [9] = LROL
		Local0 [10] = LRST
		Return (Local0)
	}

	/* LIE (answer): the o_* values that data.ovr asks for */
	Method (LIE, 1, Serialized)
	{
		Local0 = Arg0
		If (COVR & PFRUSIM_OD_C1ADDR)
		{
			Local0 [3] = O1AL
			Local0 [4] = O1AH
		}
		If (COVR & PFRUSIM_OD_C1SIZE) { Local0 [5] = O1SZ }
		If (COVR & PFRUSIM_OD_C2ADDR)
		{
			Local0 [6] = O2AL
			Local0 [7] = O2AH
		}
		If (COVR & PFRUSIM_OD_C2SIZE) { Local0 [8] = O2SZ }
		If (COVR & PFRUSIM_OD_MAX) { Local0 [2] = OMAX }
		If (COVR & PFRUSIM_OD_ROLLOVER) { Local0 [9] = OROL }
		If (COVR & PFRUSIM_OD_RESET) { Local0 [10] = ORST }
		Return (Local0)
	}

	/* EVNT: after the answer of a get data was made */
	Method (EVNT, 0, Serialized)
	{
		If (EVAT == 0) { Return }
		EVAT--
		If (EVAT) { Return }
		If (EVEV) { EVAT = 1 }
		If (EVRS) { RST (EVLG) }
		If (EVBY) { APP (EVLG, EVBY, EVPT) }
	}

	/* TDSM (revision, function, argument) */
	Method (TDSM, 3, Serialized)
	{
		If (Arg1 > 3) { Return (NOFN (1, Arg0, Arg1)) }
		Local7 = PRE (Arg1 + PFRUSIM_SLOT_TELEMETRY, 1, Arg0, Arg1)
		If (Arg1 == 0)
		{
			Local0 = Buffer (1) { 0x0F }
			If (Local7) { Local0 = Buffer (1) { 0x00 } }
		}
		ElseIf (Arg1 == 1)
		{
			Local1 = ARGI (Arg2)
			LLEV = Local1
			If (Local7 == 0)
			{
				If (Local1 == Ones)
				{
					FAIL (PFRUSIM_ST_INVALID,
					      PFRUSIM_EXT_ARGUMENT)
				}
				ElseIf (Local1 > 4 || Local1 == 3)
				{
					FAIL (PFRUSIM_ST_INVALID,
					      PFRUSIM_EXT_LEVEL)
				}
				Else
				{
					LVLC = Local1
				}
			}
			Local0 = Package (2) { 0, 0 }
			Local0 [0] = LSTA
			Local0 [1] = LEXT
		}
		ElseIf (Arg1 == 2)
		{
			Local0 = Package (3) { 0, 0, 0 }
			Local0 [0] = LSTA
			Local0 [1] = LEXT
			If (Local7 == 0) { Local0 [2] = LVLC }
		}
		Else
		{
			Local1 = ARGI (Arg2)
			LTYP = Local1
			Local0 = Package (11) { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
			If (Local7 == 0)
			{
				If (Local1 == Ones)
				{
					FAIL (PFRUSIM_ST_INVALID,
					      PFRUSIM_EXT_ARGUMENT)
				}
				ElseIf (Local1 > 1)
				{
					FAIL (PFRUSIM_ST_INVALID,
					      PFRUSIM_EXT_TYPE)
				}
				Else
				{
					Local0 = INFO (Local1)
				}
			}
			Local0 [0] = LSTA
			Local0 [1] = LEXT
			Local0 = LIE (Local0)
			EVNT ()
		}
		Return (ANS (Local0))
	}

	Device (PFRT)
	{
		Name (_HID, PFRUSIM_HID_TELEMETRY)
		Name (_UID, PS_UID)
		If (PSFL & PFRUSIM_FL_CID)
		{
			Name (_CID, EisaId (PFRUSIM_CID))
		}
		If (PSFL & PFRUSIM_FL_CRS)
		{
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, PS_PORTS_T, PS_PORTS_T, 1, 4)
			})
		}
		If ((PSFL & PS_NO_DSM_T) == 0)
		{
			Method (_DSM, 4, Serialized)
			{
				If (Arg0 != ToUUID (PFRUSIM_DSM_TELEMETRY))
				{
					Return (Buffer (1) { 0 })
				}
				Acquire (MTX, 0xFFFF)
				Local0 = TDSM (Arg1, Arg2, Arg3)
				Release (MTX)
				If (CFLT != PFRUSIM_F_NO_RETURN) { Return (Local0) }
			}
		}
	}

	} /* telemetry */
}
