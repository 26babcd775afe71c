// Bodies that are signed chunk by chunk, behind a request whose signature covers its head alone. Each signature covers the one
// before it, so that no chunk can be left out, repeated or moved. Source: Amazon S3 API Reference, "Signature calculations for
// the Authorization header: transferring payload in multiple chunks" and "… including trailing headers".
#pragma once

#include "gatehouse/crypto/sigv4.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

// What X-Amz-Content-Sha256 says of such a body.
enum class SigV4Streaming : std::uint8_t {
  kSigned,           // STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  kSignedTrailers,   // …-TRAILER: fields follow the chunks, with a signature of their own
  kUnsignedTrailers  // STREAMING-UNSIGNED-PAYLOAD-TRAILER: the same framing, nothing of it is signed
};

// Nothing for what is no such body, or signed in a way that is not known here (ECDSA).
std::optional<SigV4Streaming> find_sigv4_streaming(std::string_view content_sha256);

// The signatures behind one head. Used for one body; one thread.
class SigV4Chain {
 public:
  // REQUIRES: verify_sigv4() accepted `claim` with this key. What both refer to must outlive this.
  SigV4Chain(std::string_view secret_key, const SigV4Claim& claim);
  // True when `signature` is that of the chunk which comes next; the one with no data is the last. False: nothing changed.
  bool accept_chunk(std::string_view data, std::string_view signature);
  // Behind the last chunk: "name:value\n" of each trailing field, names in lower case and sorted.
  bool accept_trailers(std::string_view canonical, std::string_view signature);

 private:
  void begin(std::string_view algorithm);
  bool accept(std::string_view hashed, std::string_view signature);

  std::string_view secret_key_, time_, scope_;
  std::array<char, 64> previous_{};
  std::string text_;  // what is signed; keeps its memory
};

}  // namespace gatehouse::crypto
