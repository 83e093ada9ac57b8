"""A certificate for the mail server of this process, which signs itself."""

import ssl
import tempfile
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["certified"]

NAME = "localhost"
ADDRESSES = ("127.0.0.1", "::1")
SINCE, UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
"""Good at whatever time a target's clock is moved to."""


@cache
def certified() -> tuple[ssl.SSLContext, bytes]:
    """Return what a server on loopback speaks TLS with, and the certificate (PEM) for who wants to trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), *(x509.IPAddress(ip_address(each)) for each in ADDRESSES)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), SINCE, UNTIL)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # `ssl` reads files only
        path = Path(folder) / "both.pem"
        path.write_bytes(private + certificate)
        context.load_cert_chain(path)
    return context, certificate
