#!/usr/bin/env python3
"""A timestamp authority for tests (RFC 3161): `openssl ts` behind a small HTTP server, with ways to misbehave.

    tsa.py make DIR                 creates certification authorities, authorities and revocation lists in DIR
    tsa.py serve DIR MODE           answers requests on a port of 127.0.0.1 that the system chooses, and prints its URL
    tsa.py reply DIR MODE QUERY     prints the answer to the request in the file QUERY
    tsa.py sign DIR SIGNER QUERY [KEY=VALUE...]
                                    prints a token for it by one of the signers below, with other values than an honest one

Needs Python 3 with nothing but its standard library, and openssl. DIR/ca.pem is the file of trusted authorities; DIR/crl.pem and
DIR/crl.der are the revocation list. Honest tokens are made by `openssl ts -reply`. It refuses to lie, so that all others are made here as
a TSTInfo, which `openssl cms` signs.

Keys of `sign`: time (YYYYMMDDhhmmss[.f]Z), digest and nonce (hexadecimal), version, policy, accuracy (the content, hexadecimal), extensions
(likewise), name (of a signer), md (of the message), cms (further options of `openssl cms -sign`), certificates and cades (yes or no; `cades` is the
attribute that names the certificate), hand (the signed attributes, by their names in `by_hand`, for the signer ed25519).

Modes: honest, ecdsa; slow (never answers), garbage, html, huge, truncated, empty, refuses (status rejection), fails (HTTP 500), moved (HTTP
302), busy (HTTP 503 with Retry-After), other_digest, wrong_nonce, without_certificates, expired, revoked, untrusted, wrong_purpose,
lies_about_time (30 days early), lies_ahead (30 days late).
"""

import datetime
import hashlib
import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading

POLICY = "1.3.6.1.4.1.32473.3161"  # under the number for examples, RFC 5612
LONG_AGO, LONG_AHEAD = "20200101000000Z", "20491231235959Z"

CA_CONFIG = """
[ca]
default_ca = issuing
[issuing]
dir = {dir}
database = $dir/index.txt
new_certs_dir = $dir
certificate = $dir/issuing.pem
private_key = $dir/issuing.key
default_md = sha256
default_days = 3650
default_crl_days = 3650
policy = any
unique_subject = no
rand_serial = yes
string_mask = utf8only
utf8 = yes
crl_extensions = list
[root]
dir = {dir}
database = $dir/root-index.txt
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = name
prompt = no
string_mask = utf8only
utf8 = yes
[name]
CN = placeholder
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[list]
authorityKeyIdentifier = keyid
[tsa]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[no_purpose]
basicConstraints = CA:FALSE
[lax_purpose]
basicConstraints = CA:FALSE
extendedKeyUsage = timeStamping
[two_purposes]
basicConstraints = CA:FALSE
extendedKeyUsage = critical, timeStamping, codeSigning
[no_signing]
basicConstraints = CA:FALSE
keyUsage = critical, keyEncipherment
extendedKeyUsage = critical, timeStamping
"""

# Name: key, extensions, first and last day, issuer.
SIGNERS = {
    "rsa": ("rsa:2048", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "ecdsa": ("P-256", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "p384": ("P-384", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "p521": ("P-521", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "rsa1024": ("rsa:1024", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "direct": ("P-256", "tsa", LONG_AGO, LONG_AHEAD, "root"),
    "expired": ("P-256", "tsa", "20240101000000Z", "20250101000000Z", "issuing"),
    "revoked": ("P-256", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "superseded": ("P-256", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "no_reason": ("P-256", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "ed25519": ("ED25519", "tsa", LONG_AGO, LONG_AHEAD, "issuing"),
    "no_purpose": ("P-256", "no_purpose", LONG_AGO, LONG_AHEAD, "issuing"),
    "lax_purpose": ("P-256", "lax_purpose", LONG_AGO, LONG_AHEAD, "issuing"),
    "two_purposes": ("P-256", "two_purposes", LONG_AGO, LONG_AHEAD, "issuing"),
    "no_signing": ("P-256", "no_signing", LONG_AGO, LONG_AHEAD, "issuing"),
}
REVOKED = {"revoked": "keyCompromise", "superseded": "superseded", "no_reason": ""}
REVOKED_AT = "250601000000Z"

TS_CONFIG = """
[t]
serial = {serial}
signer_cert = {dir}/{signer}.pem
certs = {dir}/{chain}
signer_key = {dir}/{signer}.key
signer_digest = sha256
default_policy = {policy}
digests = sha256, sha512, sha1, md5, sm3
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""

def run(*command, stdin=None, env=None):
    done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def write(path, content):
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def make_key(path, kind):
    if kind.startswith("rsa:"):
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind[4:]}", "-out", path)
    elif kind == "ED25519":
        run("openssl", "genpkey", "-algorithm", kind, "-out", path)
    else:
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{kind}", "-out", path)


def make_root(folder, name, subject):
    config = f"{folder}/ca.cnf"
    make_key(f"{folder}/{name}.key", "rsa:2048")
    run("openssl", "req", "-new", "-x509", "-config", config, "-extensions", "authority", "-utf8", "-subj", subject, "-days",
        "7300", "-key", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem.now")
    # Signed again by `ca`, which alone can set the first day.
    run("openssl", "req", "-new", "-config", config, "-utf8", "-subj", subject, "-key", f"{folder}/{name}.key", "-out",
        f"{folder}/{name}.csr")
    os.replace(f"{folder}/{name}.pem.now", f"{folder}/{name}.pem")
    issue(folder, name, "authority", LONG_AGO, LONG_AHEAD, "root", "-selfsign", "-keyfile", f"{folder}/{name}.key")


def issue(folder, name, extensions, first, last, issuer, *more):
    run("openssl", "ca", "-batch", "-notext", "-config", f"{folder}/ca.cnf", "-name", issuer, "-extensions", extensions,
        "-startdate", first, "-enddate", last, "-utf8", "-in", f"{folder}/{name}.csr", "-out", f"{folder}/{name}.pem", *more)


def make_signer(folder, name, key, extensions, first, last, issuer):
    make_key(f"{folder}/{name}.key", key)
    run("openssl", "req", "-new", "-config", f"{folder}/ca.cnf", "-utf8", "-subj", f"/CN=Test TSA {name}/O=测试时间戳机构",
        "-key", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr")
    issue(folder, name, extensions, first, last, issuer)


def make(folder):
    os.makedirs(folder, exist_ok=True)
    write(f"{folder}/ca.cnf", CA_CONFIG.format(dir=folder))
    for index in ("index.txt", "root-index.txt"):
        write(f"{folder}/{index}", "")
    make_root(folder, "ca", "/CN=Test Root/O=Tiezheng Test")
    make_key(f"{folder}/issuing.key", "P-256")
    run("openssl", "req", "-new", "-config", f"{folder}/ca.cnf", "-subj", "/CN=Test Issuing CA/O=Tiezheng Test", "-key",
        f"{folder}/issuing.key", "-out", f"{folder}/issuing.csr")
    issue(folder, "issuing", "authority", LONG_AGO, LONG_AHEAD, "root")
    for name, (key, *rest) in SIGNERS.items():
        make_signer(folder, name, key, *rest)
    # Another authority, which is in no file of trusted ones.
    other = f"{folder}/other"
    os.makedirs(other, exist_ok=True)
    write(f"{other}/ca.cnf", CA_CONFIG.format(dir=other))
    for index in ("index.txt", "root-index.txt"):
        write(f"{other}/{index}", "")
    make_root(other, "ca", "/CN=Other Root")
    make_signer(other, "untrusted", "P-256", "tsa", LONG_AGO, LONG_AHEAD, "root")
    run("openssl", "ca", "-gencrl", "-config", f"{other}/ca.cnf", "-name", "root", "-crlexts", "list", "-crldays", "3650", "-out",
        f"{other}/crl.pem")
    for suffix in ("pem", "key"):
        os.replace(f"{other}/untrusted.{suffix}", f"{folder}/untrusted.{suffix}")
    # The list, with a date of revocation that `openssl ca -revoke` cannot set.
    lines = []
    for line in read(f"{folder}/index.txt").decode("utf-8").splitlines():
        fields = line.split("\t")
        signer = re.search(r"CN=Test TSA (\w+)", fields[5])
        if signer and signer[1] in REVOKED:
            reason = REVOKED[signer[1]]
            fields[0], fields[2] = "R", REVOKED_AT + (f",{reason}" if reason else "")
        lines.append("\t".join(fields))
    write(f"{folder}/index.txt", "\n".join(lines) + "\n")
    run("openssl", "ca", "-gencrl", "-config", f"{folder}/ca.cnf", "-crldays", "3650", "-out", f"{folder}/crl.pem")
    run("openssl", "crl", "-in", f"{folder}/crl.pem", "-outform", "DER", "-out", f"{folder}/crl.der")


# The few parts of DER that are needed here.

def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def values(content):
    """The values in `content`: tag, content, and the whole."""
    found, at = [], 0
    while at < len(content):
        tag, size, head = content[at], content[at + 1], 2
        if size & 0x80:
            head += size & 0x7F
            size = int.from_bytes(content[at + 2:at + head], "big")
        found.append((tag, content[at + head:at + head + size], content[at:at + head + size]))
        at += head + size
    return found


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    octets = b""
    for number in [first * 40 + second, *rest]:
        part = [number & 0x7F]
        while number := number >> 7:
            part.insert(0, 0x80 | number & 0x7F)
        octets += bytes(part)
    return tlv(6, octets)


class Query:
    """A request, taken apart."""

    def __init__(self, der):
        (_, fields, _), = values(der)
        parts = values(fields)
        self.algorithm, (_, self.digest, _) = (part[2] if at == 0 else part for at, part in enumerate(values(parts[1][1])))
        self.nonce = next((int.from_bytes(content, "big") for tag, content, _ in parts[2:] if tag == 2), None)
        self.wants_certificates = any(tag == 1 and content != b"\0" for tag, content, _ in parts[2:])

    def der(self):
        parts = [integer(1), tlv(0x30, self.algorithm, tlv(4, self.digest))]
        if self.nonce is not None:
            parts.append(integer(self.nonce))
        if self.wants_certificates:
            parts.append(tlv(1, b"\xff"))
        return tlv(0x30, *parts)


def subject(folder, signer):
    """The subject of a certificate, as encoded."""
    der = run("openssl", "x509", "-in", f"{folder}/{signer}.pem", "-outform", "DER")
    fields = values(values(values(der)[0][1])[0][1])
    return fields[5][2]


def chain_of(folder, signer):
    issuer = SIGNERS[signer][4] if signer in SIGNERS else "root"
    return f"{folder}/issuing.pem" if issuer == "issuing" else None


SERIAL = threading.Lock()


def reply(folder, signer, query):
    """The answer of `openssl ts`, which is honest."""
    with SERIAL, tempfile.TemporaryDirectory() as scratch:
        chain = chain_of(folder, signer) or f"{folder}/{signer}.pem"
        config = TS_CONFIG.format(dir=folder, signer=signer, chain=os.path.basename(chain), policy=POLICY, serial=f"{scratch}/serial")
        write(f"{scratch}/serial", os.urandom(8).hex().upper())
        write(f"{scratch}/ts.cnf", config)
        with open(f"{scratch}/query", "wb") as file:
            file.write(query)
        return run("openssl", "ts", "-reply", "-config", f"{scratch}/ts.cnf", "-section", "t", "-queryfile", f"{scratch}/query")


def sign(folder, signer, query, time=None, digest=None, nonce=None, version=1, policy=POLICY, accuracy="020101", extensions=None, name=None,
         md="sha256", cms="", certificates="yes", cades="yes", hand=""):
    """A token that says what it is told to say."""
    query = Query(query)
    time = time or f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%d%H%M%SZ}"
    nonce = query.nonce if nonce is None else int(nonce, 16)
    digest = query.digest if digest is None else bytes.fromhex(digest)
    fields = [integer(int(version)), oid(policy), tlv(0x30, query.algorithm, tlv(4, digest)),
              integer(int.from_bytes(os.urandom(8), "big")), tlv(0x18, time.encode()), tlv(0x30, bytes.fromhex(accuracy))]
    if nonce is not None:
        fields.append(integer(nonce))
    fields.append(tlv(0xA0, tlv(0xA4, subject(folder, name or signer))))
    if extensions is not None:
        fields.append(tlv(0xA1, bytes.fromhex(extensions)))
    if hand:
        return by_hand(folder, signer, tlv(0x30, *fields), hand.split(","))
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-md", md,
               "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-signer", f"{folder}/{signer}.pem", "-inkey", f"{folder}/{signer}.key"]
    command += cms.format(dir=folder).split()
    if cades == "yes":
        command.append("-cades")
    if certificates == "no":
        command.append("-nocerts")
    elif chain_of(folder, signer):
        command += ["-certfile", chain_of(folder, signer)]
    return run(*command, stdin=tlv(0x30, *fields))


def by_hand(folder, signer, content, parts):
    """A CMS message with attributes that `openssl cms` does not make, signed with Ed25519."""
    certificate = run("openssl", "x509", "-in", f"{folder}/{signer}.pem", "-outform", "DER")
    issuing = run("openssl", "x509", "-in", chain_of(folder, signer), "-outform", "DER")
    fields = values(values(values(certificate)[0][1])[0][1])
    serial, issuer, sha_512 = fields[1][2], fields[3][2], tlv(0x30, oid("2.16.840.1.101.3.4.2.3"))
    named = tlv(0x30, tlv(0x30, tlv(0xA4, issuer)), serial)
    wrong = bytes(20)

    def attribute(kind, *its_values):
        return tlv(0x30, oid(kind), tlv(0x31, *its_values))

    def digest(name, data):
        return tlv(4, hashlib.new(name, data).digest())

    def naming(version, *of_id):
        return attribute(f"1.2.840.113549.1.9.16.2.{version}", tlv(0x30, tlv(0x30, tlv(0x30, *of_id))))

    known = {
        "type": attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.9.16.1.4")),
        "data": attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.7.1")),
        "digest": attribute("1.2.840.113549.1.9.4", digest("sha512", content)),
        "altered": attribute("1.2.840.113549.1.9.4", digest("sha512", content + b"x")),
        "v1": naming(12, digest("sha1", certificate), named),
        "v1-wrong": naming(12, tlv(4, wrong)),
        "v2": naming(47, digest("sha256", certificate)),
        "v2-sha512": naming(47, sha_512, digest("sha512", certificate), named),
        "v2-wrong": naming(47, digest("sha256", issuing)),
        "v2-other-serial": naming(47, digest("sha256", certificate), tlv(0x30, tlv(0x30, tlv(0xA4, issuer)), integer(7))),
        "v2-other-issuer": naming(47, digest("sha256", certificate), tlv(0x30, tlv(0x30, tlv(0xA4, tlv(0x30))), serial)),
    }
    attributes = [known[part] for part in parts]
    with tempfile.NamedTemporaryFile() as message:
        message.write(tlv(0x31, *sorted(attributes)))
        message.flush()
        signature = run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", f"{folder}/{signer}.key", "-in", message.name)
    info = tlv(0x30, integer(1), tlv(0x30, issuer, serial), sha_512, tlv(0xA0, *attributes), tlv(0x30, oid("1.3.101.112")),
               tlv(4, signature))
    data = tlv(0x30, integer(3), tlv(0x31, sha_512), tlv(0x30, oid("1.2.840.113549.1.9.16.1.4"), tlv(0xA0, tlv(4, content))),
               tlv(0xA0, certificate, issuing), tlv(0x31, info))
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, data))


def granted(token):
    return tlv(0x30, tlv(0x30, integer(0)), token)


def in_days(days):
    return f"{datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days):%Y%m%d%H%M%SZ}"


def answer(folder, mode, query):
    """The bytes that an authority in this mode answers."""
    if mode in ("honest", "ecdsa"):
        return reply(folder, "rsa" if mode == "honest" else "ecdsa", query)
    if mode in ("expired", "revoked", "untrusted"):
        return reply(folder, mode, query)
    if mode == "wrong_purpose":
        return granted(sign(folder, "two_purposes", query))
    if mode == "lies_about_time":
        return granted(sign(folder, "rsa", query, time=in_days(-30)))
    if mode == "lies_ahead":
        return granted(sign(folder, "rsa", query, time=in_days(30)))
    if mode == "garbage":
        return os.urandom(3000)
    if mode == "empty":
        return b""
    if mode == "truncated":
        return reply(folder, "rsa", query)[:-40]
    if mode == "refuses":
        return tlv(0x30, tlv(0x30, integer(2), tlv(0x30, tlv(12, "今日已满 quota".encode())), tlv(3, bytes.fromhex("0600000040"))))
    asked = Query(query)
    if mode == "other_digest":
        asked.digest = bytes(byte ^ 1 for byte in asked.digest)
    elif mode == "wrong_nonce":
        asked.nonce = (asked.nonce or 0) ^ 1
    elif mode == "without_certificates":
        asked.wants_certificates = False
    else:
        raise SystemExit(f"unknown mode: {mode}")
    return reply(folder, "rsa", asked.der())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder, mode = "", ""

    def log_message(self, *_):
        pass

    def give(self, status, body=b"", content_type="application/timestamp-reply", **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        query = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # The first part of the path, if any, is a mode, so that one process serves all of them.
        mode = self.path.strip("/").split("/")[0] or self.mode
        if self.headers.get("Content-Type") != "application/timestamp-query":
            self.give(415, b"unsupported", "text/plain")
        elif mode == "slow":
            threading.Event().wait()
        elif mode == "html":
            self.give(200, b"<html>maintenance</html>", "text/html")
        elif mode == "fails":
            self.give(500, b"failed", "text/plain")
        elif mode == "busy":
            self.give(503, b"busy", "text/plain", Retry_After="120")
        elif mode == "moved":
            self.give(302, Location="http://example.invalid/")
        elif mode == "huge":
            self.give(200, bytes(4 << 20))
        else:
            self.give(200, answer(self.folder, mode, query))


def serve(folder, mode):
    Handler.folder, Handler.mode = folder, mode
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Ends with the process that started it, which holds the other end.
    sys.stdin.buffer.read()


def main():
    match sys.argv[1:]:
        case ["make", folder]:
            make(os.path.abspath(folder))
        case ["serve", folder, mode]:
            serve(os.path.abspath(folder), mode)
        case ["reply", folder, mode, query]:
            sys.stdout.buffer.write(answer(os.path.abspath(folder), mode, read(query)))
        case ["sign", folder, signer, query, *settings]:
            settings = dict(setting.split("=", 1) for setting in settings)
            sys.stdout.buffer.write(sign(os.path.abspath(folder), signer, read(query), **settings))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
