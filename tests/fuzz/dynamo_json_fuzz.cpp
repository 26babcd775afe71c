// Attribute values: what is accepted is stored well-formed and comes back as the same bytes; stored bytes from anywhere are
// refused or safe to look at; plain JSON likewise. The first byte chooses which.
#include "fuzz/fuzz_support.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <cstring>
#include <memory>
#include <string>

namespace {

using namespace gatehouse;
using namespace gatehouse::dynamo;
using gatehouse::testing::require;

using Read = bool (*)(JsonReader&, ValueWriter&);

bool read_typed(JsonReader& reader, ValueWriter& to) { return reader.read_item(to); }

// Whether it was accepted. The text lies in memory of exactly its size, so that a sanitizer sees every byte read beyond.
bool read(std::string_view text, Read action, std::string& to) {
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  if (!text.empty()) std::memcpy(exact.get(), text.data(), text.size());
  Arena arena;
  JsonReader reader({exact.get(), text.size()}, arena);
  ValueWriter writer(to);
  const bool done = action(reader, writer);
  const bool finished = reader.finish();
  require(done || reader.failed(), "a refusal has a fault");
  require(finished != reader.failed(), "the end is reached or there is a fault");
  return finished && !reader.fault();
}

void look_at(const Map& item) {
  require(equal(item, item), "equal to itself");
  for (const Attribute& attribute : item) {
    const Value found = item.find(attribute.name);
    require(found && equal(found, attribute.value), "found by its name");
  }
  require(size_of(item) < 1'000'000'000, "a size");
}

void check_typed(std::string_view text) {
  std::string bytes;
  if (!read(text, read_typed, bytes)) return;
  require(is_valid_item(bytes), "what is accepted is well-formed", text);
  look_at(Map::item(bytes));
  std::string written;
  write_json_item(written, Map::item(bytes));
  require(is_valid_utf8(written), "what is written is UTF-8", written);
  std::string again;
  require(read(written, read_typed, again), "what is written is accepted", written);
  require(again == bytes, "the same bytes", written);
}

void check_plain(std::string_view text) {
  std::string bytes;
  if (!read(text, read_plain_item, bytes)) return;
  require(is_valid_item(bytes), "what is accepted is well-formed", text);
  std::string written;
  write_plain_item(written, Map::item(bytes));
  std::string again;
  require(read(written, read_plain_item, again), "what is written is accepted", written);
  require(again == bytes, "the same bytes", written);
}

void check_stored(std::string_view bytes) {
  const std::unique_ptr<char[]> exact(new char[bytes.size()]);
  if (!bytes.empty()) std::memcpy(exact.get(), bytes.data(), bytes.size());
  const std::string_view stored(exact.get(), bytes.size());
  if (!is_valid_item(stored)) return;
  look_at(Map::item(stored));
  std::string written;
  write_json_item(written, Map::item(stored));
  std::string again;
  // Names may be empty in what is stored, but not in what is sent.
  if (read(written, read_typed, again)) require(again == stored, "the same bytes", written);
  std::string plain;
  write_plain_item(plain, Map::item(stored));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = gatehouse::testing::text_of(data + 1, size - 1);
  if (data[0] % 4 == 3) {
    check_stored(text);
  } else if (is_valid_utf8(text)) {
    data[0] % 4 == 2 ? check_plain(text) : check_typed(text);
  }
  return 0;
}
