// Tokens and key sets from anywhere. The first byte chooses: a token as it is; a header and claims, divided by a line break, in a
// token that is validly signed; a key set; JSON alone.
#include "fuzz/fuzz_support.hpp"
#include "crypto/jws_hash.hpp"
#include "gatehouse/base/base64url.hpp"
#include "gatehouse/crypto/jwt.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace gatehouse;
using namespace gatehouse::crypto;
using gatehouse::testing::require;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kSecret = "a secret of thirty-two bytes, ok";
const Claims::WallTime kNow{std::chrono::seconds(1'800'000'000)};

const KeySet& keys() {
  static const KeySet set = std::move(*KeySet::from_secret(kSecret, JwsAlgorithms().add(JwsAlgorithm::kHS256)));
  return set;
}

std::string base64url(std::string_view bytes) {
  std::string text;
  unsigned bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

std::string rewritten(JsonValue value) {
  std::string text;
  value.append_to(text);
  return text;
}

void check_json(std::string_view text) {
  const auto tree = JsonTree::parse(text);
  if (!tree) return require(tree.error().offset <= text.size(), "a fault lies within the text");
  const std::string once = rewritten(tree->root());
  const auto again = JsonTree::parse(once);
  require(again.has_value(), "what is written is JSON");
  require(rewritten(again->root()) == once, "the same JSON");
  for (const JsonValue member : tree->root()) {
    if (tree->root().is_object()) require(rewritten(tree->root().find(member.name())) == rewritten(member), "found by its name");
  }
}

void check_token(std::string_view token) {
  (void)claimed_issuer(token);
  const auto verdict = verify_jwt(token, keys(), kNow, {});
  if (!verdict) {
    require(!verdict.error().reason().empty() && !verdict.error().detail.empty(), "a refusal has a reason");
    return;
  }
  require(token.find_first_not_of(std::string(kAlphabet) + '.') == std::string_view::npos, "one spelling only");
  require(verdict->find("exp").is_number() && verdict->expires_at() > kNow, "not expired");
  const std::string any_of[] = {"read"};
  (void)verdict->has_scope(any_of);
}

void check_signed(std::string_view text) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view header = text.substr(0, line);
  const std::string input = base64url(header) + '.' + base64url(text.substr(std::min(line + 1, text.size())));
  const HmacKey key(JwsAlgorithm::kHS256, kSecret);
  const std::string token = input + '.' + base64url(key.sign(input).view());
  check_token(token);
  if (!verify_jwt(token, keys(), kNow, {})) return;
  const auto tree = JsonTree::parse(header);
  require(tree && tree->root().find("alg").text() == "HS256" && !tree->root().find("crit"), "only the key's algorithm");
}

void check_keys(std::string_view text) {
  for (const KeySource source : {KeySource::kEndpoint, KeySource::kConfiguration}) {
    const auto set = KeySet::parse(text, source);
    if (!set) continue;
    require(set->size() + set->problems().size() <= KeySet::kMaxKeys, "bounded");
    const auto match = set->verify(std::nullopt, JwsAlgorithm::kES256, "input", std::string(64, '\x01'));
    require(match != KeySet::Match::kVerified, "nothing is verified by chance");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0: check_token(text); break;
    case 1: check_signed(text); break;
    case 2: check_keys(text); break;
    default: check_json(text); break;
  }
  return 0;
}
