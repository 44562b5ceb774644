"""Makes ed25519.json: signatures on which verifiers of Ed25519 differ, by the arithmetic of RFC 8032. Not constant-time, not for keys.

A verifier that decodes R, or does not look at points of small order, accepts some of those that are invalid here: `S B = R + k A` holds
for them, possibly after both sides are multiplied by 8."""

import hashlib
import json
import pathlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
EIGHTH = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
MESSAGE = b"tiezheng statement v1\n"
NONCE = 12345678901234567890


def decode(encoded: bytes):
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, (number & (2**255 - 1)) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * ROOT_OF_MINUS_1 % P
    elif v * x * x % P != u:
        return None
    return (-x % P if x & 1 != sign else x), y


def add(p, q):
    (a, b), (c, d) = p, q
    k = D * a * b * c * d % P
    return (a * d + b * c) * pow(1 + k, P - 2, P) % P, (b * d + a * c) * pow(1 - k, P - 2, P) % P


def multiply(point, scalar: int):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def encoded(number: int) -> bytes:
    return number.to_bytes(32, "little")


def encode(point) -> bytes:
    return encoded(point[1] | (point[0] & 1) << 255)


def challenge(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


BASE = decode(encoded(4 * pow(5, P - 2, P) % P))


def vectors():
    secret = int.from_bytes(hashlib.sha256(b"tiezheng test key").digest(), "little") % L
    key, r = encode(multiply(BASE, secret)), encode(multiply(BASE, NONCE))
    s = (NONCE + challenge(r, key, MESSAGE) * secret) % L
    good = r + encoded(s)
    yield "an honest signature", key, MESSAGE, good, True
    yield "another message", key, MESSAGE + b"x", good, False
    yield "S is not reduced: S + L", key, MESSAGE, r + encoded(s + L), False
    small = {"identity": encoded(1), "order 2": encoded(P - 1), "order 4": encoded(0), "order 8": bytes.fromhex(EIGHTH)}
    for name, point in small.items():
        yield f"R is the point of {name}", key, MESSAGE, point + encoded(challenge(point, key, MESSAGE) * secret % L), False
    for name, point in [("y + p", encoded(1 + P)), ("negative zero", encoded(1 | 1 << 255))]:
        signature = point + encoded(challenge(point, key, MESSAGE) * secret % L)
        yield f"R is the identity, encoded with {name}", key, MESSAGE, signature, False
    keys = [(name, point, {"identity": 1, "order 2": 2, "order 4": 4}.get(name, 8)) for name, point in small.items()]
    keys.append(("order 8, negative", bytes.fromhex(EIGHTH[:-2] + "fa"), 8))
    keys.append(("order 8, other y", bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), 8))
    keys += [("identity as y + p", encoded(1 + P), 1), ("order 4 as y + p", encoded(P), 4)]
    keys.append(("negative zero", encoded(1 | 1 << 255), 1))
    for name, point, order in keys:
        message = found(point, r, lambda k, order=order: k % order == 0)
        yield f"the key is the point of {name}", point, message, r + encoded(NONCE % L), False
    mixed = encode(add(multiply(BASE, secret), decode(bytes.fromhex(EIGHTH))))
    for name, wanted, valid in [("where the equation holds", True, True), ("where it holds only times 8", False, False)]:
        message = found(mixed, r, lambda k, wanted=wanted: (k % 8 == 0) == wanted)
        signature = r + encoded((NONCE + challenge(r, mixed, message) * secret) % L)
        yield f"a key of mixed order, {name}", mixed, message, signature, valid
    yield "the key is no point", encoded(2), MESSAGE, good, False


def found(key: bytes, r: bytes, accepts) -> bytes:
    """The first message whose challenge is as wanted."""
    number = 0
    while not accepts(challenge(r, key, MESSAGE + str(number).encode())):
        number += 1
    return MESSAGE + str(number).encode()


if __name__ == "__main__":
    names = ["name", "key", "message", "signature", "valid"]
    rows = [[one.hex() if isinstance(one, bytes) else one for one in row] for row in vectors()]
    text = json.dumps([dict(zip(names, row)) for row in rows], indent=1, ensure_ascii=False)
    (pathlib.Path(__file__).parent / "ed25519.json").write_text(text)
