// Signing keys: derived by four HMACs from secret and scope, which is the same for a whole day. Each thread keeps those it
// used last, as the two SHA-256 states that HMAC begins with, so that a signature costs what its text costs.
#include "gatehouse/base/strings.hpp"
#include "sigv4_canonical.hpp"

#include <memory>
#include <string>

namespace gatehouse::crypto::sigv4 {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kSlots = 64;

// HMAC (RFC 2104) with the key already taken in.
struct HmacState {
  SHA256_CTX inner;
  SHA256_CTX outer;

  explicit HmacState(std::string_view key) {
    std::array<unsigned char, kBlock> padded{};
    if (key.size() > kBlock) {
      const Sha256 hashed = sha256(key);
      std::memcpy(padded.data(), hashed.data(), hashed.size());
    } else if (!key.empty()) {
      std::memcpy(padded.data(), key.data(), key.size());
    }
    absorb(inner, padded, 0x36);
    absorb(outer, padded, 0x5C);
  }

  Sha256 hash(std::string_view text) const {
    Sha256 digest;
    SHA256_CTX state = inner;
    SHA256_Update(&state, text.data(), text.size());
    SHA256_Final(digest.data(), &state);
    state = outer;
    SHA256_Update(&state, digest.data(), digest.size());
    SHA256_Final(digest.data(), &state);
    return digest;
  }

 private:
  static void absorb(SHA256_CTX& state, std::array<unsigned char, kBlock> key, unsigned char pad) {
    for (unsigned char& byte : key) byte ^= pad;
    SHA256_Init(&state);
    SHA256_Update(&state, key.data(), key.size());
  }
};

std::string_view bytes(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

HmacState derive(std::string_view secret_key, std::string_view scope) {
  HmacState state("AWS4" + std::string(secret_key));
  while (!scope.empty()) {
    const std::size_t slash = std::min(scope.find('/'), scope.size());
    state = HmacState(bytes(state.hash(scope.substr(0, slash))));
    scope.remove_prefix(std::min(slash + 1, scope.size()));
  }
  return state;
}

struct Slot {
  std::string secret_key;
  std::string scope;
  HmacState state{std::string_view()};
};

}  // namespace

Sha256 keyed_hash(std::string_view secret_key, std::string_view scope, std::string_view text) {
  thread_local std::unique_ptr<Slot[]> slots = std::make_unique<Slot[]>(kSlots);
  Slot& slot = slots[hash64(scope, hash64(secret_key)) % kSlots];
  if (slot.scope != scope || slot.secret_key != secret_key) {
    slot.state = derive(secret_key, scope);
    slot.scope = scope;
    slot.secret_key = secret_key;
  }
  return slot.state.hash(text);
}

Hex signature(std::string_view secret_key, std::string_view time, std::string_view scope, const Sha256& canonical_request) {
  const Hex hash = to_hex(canonical_request);
  // A scope's length has no bound of its own; nearly always the text fits.
  std::array<char, 256> fixed;
  const std::size_t size = kAlgorithm.size() + time.size() + scope.size() + hash.size() + 3;
  std::string longer(size > fixed.size() ? size : 0, '\0');
  char* const begin = size > fixed.size() ? longer.data() : fixed.data();
  char* at = begin;
  const auto add = [&at](std::string_view part) { at += part.copy(at, part.size()); };
  add(kAlgorithm);
  *at++ = '\n';
  add(time);
  *at++ = '\n';
  add(scope);
  *at++ = '\n';
  add(view(hash));
  return to_hex(keyed_hash(secret_key, scope, {begin, size}));
}

}  // namespace gatehouse::crypto::sigv4
