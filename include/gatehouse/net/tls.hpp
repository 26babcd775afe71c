// TLS over the descriptor: OpenSSL with a BIO of our own that reads into its record buffer and leaves in one send.
// A context is immutable after it is made and may be shared by workers; a stream belongs to one.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/net/stream.hpp"

#include <memory>
#include <string>

namespace gatehouse::net {

struct TlsClientSettings {
  std::string ca;           // PEM file; empty: the system's
  std::string server_name;  // SNI and the name to verify; empty: the host of the URL
  bool verify = true;
  std::string certificate, key;  // PEM files of a client certificate, or empty
  bool operator==(const TlsClientSettings&) const = default;
};

class TlsClientContext {
 public:
  virtual ~TlsClientContext() = default;
  // `host` is verified (DNS name or IP address) and sent as SNI when it is a name.
  virtual std::unique_ptr<Stream> connect(UniqueFd fd, const std::string& host) const = 0;
};

Result<std::shared_ptr<const TlsClientContext>> make_tls_client_context(const TlsClientSettings& settings);

}  // namespace gatehouse::net
