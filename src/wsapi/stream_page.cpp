#include "stream_page.hpp"

#include "gatehouse/dynamo/wire/json_reader.hpp"

namespace gatehouse::wsapi {
namespace {

using dynamo::JsonReader;
using dynamo::Map;

Map read_image(JsonReader& reader, StreamPage& page) {
  std::string& bytes = page.images.emplace_back();
  dynamo::ValueWriter writer(bytes);
  return reader.read_item(writer) && !bytes.empty() ? Map::item(bytes) : Map();
}

void read_images(JsonReader& reader, StreamPage& page, Change& change) {
  reader.begin_object();
  while (const auto name = reader.next_name()) {
    if (*name == "Keys") {
      change.keys = read_image(reader, page);
    } else if (*name == "NewImage") {
      change.after = read_image(reader, page);
    } else if (*name == "OldImage") {
      change.before = read_image(reader, page);
    } else {
      reader.skip();
    }
  }
}

void read_record(JsonReader& reader, StreamPage& page) {
  Change& change = page.changes.emplace_back();
  reader.begin_object();
  while (const auto name = reader.next_name()) {
    if (*name == "eventName") {
      std::string_view event;
      reader.read_string(event);
      change.kind = event == "INSERT" ? ChangeKind::kInsert : event == "MODIFY" ? ChangeKind::kModify : ChangeKind::kRemove;
    } else if (*name == "dynamodb") {
      read_images(reader, page, change);
    } else {
      reader.skip();
    }
  }
}

}  // namespace

bool read_stream_page(std::string_view answer, StreamPage& to) {
  if (!dynamo::is_valid_utf8(answer)) return false;
  Arena arena;
  JsonReader reader(answer, arena);
  reader.begin_object();
  while (const auto name = reader.next_name()) {
    if (*name == "Records") {
      reader.begin_array();
      while (reader.next_element()) read_record(reader, to);
    } else if (*name == "NextShardIterator" && !reader.skip_null()) {
      std::string_view next;
      reader.read_string(next);
      to.next = next;
    } else if (*name != "NextShardIterator") {
      reader.skip();
    }
  }
  reader.finish();
  to.full = to.changes.size() >= StreamPage::kMostRecords || answer.size() >= StreamPage::kMuchText;
  return !reader.fault();
}

}  // namespace gatehouse::wsapi
