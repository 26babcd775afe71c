"""Certificates for tests, made by the openssl command."""
import ssl
import subprocess


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name="Test CA"):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = folder / "ca.pem", folder / "ca.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign",
                     "-keyout", self.key, "-out", self.certificate)

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def issue(self, name, *alternatives, days=30):
        """Certificate and key for these names ("DNS:localhost", "IP:127.0.0.1")."""
        certificate, key, wanted = (self.folder / f"{name}.{ending}" for ending in ("pem", "key", "csr"))
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={','.join(alternatives)}\n" if alternatives else "")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                     "-out", wanted)
        self.openssl("x509", "-req", "-in", wanted, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", days,
                     "-extfile", f"{name}.ext", "-out", certificate)
        return certificate, key

    def server(self, name, *alternatives, ask_for_client=False, days=30):
        """A TLS context for a fake upstream."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, *alternatives, days=days))
        if ask_for_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.certificate)
        return context
