#include "copy_state.hpp"

#include "side.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace gatehouse::dynamo {
namespace {

void append_segment(std::string& to, const SegmentState& segment) {
  to += segment.done ? "{\"done\":true" : "{\"done\":false";
  if (!segment.last_key.empty()) to += ",\"last_key\":" + segment.last_key;
  to += '}';
}

void append_table(std::string& to, const TableState& table) {
  to += "{\"name\":";
  write_json_string(to, table.name);
  to += table.done ? ",\"done\":true" : ",\"done\":false";
  to += ",\"items\":" + std::to_string(table.items) + ",\"segments\":[";
  for (const SegmentState& segment : table.segments) {
    if (to.back() != '[') to += ',';
    append_segment(to, segment);
  }
  to += "]}";
}

void read_text(JsonReader& reader, std::string& to) {
  std::string_view text;
  if (reader.read_string(text)) to = text;
}

SegmentState read_segment(JsonReader& reader) {
  SegmentState segment;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    std::string_view raw;
    if (*name == "done") {
      reader.read_bool(segment.done);
    } else if (*name == "last_key" && reader.read_raw(raw)) {
      segment.last_key = raw;
    } else {
      reader.skip();
    }
  }
  return segment;
}

TableState read_table(JsonReader& reader) {
  TableState table;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    std::int64_t items = 0;
    if (*name == "name") {
      read_text(reader, table.name);
    } else if (*name == "done") {
      reader.read_bool(table.done);
    } else if (*name == "items") {
      if (reader.read_integer(items, "Long")) table.items = static_cast<std::uint64_t>(items);
    } else if (*name == "segments") {
      for (reader.begin_array(); reader.next_element();) table.segments.push_back(read_segment(reader));
    } else {
      reader.skip();
    }
  }
  return table;
}

}  // namespace

TableState* CopyState::find(const std::string& name) {
  const auto found = std::ranges::find(tables, name, &TableState::name);
  return found == tables.end() ? nullptr : &*found;
}

std::string write_copy_state(const CopyState& state) {
  std::string to = "{\"gatehouse_store_copy\":1,\"from\":";
  write_json_string(to, state.from);
  to += ",\"to\":";
  write_json_string(to, state.to);
  to += ",\"tables\":[";
  for (const TableState& table : state.tables) {
    if (to.back() != '[') to += ',';
    append_table(to, table);
  }
  return to + "]}\n";
}

std::optional<CopyState> parse_copy_state(std::string_view json) {
  if (!is_valid_utf8(json)) return std::nullopt;
  Arena arena;
  JsonReader reader(json, arena);
  CopyState state;
  std::int64_t version = 0;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == "gatehouse_store_copy") {
      reader.read_integer(version);
    } else if (*name == "from") {
      read_text(reader, state.from);
    } else if (*name == "to") {
      read_text(reader, state.to);
    } else if (*name == "tables") {
      for (reader.begin_array(); reader.next_element();) state.tables.push_back(read_table(reader));
    } else {
      reader.skip();
    }
  }
  if (reader.failed() || !reader.finish() || version != 1) return std::nullopt;
  return state;
}

Result<std::optional<CopyState>> load_copy_state(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::optional<CopyState>();
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto state = parse_copy_state(text);
  if (!state) return copy_error(path + " is not the state of a copy that this version can go on with");
  return state;
}

Result<void> save_copy_state(const std::string& path, const CopyState& state) {
  const std::string beside = path + ".new";
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file << write_copy_state(state);
    file.flush();
    if (!file) return copy_error("cannot write " + beside + ": " + std::strerror(errno));
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) return copy_error("cannot write " + path + ": " + std::strerror(errno));
  return {};
}

}  // namespace gatehouse::dynamo
