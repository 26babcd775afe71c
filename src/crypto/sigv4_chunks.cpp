#include "gatehouse/crypto/sigv4_chunks.hpp"

#include "sigv4_canonical.hpp"

#include <algorithm>

namespace gatehouse::crypto {
namespace {

constexpr std::string_view kNothingHashed = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";

}  // namespace

std::optional<SigV4Streaming> find_sigv4_streaming(std::string_view content_sha256) {
  if (content_sha256 == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return SigV4Streaming::kSigned;
  if (content_sha256 == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") return SigV4Streaming::kSignedTrailers;
  if (content_sha256 == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return SigV4Streaming::kUnsignedTrailers;
  return std::nullopt;
}

SigV4Chain::SigV4Chain(std::string_view secret_key, const SigV4Claim& claim)
    : secret_key_(secret_key), time_(claim.time), scope_(claim.scope) {
  std::ranges::copy(claim.signature.substr(0, previous_.size()), previous_.begin());
}

void SigV4Chain::begin(std::string_view algorithm) {
  text_.assign(algorithm);
  for (const std::string_view part : {time_, scope_, std::string_view(previous_.data(), previous_.size())}) {
    text_ += '\n';
    text_ += part;
  }
  text_ += '\n';
}

bool SigV4Chain::accept(std::string_view hashed, std::string_view signature) {
  text_ += sigv4::view(sigv4::to_hex(sha256(hashed)));
  const sigv4::Hex computed = sigv4::to_hex(sigv4::keyed_hash(secret_key_, scope_, text_));
  if (!constant_time_equal(signature, sigv4::view(computed))) return false;
  previous_ = computed;
  return true;
}

bool SigV4Chain::accept_chunk(std::string_view data, std::string_view signature) {
  begin("AWS4-HMAC-SHA256-PAYLOAD");
  text_ += kNothingHashed;
  return accept(data, signature);
}

bool SigV4Chain::accept_trailers(std::string_view canonical, std::string_view signature) {
  begin("AWS4-HMAC-SHA256-TRAILER");
  return accept(canonical, signature);
}

}  // namespace gatehouse::crypto
