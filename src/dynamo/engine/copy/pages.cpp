#include "pages.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

namespace gatehouse::dynamo {
namespace {

// Of BatchWriteItem. Source: Amazon DynamoDB API reference.
constexpr std::size_t kBatchItems = 25;
constexpr std::size_t kBatchBytes = 15 * 1024 * 1024;

std::string wrap(std::string_view request_items) { return "{\"RequestItems\":" + std::string(request_items) + "}"; }

}  // namespace

std::string scan_request(const SegmentOf& segment, std::string_view start_key, ScanFor what) {
  std::string body = "{\"TableName\":";
  write_json_string(body, segment.table);
  body += ",\"ConsistentRead\":true,\"Segment\":" + std::to_string(segment.number) +
          ",\"TotalSegments\":" + std::to_string(segment.total);
  if (what == ScanFor::kCount) body += ",\"Select\":\"COUNT\"";
  if (!start_key.empty()) body.append(",\"ExclusiveStartKey\":").append(start_key);
  return body + "}";
}

std::optional<ScannedPage> parse_page(std::string_view answer) {
  if (!is_valid_utf8(answer)) return std::nullopt;
  Arena arena;
  JsonReader reader(answer, arena);
  ScannedPage page;
  std::int64_t count = -1;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == "Items" && reader.peek() == JsonReader::Kind::kArray) {
      std::string_view item;
      for (reader.begin_array(); reader.next_element() && reader.read_raw(item);) page.items.push_back(item);
    } else if (*name == "Count") {
      reader.read_integer(count);
    } else if (*name == "LastEvaluatedKey" && reader.peek() == JsonReader::Kind::kObject) {
      reader.read_raw(page.last_key);
    } else {
      reader.skip();
    }
  }
  if (reader.failed() || !reader.finish() || count < 0) return std::nullopt;
  page.count = static_cast<std::uint64_t>(count);
  return page;
}

std::string batch_request(std::string_view table, std::span<const std::string_view>& items) {
  std::string body = "{";
  write_json_string(body, table);
  body += ":[";
  std::size_t count = 0;
  for (; count < items.size() && count < kBatchItems; ++count) {
    if (count > 0 && body.size() + items[count].size() > kBatchBytes) break;
    body += count > 0 ? ",{\"PutRequest\":{\"Item\":" : "{\"PutRequest\":{\"Item\":";
    body.append(items[count]).append("}}");
  }
  items = items.subspan(count);
  return wrap(body + "]}");
}

std::optional<std::string> unprocessed(std::string_view answer) {
  if (!is_valid_utf8(answer)) return std::nullopt;
  Arena arena;
  JsonReader reader(answer, arena);
  std::string_view left;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == "UnprocessedItems" && reader.peek() == JsonReader::Kind::kObject) {
      reader.read_raw(left);
    } else {
      reader.skip();
    }
  }
  if (reader.failed()) return std::nullopt;
  return left.find('[') == std::string_view::npos ? "" : wrap(left);
}

Result<void> write_items(const Side& to, std::string_view table, std::span<const std::string_view> items) {
  while (!items.empty()) {
    std::string request = batch_request(table, items);
    for (unsigned tries = 1; !request.empty(); ++tries) {
      auto answer = to.call(Operation::kBatchWriteItem, request);
      if (!answer) return answer.error();
      auto left = unprocessed(*answer);
      if (!left) return copy_error(to.name() + ": BatchWriteItem: the answer is not understood");
      if (!left->empty() && !pause_before_next(tries))
        return copy_error(to.name() + ": BatchWriteItem: items stay unprocessed: the table's throughput is too low");
      request = std::move(*left);
    }
  }
  return {};
}

}  // namespace gatehouse::dynamo
