// Bytes as keys: what can be taken apart is what would have been put together; strings come back and sort as they do.
#include "fuzz/fuzz_support.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <string>

namespace {

using namespace gatehouse::dynamo;
using gatehouse::testing::require;

using Take = bool (*)(std::string_view&, std::string&);
using Append = void (*)(std::string&, std::string_view);

void check_foreign(std::string_view bytes, Take take, Append append) {
  std::string_view from = bytes;
  std::string value = "kept";
  if (!take(from, value)) {
    require(from == bytes && value == "kept", "a refusal changes nothing");
    return;
  }
  std::string again;
  append(again, std::string_view(value).substr(4));
  require(again == bytes.substr(0, bytes.size() - from.size()), "one key for one value");
}

std::string escaped(std::string_view text) {
  std::string key;
  append_escaped_key(key, text);
  const std::string longer = key + "more";
  std::string_view from = longer;
  std::string back;
  require(take_escaped_key(from, back) && back == text && from == "more", "a string comes back");
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = gatehouse::testing::text_of(data, size);
  check_foreign(bytes, take_number_key, append_number_key);
  check_foreign(bytes, take_escaped_key, append_escaped_key);

  const std::string_view a = bytes.substr(0, size / 2);
  const std::string_view b = bytes.substr(size / 2);
  require((a < b) == (escaped(a) < escaped(b)), "keys in the order of the strings");
  require(a == b || !escaped(a).starts_with(escaped(b)), "no key is the prefix of another");
  if (const auto after = after_prefix(a)) {
    require(*after > a && !after->starts_with(a), "behind the prefix");
    require(*after > std::string(a) + std::string(b), "behind all that begins with it");
  }
  return 0;
}
