// The context of TLS clients: trust, the client's certificate, and the name that each connection verifies.
#include "gatehouse/net/tls.hpp"

#include "gatehouse/base/ip.hpp"
#include "tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <new>
#include <optional>

namespace gatehouse::net {
namespace {

constexpr unsigned char kAlpn[] = "\x08http/1.1";

std::string_view without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

class ClientContext final : public TlsClientContext {
 public:
  ClientContext(SslContextPtr context, const TlsClientSettings& settings)
      : context_(std::move(context)), server_name_(settings.server_name), verify_(settings.verify) {}

  std::unique_ptr<Stream> connect(UniqueFd fd, const std::string& host) const override {
    SslPtr ssl(SSL_new(context_.get()));
    if (ssl == nullptr) throw std::bad_alloc();
    const bool named = set_name(ssl.get(), server_name_.empty() ? host : server_name_);
    ERR_clear_error();
    auto stream = std::make_unique<TlsStream>(std::move(fd), std::move(ssl), TlsRole::kClient);
    if (!named) stream->refuse("not a name that a certificate can be checked for: " + host);
    return stream;
  }

 private:
  // OpenSSL takes an empty name for "check none": it must never get there.
  bool set_name(SSL* ssl, std::string_view host) const {
    std::string name(without_brackets(host));
    X509_VERIFY_PARAM* const checks = SSL_get0_param(ssl);
    if (IpAddress::parse(name)) return !verify_ || X509_VERIFY_PARAM_set1_ip_asc(checks, name.c_str()) == 1;
    // RFC 6066 section 3: no trailing dot.
    if (name.ends_with('.')) name.pop_back();
    if (name.empty() || name.find('\0') != std::string::npos) return !verify_;
    if (SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
    if (!verify_) return true;
    X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(checks, name.c_str(), name.size()) == 1;
  }

  SslContextPtr context_;
  std::string server_name_;
  bool verify_;
};

Error settings_error(std::string_view what, const std::string& file) {
  std::string message(what);
  if (!file.empty()) message += " " + file;
  const std::string cause = take_tls_error();
  if (!cause.empty()) message += ": " + cause;
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "tls_settings", message};
}

std::optional<Error> load_trust(SSL_CTX* context, const TlsClientSettings& settings) {
  SSL_CTX_set_verify(context, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (settings.ca.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return settings_error("cannot use the system's CAs", {});
  } else if (SSL_CTX_load_verify_file(context, settings.ca.c_str()) != 1) {
    return settings_error("cannot read the CA file", settings.ca);
  }
  return std::nullopt;
}

std::optional<Error> load_identity(SSL_CTX* context, const TlsClientSettings& settings) {
  if (settings.certificate.empty() && settings.key.empty()) return std::nullopt;
  if (settings.certificate.empty() || settings.key.empty()) {
    return settings_error("a client certificate needs both certificate and key", {});
  }
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) != 1) {
    return settings_error("cannot read the certificate", settings.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return settings_error("cannot use the key", settings.key);
  }
  if (SSL_CTX_check_private_key(context) != 1)
    return settings_error("the key does not fit the certificate", settings.key);
  return std::nullopt;
}

}  // namespace

Result<std::shared_ptr<const TlsClientContext>> make_tls_client_context(const TlsClientSettings& settings) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return settings_error("cannot make a TLS context", {});
  prepare_tls_context(context.get());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof(kAlpn) - 1);
  if (auto problem = load_trust(context.get(), settings)) return *problem;
  if (auto problem = load_identity(context.get(), settings)) return *problem;
  return std::shared_ptr<const TlsClientContext>(std::make_shared<ClientContext>(std::move(context), settings));
}

}  // namespace gatehouse::net
