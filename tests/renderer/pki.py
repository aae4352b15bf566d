"""A public-key infrastructure of the tests' own: two authorities, persons, revocation, time.

Certificates say where their revocation lists, OCSP responder and issuers are: a small HTTP server
on loopback, which can be told to be away or to lie.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.renderer.loopback import Loopback

Key = rsa.RSAPrivateKey
DAY = timedelta(days=1)
PASSWORD = "quattro-cinque"


@dataclass(frozen=True)
class Holder:
    """A certificate with its key, and the certificates above it."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...] = ()

    def p12(self, password: str = PASSWORD) -> bytes:
        """As a PKCS#12 file."""
        return pkcs12.serialize_key_and_certificates(
            b"holder",
            self.key,
            self.certificate,
            self.chain,
            serialization.BestAvailableEncryption(password.encode()),
        )

    @property
    def asn1(self) -> asn1_x509.Certificate:
        """For pyHanko."""
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))

    def pkcs8(self) -> bytes:
        """The bare key, DER."""
        return self.key.private_bytes(
            Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass
class Behaviour:
    """What the server does wrong."""

    away: set[str] = field(default_factory=set)
    """Of ``tsa``, ``ocsp``, ``crl``: answered 503."""
    refusing: bool = False
    """The TSA answers that it will not."""
    answering: threading.Event = field(default_factory=threading.Event)
    """While it is clear the TSA takes requests and is silent."""

    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What happens, once, when ``ocsp`` or the like is asked for, before the answer."""

    def __post_init__(self) -> None:
        """It answers, until it is told otherwise."""
        self.answering.set()


class Pki(Loopback):
    """Start it with ``with``: certificates name addresses of the running server."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.calls: list[str] = []
        self._revoked: dict[int, datetime] = {}
        self._statuses: dict[int, x509.Certificate] = {}
        pki = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pki._answer(self, b"")

            def do_POST(self) -> None:
                pki._answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: object) -> None:
                """Silent."""

        super().__init__(Handler)
        self.root = self._root()
        self.issuing = self._certify("Autorità emittente di prova", self.root, "root", ca=True)
        self.tsa = self._certify("Marche temporali di prova", self.issuing, "issuing", stamps=True)

    @property
    def tsa_url(self) -> str:
        """Where time is stamped."""
        return f"{self.url}/tsa"

    def trust(self, folder: Path) -> Path:
        """A folder with the root, to be trusted."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "root.pem").write_bytes(self.root.certificate.public_bytes(Encoding.PEM))
        return folder

    def person(
        self, name: str, unit: str | None = None, *, days: tuple[int, int] = (-30, 365)
    ) -> Holder:
        """Somebody who may sign; ``days`` from now during which the certificate is valid."""
        return self._certify(name, self.issuing, "issuing", unit=unit, days=days)

    def revoke(self, holder: Holder, when: datetime | None = None) -> None:
        """From now on (or ``when``) the lists say so."""
        self._revoked[holder.certificate.serial_number] = when or datetime.now(UTC) - DAY

    def _root(self) -> Holder:
        key = rsa.generate_private_key(65537, 2048)
        name = _name("Radice di prova")
        return Holder(self._build(name, name, key, key, None, ca=True, length=1), key)

    def _certify(
        self,
        name: str,
        issuer: Holder,
        at: str,
        *,
        ca: bool = False,
        stamps: bool = False,
        unit: str | None = None,
        days: tuple[int, int] = (-30, 365),
    ) -> Holder:
        key = rsa.generate_private_key(65537, 2048)
        certificate = self._build(
            _name(name, unit),
            issuer.certificate.subject,
            key,
            issuer.key,
            at,
            ca=ca,
            stamps=stamps,
            days=days,
        )
        self._statuses[certificate.serial_number] = certificate
        return Holder(certificate, key, (issuer.certificate, *issuer.chain))

    def _build(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: Key,
        issuer_key: Key,
        at: str | None,
        *,
        ca: bool = False,
        length: int = 0,
        stamps: bool = False,
        days: tuple[int, int] = (-30, 365),
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * DAY)
            .not_valid_after(now + days[1] * DAY)
            .add_extension(
                x509.BasicConstraints(ca=ca, path_length=length if ca else None), critical=True
            )
            .add_extension(_usage(ca=ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
                critical=False,
            )
        )
        if stamps:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        if at is not None:
            builder = self._addresses(builder, at, with_ocsp=not ca and not stamps)
        return builder.sign(issuer_key, hashes.SHA256())

    def _addresses(
        self, builder: x509.CertificateBuilder, at: str, *, with_ocsp: bool
    ) -> x509.CertificateBuilder:
        places = [(AuthorityInformationAccessOID.CA_ISSUERS, f"{at}.cer")]
        if with_ocsp:
            places.append((AuthorityInformationAccessOID.OCSP, "ocsp"))
        access = [
            x509.AccessDescription(kind, x509.UniformResourceIdentifier(f"{self.url}/{path}"))
            for kind, path in places
        ]
        point = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(f"{self.url}/{at}.crl")], None, None, None
        )
        return builder.add_extension(
            x509.AuthorityInformationAccess(access), critical=False
        ).add_extension(x509.CRLDistributionPoints([point]), critical=False)

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        path = request.path.strip("/")
        self.calls.append(path)
        what = "crl" if path.endswith(".crl") else path
        self.behaviour.meanwhile.pop(what, _nothing)()
        if what in self.behaviour.away:
            request.send_error(503)
            return
        if what == "tsa":
            self.behaviour.answering.wait(60)
        kind, content = self._content(path, body)
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _content(self, path: str, body: bytes) -> tuple[str, bytes]:
        authority = self.root if path.startswith("root") else self.issuing
        if path.endswith(".cer"):
            return "application/pkix-cert", authority.certificate.public_bytes(Encoding.DER)
        if path.endswith(".crl"):
            return "application/pkix-crl", self._list(authority)
        if path == "ocsp":
            return "application/ocsp-response", self._status(body)
        return "application/timestamp-reply", self._stamp(body)

    def _list(self, authority: Holder) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(authority.certificate.subject)
            .last_update(now - timedelta(minutes=5))
            .next_update(now + DAY)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
                critical=False,
            )
        )
        for number, when in self._revoked.items():
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(number).revocation_date(when).build()
            )
        return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _status(self, body: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(body)
        now = datetime.now(UTC)
        revoked = self._revoked.get(asked.serial_number)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=self._statuses[asked.serial_number],
                issuer=self.issuing.certificate,
                algorithm=hashes.SHA1(),  # noqa: S303 - what OCSP identifies certificates by
                cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
                this_update=now - timedelta(minutes=5),
                next_update=now + DAY,
                revocation_time=revoked,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.issuing.certificate)
            .certificates([self.issuing.certificate])
        )
        for extension in asked.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(self.issuing.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _stamp(self, body: bytes) -> bytes:
        if self.behaviour.refusing:
            # asn1crypto writes no response without a token: SEQUENCE { SEQUENCE { rejection } }.
            return bytes.fromhex("30053003020102")
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple([self.tsa.asn1, self.issuing.asn1])
        stamper = DummyTimeStamper(
            self.tsa.asn1, keys.PrivateKeyInfo.load(self.tsa.pkcs8()), certs_to_embed=store
        )
        request = tsp.TimeStampReq.load(body)
        return bytes(stamper.request_tsa_response(request).dump())


def _nothing() -> None:
    """Happens."""


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str, unit: str | None = None) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ciclo, prove"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    if unit is not None:
        attributes.insert(2, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name(attributes)
