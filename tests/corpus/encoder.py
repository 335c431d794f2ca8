# SPDX-License-Identifier: GPL-2.0-or-later
"""
Encodes capsules. It is independent of core/: written from the layout in UEFI 2.10
(8.5.3, 23.2 and 23.3) and the payload header of the PFRU document, and must not learn
from core/ what is right.
"""
import os
import struct
import subprocess
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))


def read_platform():
    platform = {}
    with open(os.path.join(HERE, "platform.conf"), encoding="ascii") as conf:
        for line in conf:
            words = line.split("#")[0].split()
            if words:
                platform[words[0]] = words[1]
    return platform


def guid(text):
    return uuid.UUID(text).bytes_le


def swapped(text):
    """the same GUID in the byte order of RFC 4122"""
    return uuid.UUID(text).bytes


def u16(n):
    return struct.pack("<H", n)


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n)


PLATFORM = read_platform()
PLATFORM_ID = guid(PLATFORM["platform_id"])
OTHER_ID = guid("00112233-4455-6677-8899-AABBCCDDEEFF")
CODE_RT = int(PLATFORM["code_rt_version"], 0)
DRV_RT = int(PLATFORM["drv_rt_version"], 0)
DRV_SVN = int(PLATFORM["drv_svn"], 0)
HW = int(PLATFORM["fw_version"], 0)

FMP_CAPSULE = "6DCBD5ED-E82D-4C44-BDA1-7194199AD92A"
CODE = guid(PLATFORM["code_type"])
DRIVER = guid(PLATFORM["drv_type"])
CODE_KNOWN = "B2F84B79-7B6E-4E45-885F-3FB9BB185402"
DRIVER_KNOWN = "4569DD8C-75F1-429A-A3D6-24DE8097A0DF"
PKCS7 = guid("4AAFD29D-68DF-49EE-8AA9-347D375665A7")
X509_SHA256 = guid("3BD2A492-96C0-4079-B420-FCF98EF103ED")
WINDOWS_UX = guid("3B8C8162-188C-46A4-AEC9-BE43F1D65697")

# ContentInfo of type signedData without content: DER, but no signature
DER = bytes.fromhex("300b06092a864886f70d010702")
EMBEDDED_DRIVER = b"MZ embedded drv\0"
MAX32 = 0xFFFFFFFF


class Part:
    """bytes, and where in them the fields stand that a verdict may name"""

    def __init__(self, data, at=None):
        self.data = data
        self.at = dict(at or {})

    def add(self, name, part, at):
        for field, offset in part.at.items():
            self.at[name + field] = at + offset


def payload(signature=b"SCI1", version=1, size=None, hw=HW, rt=0, svn=None,
            platform=PLATFORM_ID, oem=b"", data=b""):
    tail = (b"" if svn is None else u32(svn)) + oem
    if size is None:
        size = 36 + len(tail)
    head = signature + u32(version) + u32(size) + u32(hw) + u32(rt) + platform
    return Part(head + tail + data, {
        "payload": 0, "payload.size": 8, "payload.rt": 16,
        "payload.platform": 20, "payload.svn": 36})


def code(rt=CODE_RT + 1, data=b"\xc3", **fields):
    return payload(rt=rt, data=data, **fields)


def driver(rt=DRV_RT + 1, svn=DRV_SVN, data=b"\xc3", **fields):
    return payload(signature=b"SDU1", rt=rt, svn=svn, data=data, **fields)


def raw(data):
    return Part(data, {"payload": 0, "payload.size": 8, "payload.rt": 16,
                       "payload.platform": 20, "payload.svn": 36})


def auth(body, count=1, certificate=DER, length=None, revision=0x0200,
         kind=0x0EF1, what=PKCS7):
    """EFI_FIRMWARE_IMAGE_AUTHENTICATION, then what it authenticates"""
    if length is None:
        length = 24 + len(certificate)
    head = (u64(count) + u32(length) + u16(revision) + u16(kind) + what +
            certificate)
    part = Part(head + body.data, {
        "auth": 0, "auth.length": 8, "auth.revision": 12, "auth.type": 14,
        "auth.guid": 16})
    part.add("", body, len(head))
    return part


def image(body, what=CODE, version=3, index=1, size=None, vendor=b"",
          vendor_size=None, instance=0, support=None):
    """EFI_FIRMWARE_MANAGEMENT_CAPSULE_IMAGE_HEADER and its image"""
    if support is None:
        support = 1 if "auth" in body.at else 0
    if size is None:
        size = len(body.data)
    if vendor_size is None:
        vendor_size = len(vendor)
    head = (u32(version) + what + bytes([index, 0, 0, 0]) + u32(size) +
            u32(vendor_size))
    if version >= 2:
        head += u64(instance)
    if version >= 3:
        head += u64(support)
    part = Part(head + body.data + vendor, {
        "image": 0, "image.type": 4, "image.size": 24, "image.vendor": 28,
        "image.support": 40})
    part.add("", body, len(head))
    return part


def capsule(items, drivers=(), header=0x1C, header_field=None,
            what=guid(FMP_CAPSULE), flags=0x10000, size=None, tail=b"",
            fmp_version=1, driver_count=None, payload_count=None,
            offsets=None, slack=b""):
    """EFI_CAPSULE_HEADER, management header, embedded drivers, payloads"""
    parts = [Part(d) for d in drivers] + list(items)
    at = {"guid": 0, "header": 16, "size": 24, "fmp": header,
          "fmp.payloads": header + 6, "list": header + 8}
    where = 8 + 8 * len(parts)
    places, body = [], b""
    for part in parts:
        places.append(where + len(body))
        body += part.data
    body += slack
    whole = Part(b"", at)
    for i, part in enumerate(parts):
        whole.at["list%d" % i] = header + 8 + 8 * i
        if i >= len(drivers):
            whole.add("%d." % (i - len(drivers)), part, header + places[i])
    for i, offset in (offsets or {}).items():
        places[i] = offset(header, places) if callable(offset) else offset
    fmp = (u32(fmp_version) +
           u16(len(drivers) if driver_count is None else driver_count) +
           u16(len(items) if payload_count is None else payload_count) +
           b"".join(u64(p) for p in places))
    total = header + len(fmp) + len(body)
    if size is None:
        size = total
    elif callable(size):
        size = size(total)
    if header_field is None:
        header_field = header
    elif callable(header_field):
        header_field = header_field(total)
    head = what + u32(header_field) + u32(flags) + u32(size)
    whole.data = head.ljust(header, b"\0") + fmp + body + tail
    whole.at["end"] = total
    return whole


def signature_of(body, key, certificate, count=1):
    """PKCS#7 as UEFI 2.10, 23.1, wants it: over the image and MonotonicCount"""
    return subprocess.run(
        ["openssl", "smime", "-sign", "-binary", "-noattr", "-md", "sha256",
         "-outform", "DER", "-signer", certificate, "-inkey", key],
        input=body.data + u64(count), stdout=subprocess.PIPE, check=True).stdout
