#include "row_codec.hpp"

#include <charconv>

namespace gatehouse::dynamo {
namespace {

std::string catalogue_prefix(RowKind kind) {
  std::string key(4, '\0');
  key.push_back(static_cast<char>(kind));
  return key;
}

KeyPart read_part(const Map& map) {
  const RowReader reader(map);
  return {reader.text("name"), static_cast<KeyType>(reader.integer("type"))};
}

}  // namespace

void append_u32(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

void append_u64(std::string& to, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

std::uint32_t load_big_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint64_t load_big_u64(std::string_view bytes) {
  return static_cast<std::uint64_t>(load_big_u32(bytes)) << 32 | load_big_u32(bytes.substr(4));
}

std::string catalogue_key(RowKind kind, std::string_view name) { return catalogue_prefix(kind).append(name); }

std::string catalogue_key(RowKind kind, std::uint32_t first) {
  std::string key = catalogue_prefix(kind);
  append_u32(key, first);
  return key;
}

std::string catalogue_key(RowKind kind, std::uint32_t first, std::uint32_t second) {
  std::string key = catalogue_key(kind, first);
  append_u32(key, second);
  return key;
}

std::int64_t milliseconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime time_of(std::int64_t milliseconds) { return WallTime(std::chrono::milliseconds(milliseconds)); }

void RowWriter::text(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  this->name(name);
  writer_.string(value);
}

void RowWriter::bytes(std::string_view name, std::string_view value) {
  this->name(name);
  writer_.binary(value);
}

void RowWriter::integer(std::string_view name, std::int64_t value, std::int64_t usual) {
  if (value == usual) return;
  this->name(name);
  writer_.number(std::to_string(value));
}

void RowWriter::flag(std::string_view name, bool value) {
  if (!value) return;
  this->name(name);
  writer_.boolean(true);
}

void RowWriter::time(std::string_view name, WallTime value) { integer(name, milliseconds_of(value)); }

void RowWriter::write_part(const KeyPart& part) {
  ValueWriter::Open map = writer_.begin_map();
  writer_.name(map, "name");
  writer_.string(part.attribute);
  writer_.name(map, "type");
  writer_.number(std::to_string(static_cast<int>(part.type)));
  writer_.end_map(map);
}

void RowWriter::part(std::string_view name, const KeyPart& part) {
  this->name(name);
  write_part(part);
}

void RowWriter::parts(std::string_view name, const std::vector<KeyPart>& parts) {
  this->name(name);
  ValueWriter::Open list = writer_.begin_list();
  for (const KeyPart& part : parts) {
    write_part(part);
    ++list.count;
  }
  writer_.end_list(list);
}

void RowWriter::texts(std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  this->name(name);
  ValueWriter::Open list = writer_.begin_list();
  for (const std::string& text : texts) {
    writer_.string(text);
    ++list.count;
  }
  writer_.end_list(list);
}

void RowWriter::throughput(std::string_view name, const Throughput& value) {
  this->name(name);
  ValueWriter::Open map = writer_.begin_map();
  writer_.name(map, "read");
  writer_.number(std::to_string(value.read));
  writer_.name(map, "write");
  writer_.number(std::to_string(value.write));
  writer_.end_map(map);
}

void RowWriter::begin_list(std::string_view name) {
  this->name(name);
  list_ = writer_.begin_list();
}

void RowWriter::begin_element() {
  element_ = writer_.begin_map();
  in_element_ = true;
}

void RowWriter::end_element() {
  writer_.end_map(element_);
  in_element_ = false;
  ++list_.count;
}

void RowWriter::end_list() { writer_.end_list(list_); }

std::string_view RowWriter::finish() {
  writer_.end_item(open_);
  return bytes_;
}

std::string RowReader::text(std::string_view name) const {
  const Value value = row_.find(name);
  return value && value.type() == Type::kString ? std::string(value.text()) : std::string();
}

std::string RowReader::bytes(std::string_view name) const {
  const Value value = row_.find(name);
  return value && value.type() == Type::kBinary ? std::string(value.text()) : std::string();
}

std::int64_t RowReader::integer(std::string_view name, std::int64_t usual) const {
  const Value value = row_.find(name);
  if (!value || value.type() != Type::kNumber) return usual;
  std::int64_t number = usual;
  const std::string_view text = value.text();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool RowReader::flag(std::string_view name) const {
  const Value value = row_.find(name);
  return value && value.type() == Type::kBool && value.boolean();
}

KeyPart RowReader::part(std::string_view name) const {
  const Value value = row_.find(name);
  return value && value.type() == Type::kMap ? read_part(value.map()) : KeyPart{};
}

std::vector<KeyPart> RowReader::parts(std::string_view name) const {
  std::vector<KeyPart> parts;
  const Value value = row_.find(name);
  if (!value || value.type() != Type::kList) return parts;
  for (const Value each : value.list())
    if (each.type() == Type::kMap) parts.push_back(read_part(each.map()));
  return parts;
}

std::vector<std::string> RowReader::texts(std::string_view name) const {
  std::vector<std::string> texts;
  const Value value = row_.find(name);
  if (!value || value.type() != Type::kList) return texts;
  for (const Value each : value.list())
    if (each.type() == Type::kString) texts.emplace_back(each.text());
  return texts;
}

Throughput RowReader::throughput(std::string_view name, Throughput usual) const {
  const Value value = row_.find(name);
  if (!value || value.type() != Type::kMap) return usual;
  const RowReader reader(value.map());
  return {reader.integer("read"), reader.integer("write")};
}

}  // namespace gatehouse::dynamo
