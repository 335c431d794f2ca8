# SPDX-License-Identifier: GPL-2.0-or-later
"""--ca: whose signature it is, and whether it is valid; and capsules whose signature
"openssl cms" made, of each shape."""
import subprocess

import inputs as made
from conftest import CORPUS


def test_verified(tool, inputs, expect, check, tmp_path):
    tool.use("bare")
    signed = inputs / "signed.cap"
    r = expect("verified", 0, "capsule", "--ca", inputs / "cert.pem", signed)
    check("verified: says so", r.prints("Signature verified: *yes"), r)
    expect("verified, DER", 0, "capsule", "--ca", inputs / "cert.der", signed)
    r = expect("other signer", 4, "capsule", "--ca", inputs / "other.pem",
               signed)
    check("other signer: why", r.says("the signer is not trusted: "), r)
    expect("two certificates", 0, "capsule", "--ca", inputs / "both.pem",
           signed)
    expect("missing certificate", 1, "capsule", "--ca", tmp_path / "none",
           signed)
    expect("no certificate", 1, "capsule", "--ca", inputs / "payload", signed)


def test_endless_certificates(tool, inputs, expect, endless):
    tool.use("bare")
    expect("endless certificates", 4, "capsule", "--ca",
           f"/proc/self/fd/{endless}", inputs / "signed.cap",
           popen={"pass_fds": [endless]})


def test_does_not_hold(tool, inputs, expect, check):
    tool.use("bare")
    cert = inputs / "cert.pem"
    r = expect("tampered", 4, "capsule", "--ca", cert, inputs / "tampered.cap")
    check("tampered: why", r.says("the signature is not valid"), r)
    expect("tampered, unasked", 0, "capsule", inputs / "tampered.cap")
    r = expect("tampered count", 4, "capsule", "--json", "--ca", cert,
               inputs / "count.cap")
    check("tampered count: JSON",
          r.json()["error"]["reason"] == "signature" and
          r.json()["items"][0]["signature_verified"] is False, r)
    r = expect("unsigned", 4, "capsule", "--ca", cert, inputs / "plain.cap")
    check("unsigned: why", r.says("it is not signed"), r)
    r = expect("not a signature", 4, "capsule", "--ca", cert,
               CORPUS / "size-4466.cap")
    check("not a signature: why", r.says("not readable as PKCS#7"), r)


def resigned(tool, name, *options):
    """signed.cap with what "openssl cms" makes of the bytes that its signature
    covers, the payload and the count: its path, or None when it makes nothing."""
    signed = (tool.inputs / "signed.cap").read_bytes()
    (tool.directory / "covered").write_bytes(
        (tool.inputs / "payload").read_bytes() +
        signed[made.CERTIFICATE - 8:made.CERTIFICATE])
    try:
        made.command("openssl", "cms", *options, "-in",
                     tool.directory / "covered", "-outform", "DER", "-out",
                     tool.directory / "signature", directory=tool.inputs)
    except subprocess.CalledProcessError:
        return None
    path = tool.directory / name
    path.write_bytes(made.signed_with(
        signed, (tool.directory / "signature").read_bytes()))
    return path


SIGN = ["-sign", "-binary", "-md", "sha256", "-signer", "cert.pem", "-inkey",
        "key.pem"]


def test_signed_by_openssl(tool, inputs, expect, check):
    tool.use("bare")
    again = resigned(tool, "again.cap", *SIGN)
    check("the signature is remade", again)
    r = expect("remade", 0, "capsule", "--ca", inputs / "cert.pem", again)
    check("remade: verified", r.prints("Signature verified: *yes"), r)


def test_without_a_certificate(tool, inputs, expect, check):
    tool.use("bare")
    bare = resigned(tool, "bare.cap", *SIGN, "-nocerts")
    check("signature without a certificate", bare)
    r = expect("no certificate in it", 0, "capsule", "--json", "--ca",
               inputs / "cert.pem", bare)
    signer = r.json()["items"][0]["authentication"]["signers"][0]
    check("no certificate in it: who signed",
          signer["certificate_included"] is False and
          "CN=Signer" in signer["issuer"] and signer["serial"], r)
    expect("no certificate in it, other signer", 4, "capsule", "--ca",
           inputs / "other.pem", bare)


def test_two_signers(tool, inputs, expect, check):
    tool.use("bare")
    two = resigned(tool, "two.cap", *SIGN, "-signer", "other.pem", "-inkey",
                   "other.key")
    check("two signers", two)
    r = expect("two signers", 0, "capsule", "--json", two)
    signers = r.json()["items"][0]["authentication"]["signers"]
    check("two signers: both", sorted(s["subject"] for s in signers) ==
          ["CN=Other", "CN=Signer,O=Test"], r)
    expect("two signers, one is trusted", 4, "capsule", "--ca",
           inputs / "cert.pem", two)
    expect("two signers, both are trusted", 0, "capsule", "--ca",
           inputs / "both.pem", two)


def test_other_shapes(tool, inputs, expect, check):
    tool.use("bare")
    inside = resigned(tool, "inside.cap", *SIGN, "-nodetach")
    check("signature around its own bytes", inside)
    r = expect("signature around its own bytes", 4, "capsule", "--ca",
               inputs / "cert.pem", inside)
    check("signature around its own bytes: why", r.says("not detached"), r)
    data = resigned(tool, "data.cap", "-data_create")
    check("CMS without a signature", data)
    r = expect("CMS without a signature", 4, "capsule", "--ca",
               inputs / "cert.pem", data)
    check("CMS without a signature: why", r.says("not readable as PKCS#7"), r)
