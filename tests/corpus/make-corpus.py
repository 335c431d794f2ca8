#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Make the capsules of this corpus and MANIFEST, byte for byte the same each
time. It is independent of core/, and must not learn from core/ what the
right verdict is.
"""
import hashlib
import os
import struct
import sys

from encoder import (CODE, CODE_KNOWN, CODE_RT, DRIVER, DRIVER_KNOWN, DRV_RT,
                     DRV_SVN, EMBEDDED_DRIVER, FMP_CAPSULE, HERE, MAX32,
                     OTHER_ID, PLATFORM, PLATFORM_ID, WINDOWS_UX, X509_SHA256,
                     Part, auth, capsule, code, driver, guid, image, payload,
                     raw, swapped, u32, u64)


class Corpus:
    def __init__(self):
        self.files = {}
        self.lines = [
            "# SPDX-License-Identifier: GPL-2.0-or-later",
            "# Made by make-corpus.py. FILE VERDICT [OFFSET]: judged against",
            "# platform.conf; the offset is of the field that is wrong.",
        ]

    def note(self, text):
        self.lines += ["#", "# " + text]

    def expect(self, name, verdict, offset=None):
        line = "%s %s" % (name, verdict)
        if offset is not None:
            line += " %d" % offset
        self.lines.append(line)

    def add(self, name, part, verdict="accepted", place=None):
        name += ".cap"
        assert name not in self.files, name
        self.files[name] = part.data
        if isinstance(place, str):
            place = part.at[place]
        self.expect(name, verdict, place)


def grid(corpus):
    corpus.note("Every shape: HeaderSize, image header version, embedded "
                "drivers, payloads, authentication")
    for header in (0x1C, 0x20, 0x40):
        for drivers in (0, 1):
            embedded = [EMBEDDED_DRIVER] * drivers
            corpus.add("grid-h%02x-d%d-p0" % (header, drivers),
                       capsule([], embedded, header),
                       "no-payload", "fmp.payloads")
            for version in (1, 2, 3, 4):
                for payloads in (1, 2):
                    for signed in (0, 1):
                        shape(corpus, header, version, embedded, payloads,
                              signed)


def shape(corpus, header, version, embedded, payloads, signed):
    bodies = [code(), driver()][:payloads]
    if signed:
        bodies = [auth(body) for body in bodies]
    items = [image(body, what, version)
             for body, what in zip(bodies, (CODE, DRIVER))]
    name = "grid-h%02x-v%d-d%d-p%d-%s" % (
        header, version, len(embedded), payloads,
        "signed" if signed else "plain")
    whole = capsule(items, embedded, header)
    if version <= 3:
        corpus.add(name, whole)
    elif payloads == 1:
        corpus.add(name, whole, "image-header-version", "0.image")
    else:
        # both payloads are wrong: which is named first is nobody's business
        corpus.add(name, whole, "image-header-version")


def encoders(corpus):
    corpus.note("As edk2 builds them: padded header, PKCS#7, no drivers")
    for version in (2, 3):
        for name, body, what in (("code", code(), CODE),
                                 ("driver", driver(), DRIVER)):
            corpus.add("like-edk2-v%d-%s" % (version, name),
                       capsule([image(auth(body), what, version)],
                               header=0x20, flags=0x50000))
    mss1 = Part(b"MSS1" + u32(16) + u32(2) + u32(1) + code().data,
                {"payload": 0})
    for signed, body in (("plain", mss1), ("signed", auth(mss1))):
        if signed == "signed":
            body.at["payload"] = len(body.data) - len(mss1.data)
        corpus.add("like-edk2-mss1-" + signed,
                   capsule([image(body)], header=0x20, flags=0x50000),
                   "payload-wrapped", "0.payload")
    corpus.note("From other encoders, see README.md; not made by this program")
    for name, verdict, offset in FOREIGN:
        corpus.expect(name, verdict, foreign_offset(name, offset))


# mkeficapsule's image headers stand at 28 + 16, edk2's at 32 + 16; they are of
# version 3, 48 bytes. What follows a certificate is found by its dwLength.
FOREIGN = (
    ("mkeficapsule-code-plain.cap", "accepted", None),
    ("mkeficapsule-code-signed.cap", "accepted", None),
    ("mkeficapsule-driver-plain.cap", "accepted", None),
    ("mkeficapsule-driver-signed.cap", "accepted", None),
    ("mkeficapsule-driver-known-signed.cap", "accepted", None),
    ("mkeficapsule-code-older.cap", "rt-version", (92, 16)),
    ("mkeficapsule-driver-older.cap", "svn", (92, 36)),
    ("mkeficapsule-other-type.cap", "image-type", 44 + 4),
    ("mkeficapsule-raw.cap", "payload-short", 92),
    ("mkeficapsule-accept.cap", "capsule-guid", 0),
    ("edk2-code-plain.cap", "accepted", None),
    ("edk2-code-signed.cap", "accepted", None),
    ("edk2-driver-signed.cap", "accepted", None),
    ("edk2-two-with-driver.cap", "accepted", None),
    ("edk2-vendor-code.cap", "vendor-code", 48 + 28),
    ("edk2-dependency.cap", "dependency", 48 + 40),
    ("edk2-mss1-plain.cap", "payload-wrapped", 96),
    ("edk2-mss1-signed.cap", "payload-wrapped", (96, 0)),
)


def foreign_offset(name, offset):
    """a pair is the place of an authentication header and a field's offset in
    the payload that follows"""
    if not isinstance(offset, tuple):
        return offset
    with open(os.path.join(HERE, name), "rb") as file:
        data = file.read()
    length, = struct.unpack_from("<I", data, offset[0] + 8)
    return offset[0] + 8 + length + offset[1]


def platform_cases(corpus):
    corpus.note("Judged against the platform: type, id, versions")
    one = lambda body, what=CODE, **f: capsule([image(auth(body), what, **f)])
    corpus.add("code-equal-version", one(code(rt=CODE_RT)))
    corpus.add("code-newest-version", one(code(rt=MAX32)))
    corpus.add("code-high-bit-version", one(code(rt=0x80000000)))
    corpus.add("code-older-version", one(code(rt=CODE_RT - 1)),
               "rt-version", "0.payload.rt")
    corpus.add("code-svn-ignored", one(code(svn=0)))
    corpus.add("code-oem-header", one(code(oem=b"OEM header bytes")))
    corpus.add("code-old-hw-version", one(code(hw=0)))
    corpus.add("code-other-platform", one(code(platform=OTHER_ID)),
               "platform-id", "0.payload.platform")
    corpus.add("code-zero-platform", one(code(platform=bytes(16))),
               "platform-id", "0.payload.platform")
    corpus.add("code-swapped-platform",
               one(code(platform=swapped(PLATFORM["platform_id"]))),
               "platform-id", "0.payload.platform")
    corpus.add("code-last-byte-platform",
               one(code(platform=PLATFORM_ID[:15] +
                        bytes([PLATFORM_ID[15] ^ 1]))),
               "platform-id", "0.payload.platform")
    corpus.add("driver-equal-versions",
               one(driver(rt=DRV_RT, svn=DRV_SVN), DRIVER))
    corpus.add("driver-known-type", one(driver(), guid(DRIVER_KNOWN)))
    corpus.add("driver-known-type-plain",
               capsule([image(driver(), guid(DRIVER_KNOWN))]))
    corpus.add("driver-runtime-goes-down", one(driver(rt=DRV_RT - 1), DRIVER))
    corpus.add("driver-svn-goes-up", one(driver(svn=DRV_SVN + 1), DRIVER))
    corpus.add("driver-svn-high-bit", one(driver(svn=0x80000000), DRIVER))
    corpus.add("driver-older-svn", one(driver(svn=DRV_SVN - 1), DRIVER),
               "svn", "0.payload.svn")
    corpus.add("driver-known-older-svn",
               one(driver(svn=DRV_SVN - 1), guid(DRIVER_KNOWN)),
               "svn", "0.payload.svn")
    corpus.add("driver-newer-runtime-older-svn",
               one(driver(rt=MAX32, svn=DRV_SVN - 1), DRIVER),
               "svn", "0.payload.svn")
    corpus.add("driver-other-platform",
               one(driver(platform=OTHER_ID), DRIVER),
               "platform-id", "0.payload.platform")
    corpus.add("driver-oem-header", one(driver(oem=b"OEM header"), DRIVER))
    for name, what in (("unknown", OTHER_ID), ("zero", bytes(16)),
                       ("capsule", guid(FMP_CAPSULE)),
                       ("swapped-code", swapped(CODE_KNOWN)),
                       ("swapped-driver", swapped(PLATFORM["drv_type"])),
                       ("oem-id", guid(PLATFORM["oem_id"]))):
        corpus.add("type-" + name, one(driver(), what),
                   "image-type", "0.image.type")
    for byte in (0, 7, 8, 15):
        what = bytearray(CODE)
        what[byte] ^= 0x80
        corpus.add("type-byte-%d" % byte, one(code(), bytes(what)),
                   "image-type", "0.image.type")


def header_cases(corpus):
    corpus.note("Capsule header")
    good = [image(code())]
    for name, what in (("other", WINDOWS_UX), ("zero", bytes(16)),
                       ("swapped", swapped(FMP_CAPSULE))):
        corpus.add("capsule-guid-" + name, capsule(good, what=what),
                   "capsule-guid", "guid")
    for flags in (0, 0x10000, 0x30000, 0x70000, MAX32):
        corpus.add("flags-%x" % flags, capsule(good, flags=flags))
    corpus.add("header-size-200", capsule(good, header=0x200))
    for name, value in (("0", 0), ("27", 27), ("max", MAX32),
                        ("high-bit", 0x80000000), ("max-less-7", MAX32 - 7)):
        corpus.add("header-size-" + name, capsule(good, header_field=value),
                   "header-size", "header")
    corpus.add("header-size-past-end",
               capsule(good, header_field=lambda total: total + 1),
               "header-size", "header")
    for less in (0, 1, 7):
        whole = capsule(good, header_field=lambda total: total - less)
        corpus.add("header-size-end-less-%d" % less, whole,
                   "management-header-short", whole.at["end"] - less)
    for name, value in (("0", 0), ("1", 1), ("27", 27), ("max", MAX32),
                        ("high-bit", 0x80000000)):
        corpus.add("capsule-size-" + name, capsule(good, size=value),
                   "capsule-size", "size")
    corpus.add("capsule-size-one-less",
               capsule(good, size=lambda total: total - 1),
               "capsule-size", "size")
    corpus.add("capsule-size-one-more",
               capsule(good, size=lambda total: total + 1),
               "capsule-size", "size")
    corpus.add("capsule-size-header-only", capsule(good, size=28),
               "capsule-size", "size")
    corpus.add("trailing-byte", capsule(good, tail=b"\0"),
               "capsule-size", "size")
    corpus.add("trailing-capsule", capsule(good, tail=capsule(good).data),
               "capsule-size", "size")

    corpus.note("Management header")
    for version in (0, 2, 0x10000, MAX32):
        corpus.add("management-version-%x" % version,
                   capsule(good, fmp_version=version),
                   "management-header-version", "fmp")
    for name, drivers, payloads in (("drivers", 0xFFFF, 1),
                                    ("payloads", 0, 0xFFFF),
                                    ("both", 0xFFFF, 0xFFFF),
                                    ("wrap-to-1", 0xFFFF, 2)):
        corpus.add("count-max-" + name,
                   capsule(good, driver_count=drivers,
                           payload_count=payloads),
                   "management-header-short", "list")
    # a list that ends with the file and one entry more than fits
    corpus.add("count-list-to-the-end",
               capsule([], slack=u64(24) * 2, payload_count=2),
               "item-offset", "list")
    corpus.add("count-list-past-the-end",
               capsule([], slack=u64(32) * 2, payload_count=3),
               "management-header-short", "list")
    corpus.add("count-drivers-only",
               capsule(good, driver_count=1, payload_count=0),
               "no-payload", "fmp.payloads")
    corpus.add("drivers-3",
               capsule(good, [EMBEDDED_DRIVER, bytes(5), EMBEDDED_DRIVER]))
    corpus.add("payloads-64", capsule([image(code())] * 64, header=0x20))


def offset_cases(corpus):
    corpus.note("ItemOffsetList")
    pair = [image(code()), image(driver(), DRIVER)]
    one = [image(code())]
    end = lambda header, places: capsule(pair).at["end"] - header
    for name, value in (
            ("past-end", lambda h, p: end(h, p) + 1),
            ("at-end", end),
            ("4g", lambda h, p: p[1] + (1 << 32)),
            ("high-bit", lambda h, p: p[1] + (1 << 63)),
            ("max", (1 << 64) - 1),
            ("wraps-to-0", lambda h, p: (1 << 64) - h),
            ("wraps-to-16", lambda h, p: (1 << 64) - h + 16),
            ("wraps-to-itself", (1 << 64) - 16)):
        corpus.add("offset-" + name, capsule(pair, offsets={1: value}),
                   "item-offset", "list1")
    corpus.add("offset-first-past-end",
               capsule(pair, offsets={0: lambda h, p: 1 << 40}),
               "item-offset", "list0")
    for name, value in (("0", 0), ("fmp-end", 8), ("in-list", 16),
                        ("list-less-1", 23)):
        corpus.add("offset-points-to-" + name,
                   capsule(pair, offsets={0: value}), "item-order", "list0")
    corpus.add("offset-one-points-into-list",
               capsule(one, offsets={0: 15}), "item-order", "list0")
    corpus.add("offset-second-points-into-list",
               capsule(pair, offsets={1: 16}), "item-order", "list1")
    corpus.add("offset-unordered",
               capsule(pair, offsets={0: lambda h, p: p[1],
                                      1: 24}), "item-order", "list1")
    corpus.add("offset-equal",
               capsule(pair, offsets={1: lambda h, p: p[0]}),
               "item-order", "list1")
    corpus.add("offset-driver-after-payload",
               capsule(one, [EMBEDDED_DRIVER],
                       offsets={0: lambda h, p: p[1], 1: 24}),
               "item-order", "list1")
    corpus.add("offset-driver-equal",
               capsule(one, [EMBEDDED_DRIVER],
                       offsets={0: lambda h, p: p[1]}), "item-order", "list1")
    corpus.add("offset-driver-past-end",
               capsule(one, [EMBEDDED_DRIVER], offsets={0: MAX32}),
               "item-offset", "list0")
    # the second item is sound, and lies inside the payload of the first
    inner = image(driver(), DRIVER)
    outer = image(code(data=inner.data))
    whole = capsule([outer, Part(b"")])
    place = whole.at["0.payload"] + 36 - 28
    corpus.add("offset-overlapping",
               capsule([outer, Part(b"")], offsets={1: place}),
               "image-size", whole.at["0.image.size"])
    corpus.add("offset-overlapping-by-1",
               capsule([image(code(), size=len(code().data) + 1), inner]),
               "image-size", "0.image.size")
    corpus.add("offset-image-header-short",
               capsule([Part(b"\3\0\0\0" + CODE, {"image": 0}), inner]),
               "image-header-short", "0.image")
    # a hole between items and bytes after the last are nobody's: harmless
    corpus.add("hole-between-items",
               capsule([Part(pair[0].data + bytes(24), pair[0].at), pair[1]]))
    corpus.add("hole-before-first-item",
               capsule([Part(bytes(8) + one[0].data)],
                       offsets={0: lambda h, p: p[0] + 8}))
    corpus.add("hole-at-the-end", capsule(one, slack=bytes(12)))


def image_cases(corpus):
    corpus.note("Image header")
    for version in (0, 5, 0x100, 0x30000, MAX32):
        corpus.add("image-version-%x" % version,
                   capsule([image(code(), version=version)]),
                   "image-header-version", "0.image")
    for version, size in ((1, 32), (2, 40), (3, 48)):
        head = image(raw(b""), version=version)
        assert len(head.data) == size
        for less in (1, 8):
            corpus.add("image-header-v%d-less-%d" % (version, less),
                       capsule([Part(head.data[:-less], head.at)]),
                       "image-header-short", "0.image")
        corpus.add("image-header-v%d-alone" % version, capsule([head]),
                   "payload-short", "0.payload")
        body = code()
        for name, length in (("one-more", len(body.data) + 1),
                             ("max", MAX32),
                             ("wraps", MAX32 + 1 - size)):
            corpus.add("image-size-v%d-%s" % (version, name),
                       capsule([image(body, version=version, size=length)]),
                       "image-size", "0.image.size")
        corpus.add("image-size-v%d-0" % version,
                   capsule([image(body, version=version, size=0)]),
                   "payload-short", "0.payload")
        corpus.add("vendor-code-v%d" % version,
                   capsule([image(body, version=version, vendor=b"vendor")]),
                   "vendor-code", "0.image.vendor")
    corpus.add("vendor-code-max", capsule([image(code(), vendor_size=MAX32)]),
               "vendor-code", "0.image.vendor")
    corpus.add("dependency",
               capsule([image(code(), support=2)]),
               "dependency", "0.image.support")
    corpus.add("dependency-signed",
               capsule([image(auth(code()), support=3)]),
               "dependency", "0.image.support")
    corpus.add("instance-v2", capsule([image(code(), version=2,
                                             instance=MAX32 << 32)]))
    corpus.add("instance-v3", capsule([image(auth(code()), instance=0x1234)]))
    corpus.add("index-255", capsule([image(auth(code()), index=255)]))


def auth_cases(corpus):
    corpus.note("Authentication header")
    for version in (1, 2, 3):
        one = lambda body: capsule([image(body, version=version)])
        tag = "-v%d" % version
        for length in (0, 8, 23):
            corpus.add("dwlength-%d%s" % (length, tag),
                       one(auth(code(), length=length)),
                       "authentication-length", "0.auth.length")
        for name, more in (("past-end", 1), ("past-end-8", 8)):
            body = auth(code())
            corpus.add("dwlength-%s%s" % (name, tag),
                       one(auth(code(), length=len(body.data) - 8 + more)),
                       "authentication-length", "0.auth.length")
        for name, length in (("max", MAX32), ("wraps", MAX32 + 1 - 8),
                             ("high-bit", 0x80000018)):
            corpus.add("dwlength-%s%s" % (name, tag),
                       one(auth(code(), length=length)),
                       "authentication-length", "0.auth.length")
        corpus.add("dwlength-24%s" % tag, one(auth(code(), certificate=b"")))
        # nothing but the header, and a byte less: then before version 3 nobody
        # can tell that it was to be one
        body = auth(raw(b""), certificate=b"")
        corpus.add("authentication-alone%s" % tag, one(body),
                   "payload-short", "0.payload")
        body = raw(body.data[:31])
        body.at["auth"] = 0
        corpus.add("authentication-31%s" % tag, one(body),
                   "authentication-short" if version == 3 else
                   "payload-short", "0.payload")
        corpus.add("revision%s" % tag, one(auth(code(), revision=0x0100)),
                   "authentication-type", "0.auth.revision")
        body = auth(code())
        whole = one(auth(code(), length=len(body.data) - 8))
        corpus.add("dwlength-to-the-end%s" % tag, whole,
                   "payload-short", whole.at["end"])
    one = lambda body: capsule([image(body)])
    corpus.add("certificate-type", one(auth(code(), kind=0x0EF0)),
               "authentication-type", "0.auth.type")
    corpus.add("certificate-type-rsa", one(auth(code(), kind=0x0002)),
               "authentication-type", "0.auth.type")
    corpus.add("certificate-guid", one(auth(code(), what=X509_SHA256)),
               "authentication-type", "0.auth.guid")
    corpus.add("monotonic-count-max",
               one(auth(code(), count=(1 << 64) - 1)))
    # said to be there, is not: the payload's bytes are no certificate
    corpus.add("authentication-missing",
               capsule([image(code(hw=0, data=bytes(32)), support=1)]),
               "authentication-type", 28 + 16 + 48 + 12)
    # there, but not said to be: its bytes are read as a payload header,
    # dwLength being the size of that and a GUID's end no platform id
    body = auth(code())
    whole = capsule([image(body, support=0)])
    corpus.add("authentication-unmarked", whole,
               "platform-id", whole.at["0.auth"] + 20)


def payload_cases(corpus):
    corpus.note("Payload header")
    whole_code = code(data=b"").data
    whole_driver = driver(data=b"").data
    for size in (0, 1, 35, 36, 39, 40):
        for signed in ("plain", "signed"):
            wrap = auth if signed == "signed" else lambda body: body
            body = raw((whole_code + b"\xc3" * 4)[:size])
            bad = ("payload-short", "0.payload") if size < 36 else ()
            corpus.add("code-payload-%d-%s" % (size, signed),
                       capsule([image(wrap(body))]), *bad)
            body = payload(signature=b"SDU1", rt=DRV_RT, size=36,
                           data=u32(DRV_SVN)).data
            if size == 40:
                body = whole_driver
            bad = ("payload-short", "0.payload") if size < 40 else ()
            corpus.add("driver-payload-%d-%s" % (size, signed),
                       capsule([image(wrap(raw(body[:size])), DRIVER)]), *bad)
    for size in (0, 1, 35, 0x80000000, MAX32):
        corpus.add("code-header-size-%x" % size,
                   capsule([image(auth(code(size=size)))]),
                   "payload-header", "0.payload.size")
    corpus.add("code-header-size-all", capsule([image(auth(code(size=37)))]))
    corpus.add("code-header-size-one-more",
               capsule([image(auth(code(size=38)))]),
               "payload-header", "0.payload.size")
    for size in (0, 35, 36, 39, 42, MAX32):
        corpus.add("driver-header-size-%x" % size,
                   capsule([image(auth(driver(size=size)), DRIVER)]),
                   "payload-header", "0.payload.size")
    for size in (36, 39):
        corpus.add("driver-header-size-%x-of-40" % size,
                   capsule([image(auth(driver(size=size, data=b"")),
                                  DRIVER)]),
                   "payload-header", "0.payload.size")
    corpus.add("driver-header-size-29-all",
               capsule([image(auth(driver(size=41)), DRIVER)]))
    corpus.add("driver-known-header-size-24",
               capsule([image(auth(driver(size=36)), guid(DRIVER_KNOWN))]),
               "payload-header", "0.payload.size")
    corpus.add("wrapped-driver",
               capsule([image(auth(raw(b"MSS1" + u32(16) + u32(2) + u32(1) +
                                       driver().data)), DRIVER)]),
               "payload-wrapped", "0.payload")


def pair_cases(corpus):
    corpus.note("Two payloads, one of them wrong")
    fine_code, fine_driver = image(auth(code())), image(auth(driver()), DRIVER)
    bad = {
        "version": (image(auth(code()), version=4), "image-header-version",
                    "image"),
        "size": (image(auth(code()), size=4096), "image-size", "image.size"),
        "vendor": (image(auth(code()), vendor_size=1), "vendor-code",
                   "image.vendor"),
        "type": (image(auth(code()), OTHER_ID), "image-type", "image.type"),
        "platform": (image(auth(code(platform=OTHER_ID))), "platform-id",
                     "payload.platform"),
        "older": (image(auth(code(rt=CODE_RT - 1))), "rt-version",
                  "payload.rt"),
        "svn": (image(auth(driver(svn=DRV_SVN - 1)), DRIVER), "svn",
                "payload.svn"),
        "dwlength": (image(auth(code(), length=4)), "authentication-length",
                     "auth.length"),
    }
    for name, (item, verdict, place) in bad.items():
        corpus.add("pair-first-" + name, capsule([item, fine_driver]),
                   verdict, "0." + place)
        corpus.add("pair-second-" + name, capsule([fine_code, item]),
                   verdict, "1." + place)
    corpus.add("pair-codes", capsule([fine_code, image(code(data=b"2"))]))
    corpus.add("triple-middle-older",
               capsule([fine_code, image(auth(code(rt=CODE_RT - 1))),
                        fine_driver]), "rt-version", "1.payload.rt")


def resized(data, size, image_at=None):
    """the first @size bytes, CapsuleImageSize made to agree, and
    UpdateImageSize too when the image's place is given"""
    data = bytearray(data[:size])
    if size >= 28:
        data[24:28] = u32(size)
    if image_at is not None:
        data[image_at + 24:image_at + 28] = u32(size - image_at - 48)
    return bytes(data)


def truncation_cases(corpus):
    whole = capsule([image(auth(code(data=b"\xc3" * 8)))],
                    [EMBEDDED_DRIVER], header=0x20)
    at, data = whole.at, whole.data
    fmp, listed, first = at["fmp"], at["list"], at["0.image"]
    driver_at = listed + 16
    header_end = at["0.auth"]
    signature, body = at["0.auth"] + 32, at["0.payload"]
    fields = sorted({
        1, 16, 20, 24, 27, 28, 31, fmp, fmp + 4, fmp + 6, fmp + 7,
        listed, listed + 1, listed + 8, listed + 15, driver_at, driver_at + 1,
        first - 1, first, first + 1, first + 4, first + 20, first + 24,
        first + 28, first + 32, first + 40, header_end - 1, header_end,
        header_end + 8, header_end + 12, header_end + 14, header_end + 16,
        signature - 1, signature, signature + 1, body - 1, body, body + 8,
        body + 16, body + 20, body + 35, body + 36, len(data) - 1})
    corpus.note("The first bytes only of a good capsule, sizes unchanged")
    for size in fields:
        verdict = ("short", 0) if size < 28 else ("capsule-size", 24)
        corpus.add("cut-%03d" % size, Part(data[:size]), *verdict)
    corpus.note("The same, CapsuleImageSize made to agree")
    for size in fields:
        if size < 28:
            continue
        if size < fmp:
            verdict = ("header-size", 16)
        elif size < listed:
            verdict = ("management-header-short", fmp)
        elif size < driver_at:
            verdict = ("management-header-short", listed)
        elif size == driver_at:
            verdict = ("item-offset", listed)
        elif size <= first:
            verdict = ("item-offset", listed + 8)
        elif size < header_end:
            verdict = ("image-header-short", first)
        else:
            verdict = ("image-size", first + 24)
        corpus.add("fit-%03d" % size, Part(resized(data, size)), *verdict)
    corpus.note("The same, UpdateImageSize made to agree too")
    for size in fields:
        if size < header_end:
            continue
        if size < signature:
            verdict = ("authentication-short", header_end)
        elif size < body:
            verdict = ("authentication-length", header_end + 8)
        elif size < body + 36:
            verdict = ("payload-short", body)
        else:
            verdict = ("accepted",)
        corpus.add("shrink-%03d" % size,
                   Part(resized(data, size, first)), *verdict)


def noise(size, seed):
    out = b""
    while len(out) < size:
        out += hashlib.sha256(b"%s %d" % (seed, len(out))).digest()
    return out[:size]


def other_cases(corpus):
    corpus.note("Not capsules at all, and odd sizes")
    good = capsule([image(auth(code()))], header=0x20)
    corpus.add("empty", Part(b""), "short", 0)
    corpus.add("bytes-20", Part(good.data[:20]), "short", 0)
    corpus.add("zeros", Part(bytes(256)), "capsule-guid", 0)
    corpus.add("ones", Part(b"\xff" * 256), "capsule-guid", 0)
    corpus.add("noise-27", Part(noise(27, b"27")), "short", 0)
    corpus.add("noise-28", Part(noise(28, b"28")), "capsule-guid", 0)
    corpus.add("noise-400", Part(noise(400, b"400")), "capsule-guid", 0)
    head = guid(FMP_CAPSULE) + u32(28) + u32(0x10000)
    corpus.add("noise-after-header",
               Part(head + u32(200) + noise(172, b"after")),
               "management-header-version", 28)
    corpus.add("header-only", Part(head + u32(28)),
               "management-header-short", 28)
    corpus.add("text", Part(b"This is not a capsule.\n"
                            b"It is text, with two lines.\n"),
               "capsule-guid", 0)
    corpus.add("text-short", Part(b"not a capsule\n"), "short", 0)
    corpus.add("one-byte-before", Part(b"\0" + good.data), "capsule-guid", 0)
    # as large as one that a public log shows: 4466 bytes
    filler = 4466 - len(good.data) + 1
    corpus.add("size-4466",
               capsule([image(auth(code(data=noise(filler, b"4466"))))],
                       header=0x20))
    assert len(corpus.files["size-4466.cap"]) == 4466


def make():
    corpus = Corpus()
    for cases in (grid, encoders, platform_cases, header_cases, offset_cases,
                  image_cases, auth_cases, payload_cases, pair_cases,
                  truncation_cases, other_cases):
        cases(corpus)
    corpus.files["MANIFEST"] = ("\n".join(corpus.lines) + "\n").encode()
    return corpus.files


def check(files):
    """Compare with what is committed. Return the number of differences."""
    foreign = {name for name, _, _ in FOREIGN}
    there = {name for name in os.listdir(HERE) if name.endswith(".cap")}
    wrong = ["%s: no such case" % name
             for name in sorted(there - set(files) - foreign)]
    wrong += ["%s: missing" % name for name in sorted(foreign - there)]
    for name, data in sorted(files.items()):
        try:
            with open(os.path.join(HERE, name), "rb") as old:
                if old.read() != data:
                    wrong.append("%s: differs" % name)
        except FileNotFoundError:
            wrong.append("%s: missing" % name)
    for line in wrong:
        print("make-corpus: " + line, file=sys.stderr)
    return len(wrong)


def main():
    files = make()
    if sys.argv[1:] == ["--check"]:
        return 1 if check(files) else 0
    if sys.argv[1:]:
        print("usage: make-corpus.py [--check]", file=sys.stderr)
        return 2
    for name, data in files.items():
        with open(os.path.join(HERE, name), "wb") as out:
            out.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
