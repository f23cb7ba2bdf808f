#!/usr/bin/env python3
"""Makes the keys and tokens of this folder with PyJWT (pip install pyjwt cryptography).

The private halves are thrown away: who runs this gets new keys, and commits all files together.
"""
import base64, json, pathlib
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

folder = pathlib.Path(__file__).parent
SECRET = "a secret of 64 characters, shared by the two who sign and verify"
private = {
    "rsa": rsa.generate_private_key(65537, 2048), "rsa-next": rsa.generate_private_key(65537, 3072),
    "p256": ec.generate_private_key(ec.SECP256R1()), "p384": ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}
refused = {
    "rsa-1024": rsa.generate_private_key(65537, 1024), "p521": ec.generate_private_key(ec.SECP521R1()),
}
for name, key in {**private, **refused}.items():
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pem").write_bytes(pem)
pkcs1 = private["rsa"].public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)
(folder / "rsa-pkcs1.pem").write_bytes(pkcs1)


def number(value, count=None):
    count = count or (value.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(value.to_bytes(count, "big")).rstrip(b"=").decode()


def jwk(name, **more):
    key = private[name].public_key()
    if name.startswith("rsa"):
        numbers = key.public_numbers()
        members = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    elif name == "ed25519":
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        members = {"kty": "OKP", "crv": "Ed25519", "x": number(int.from_bytes(raw, "big"), 32)}
    else:
        numbers, count = key.public_numbers(), int(name[1:]) // 8
        members = {"kty": "EC", "crv": f"P-{name[1:]}", "x": number(numbers.x, count), "y": number(numbers.y, count)}
    return {**members, "kid": name, **more}


keys = [
    jwk("rsa", use="sig", alg="RS256"), jwk("rsa-next", use="sig"), jwk("p256"), jwk("p384"), jwk("ed25519"),
    {**jwk("rsa"), "kid": "for-encryption", "use": "enc"}, {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
]
(folder / "jwks.json").write_text(json.dumps({"keys": keys}, indent=1) + "\n")

claims = {
    "sub": "alice", "iss": "https://issuer.example.com/", "aud": ["https://api.example.com", "other"],
    "iat": 1760000000, "nbf": 1760000000, "exp": 1760003600, "roles": {"admin": [True, None, 1.5e3]},
}
signers = {
    "HS256": SECRET, "HS384": SECRET, "HS512": SECRET, "RS256": "rsa", "RS384": "rsa-next", "RS512": "rsa-next",
    "PS256": "rsa-next", "ES256": "p256", "ES384": "p384", "EdDSA": "ed25519",
}
lines = []
for algorithm, signer in signers.items():
    key = private.get(signer, signer)
    header = {"kid": signer} if signer in private else None
    lines.append(f"{algorithm} {jwt.encode(claims, key, algorithm, headers=header)}")
(folder / "tokens.txt").write_text("\n".join(lines) + "\n")
