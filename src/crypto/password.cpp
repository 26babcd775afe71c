#include "gatehouse/crypto/password.hpp"

#include "gatehouse/crypto/digest.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <memory>

namespace gatehouse::crypto {
namespace {

struct Method {
  std::string_view prefix;
  std::size_t digest;  // characters of the hash at its end
};
constexpr std::array<Method, 8> kMethods{{{"$y$", 43}, {"$gy$", 43}, {"$7$", 43}, {"$2a$", 31}, {"$2b$", 31}, {"$2y$", 31}, {"$6$", 86}, {"$5$", 43}}};

bool is_of_crypt(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '$' || c == '=';
}

// Not left in memory that others get.
struct Wipe {
  void operator()(crypt_data* data) const {
    OPENSSL_cleanse(data, sizeof *data);
    delete data;
  }
};

}  // namespace

bool is_password_hash(std::string_view text) {
  const auto method = std::ranges::find_if(kMethods, [text](const Method& known) { return text.starts_with(known.prefix); });
  if (method == kMethods.end() || text.size() >= CRYPT_OUTPUT_SIZE || !std::ranges::all_of(text, is_of_crypt)) return false;
  // Of bcrypt the last "$" is followed by salt and hash in one.
  const std::size_t last = text.substr(text.rfind('$') + 1).size();
  const std::size_t expected = method->prefix[1] == '2' ? 22 + method->digest : method->digest;
  return last == expected && crypt_checksalt(std::string(text).c_str()) == CRYPT_SALT_OK;
}

bool matches_password_hash(std::string_view password, const std::string& hash) {
  if (password.size() > kLongestPassword || password.find('\0') != std::string_view::npos) return false;
  const std::unique_ptr<crypt_data, Wipe> data(new crypt_data{});
  std::string copy(password);
  const char* const made = crypt_r(copy.c_str(), hash.c_str(), data.get());
  OPENSSL_cleanse(copy.data(), copy.size());
  // A failure is "*0" or "*1", which no hash is.
  return made != nullptr && made[0] == '$' && constant_time_equal(made, hash);
}

}  // namespace gatehouse::crypto
