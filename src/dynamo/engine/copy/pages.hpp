// Pages of a scan as they come, and the batches that write them: items stay the text they are. Pure functions, but for write_items().
#pragma once

#include "side.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct SegmentOf {
  std::string_view table;
  std::size_t number = 0, total = 1;
};

// Views into the answer.
struct ScannedPage {
  std::vector<std::string_view> items;
  std::string_view last_key;  // empty: the segment ends here
  std::uint64_t count = 0;
};

enum class ScanFor : unsigned char { kItems, kCount };
std::string scan_request(const SegmentOf& segment, std::string_view start_key, ScanFor what);
std::optional<ScannedPage> parse_page(std::string_view answer);

// As many items as one BatchWriteItem may hold, from the front of `items`, which is cut.
std::string batch_request(std::string_view table, std::span<const std::string_view>& items);
// What was not written, as the RequestItems of the next try; empty: all was. nullopt: not an answer of BatchWriteItem.
std::optional<std::string> unprocessed(std::string_view answer);

// Until all of them are written.
Result<void> write_items(const Side& to, std::string_view table, std::span<const std::string_view> items);

}  // namespace gatehouse::dynamo
