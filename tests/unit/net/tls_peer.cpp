#include "unit/net/tls_peer.hpp"

#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <vector>

namespace gatehouse::net::testing {
namespace {

std::shared_ptr<EVP_PKEY> make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void add_extension(X509* x509, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  if (extension == nullptr) throw std::runtime_error(std::string("extension ") + value);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> blank(const std::string& common_name, EVP_PKEY* key, long from_s, long to_s) {
  static long serial = 1;
  std::shared_ptr<X509> x509(X509_new(), X509_free);
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), from_s);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), to_s);
  X509_set_pubkey(x509.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return x509;
}

template <class Write>
std::string pem(Write write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  write(memory);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

}  // namespace

Certificate make_authority(const std::string& common_name) {
  Certificate made{nullptr, make_key()};
  made.x509 = blank(common_name, made.key.get(), -7200, 7200);
  X509_set_issuer_name(made.x509.get(), X509_get_subject_name(made.x509.get()));
  add_extension(made.x509.get(), made.x509.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(made.x509.get(), made.x509.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(made.x509.get(), made.key.get(), EVP_sha256());
  return made;
}

Certificate make_certificate(const CertificateRequest& request, const Certificate& authority) {
  Certificate made{nullptr, make_key()};
  made.x509 = blank(request.common_name, made.key.get(), request.valid_from_s, request.valid_to_s);
  X509_set_issuer_name(made.x509.get(), X509_get_subject_name(authority.x509.get()));
  add_extension(made.x509.get(), authority.x509.get(), NID_subject_alt_name, request.names.c_str());
  X509_sign(made.x509.get(), authority.key.get(), EVP_sha256());
  return made;
}

std::string to_pem(const Certificate& certificate) {
  return pem([&](BIO* to) { PEM_write_bio_X509(to, certificate.x509.get()); });
}

std::string key_to_pem(const Certificate& certificate) {
  return pem(
      [&](BIO* to) { PEM_write_bio_PrivateKey(to, certificate.key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

TlsServer::TlsServer(UniqueFd fd, const Certificate& certificate, Serve serve, const Prepare& prepare)
    : context_(SSL_CTX_new(TLS_server_method())), fd_(std::move(fd)) {
  SSL_CTX_use_certificate(context_, certificate.x509.get());
  SSL_CTX_use_PrivateKey(context_, certificate.key.get());
  if (prepare) prepare(context_);
  thread_ = std::thread([this, serve = std::move(serve)] {
    SSL* const ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd_.get());
    succeeded_ = SSL_accept(ssl) == 1;
    if (succeeded_ && serve) serve(ssl);
    ERR_clear_error();
    SSL_free(ssl);
    fd_.reset();
  });
}

TlsServer::~TlsServer() {
  if (thread_.joinable()) thread_.join();
  SSL_CTX_free(context_);
}

bool TlsServer::handshake_succeeded() {
  thread_.join();
  return succeeded_;
}

}  // namespace gatehouse::net::testing
