#include "gatehouse/http/websocket_handshake.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/strings.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace gatehouse::http::websocket {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeySize = 24;

// 16 bytes in base64: 22 digits, of the last of which four bits are none of theirs, and two signs.
bool is_key(std::string_view key) {
  if (key.size() != kKeySize || !key.ends_with("==")) return false;
  for (const char c : key.substr(0, kKeySize - 2)) {
    const bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (!digit) return false;
  }
  return std::string_view("AQgw").find(key[kKeySize - 3]) != std::string_view::npos;
}

}  // namespace

HandshakeProblem check_handshake(const RequestHead& request) {
  if (!iequals(request.protocol, "websocket")) return HandshakeProblem::kNotAsked;
  if (request.method != Method::kGet) return HandshakeProblem::kMalformed;
  if (request.fields.get("Sec-WebSocket-Version") != "13") return HandshakeProblem::kVersion;
  std::uint32_t keys = 0;
  for (std::uint32_t i = 0; i < request.fields.size(); ++i) {
    const Field field = request.fields[i];
    if (field.id != FieldId::kOther || !iequals(field.name, "Sec-WebSocket-Key")) continue;
    if (!is_key(field.value)) return HandshakeProblem::kMalformed;
    ++keys;
  }
  return keys == 1 ? HandshakeProblem::kNone : HandshakeProblem::kMalformed;
}

std::array<char, kAcceptSize> accept_value(std::string_view key) {
  std::array<unsigned char, 20> digest{};
  std::array<char, kKeySize + kGuid.size()> both{};
  if (key.size() != kKeySize) throw std::invalid_argument("Sec-WebSocket-Key is not 24 characters long");
  key.copy(both.data(), kKeySize);
  kGuid.copy(both.data() + kKeySize, kGuid.size());
  unsigned size = 0;
  if (EVP_Digest(both.data(), both.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) throw std::runtime_error("SHA-1 failed");
  std::array<unsigned char, kAcceptSize + 1> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  std::array<char, kAcceptSize> value{};
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(text[i]);
  return value;
}

bool offers_subprotocol(const RequestHead& request, std::string_view wanted) {
  for (std::uint32_t i = 0; i < request.fields.size(); ++i) {
    const Field field = request.fields[i];
    if (field.id != FieldId::kOther || !iequals(field.name, "Sec-WebSocket-Protocol")) continue;
    std::string_view list = field.value;
    for (std::string_view name; next_element(list, name);)
      if (name == wanted) return true;  // told apart by letter case (RFC 6455 section 1.9)
  }
  return false;
}

}  // namespace gatehouse::http::websocket
