// What comes from other nodes of a fleet through Redis, as its first byte says: a message, descriptions, or what is kept of a
// connection. Whatever comes: nothing is read beyond its end, and what is understood is written as it was read.
#include "fuzz_support.hpp"

#include "gatehouse/wsapi/orphan.hpp"
#include "wsapi/fleet_message.hpp"

#include <string>

namespace gatehouse::wsapi {
namespace {

using gatehouse::testing::require;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_message(std::string_view bytes) {
  const auto read = read_message(bytes);
  if (!read) return;
  for (const std::string_view text : {read->api, read->id, read->group, read->payload}) require(lies_in(text, bytes), "texts lie in the message");
  // Any byte but 0 says binary; 1 is written.
  std::string expected(bytes);
  expected[3] = read->binary ? '\1' : '\0';
  require(write_message(*read) == expected, "what is read is written as it was");
  const http::PreparedFrame frame = frame_of(*read);
  require(payload_of(frame) == read->payload && is_binary(frame) == read->binary, "frames keep what they hold");
}

void check_descriptions(std::string_view bytes) {
  const auto read = read_descriptions(bytes);
  if (!read) return;
  const std::string written = write_descriptions(*read);
  const auto again = read_descriptions(written);
  require(again && write_descriptions(*again) == written, "descriptions come back");
}

void check_record(std::string_view bytes) {
  const ConnectionId id = ConnectionId::parse("AAAAAQACAAAAAwABAgMEBQYHCAkK").value_or(ConnectionId());
  const auto read = read_record(id, bytes);
  if (!read) return;
  const std::string written = write_record(read->api, read->facts());
  const auto again = read_record(id, written);
  require(again && write_record(again->api, again->facts()) == written, "records come back", written);
}

}  // namespace
}  // namespace gatehouse::wsapi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::wsapi;
  const std::string_view all = gatehouse::testing::text_of(data, size);
  if (all.empty()) return 0;
  const std::string_view bytes = all.substr(1);
  switch (all.front()) {
    case 'm': check_message(bytes); break;
    case 'd': check_descriptions(bytes); break;
    default: check_record(bytes);
  }
  return 0;
}
