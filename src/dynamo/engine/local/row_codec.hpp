// Rows of the engine itself (tables, streams, backups, transfers): one encoded item each, so that members can be added, under
// kCatalogueTable. Pure functions.
#pragma once

#include "table.hpp"

#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// The first byte behind kCatalogueTable.
enum class RowKind : char {
  kMeta = 'M',      // the next numbers to give out, format version
  kTable = 'T',     // name
  kStream = 'S',    // stream u32
  kShard = 'H',     // stream u32, shard u32
  kHorizon = 'Z',   // stream u32: what is at or below is trimmed
  kCounters = 'C',  // table u32: only while the store is closed
  kExport = 'E',    // id
  kImport = 'I',    // id
  kToken = 'K',     // ClientRequestToken
};

std::string catalogue_key(RowKind kind, std::string_view name = {});
std::string catalogue_key(RowKind kind, std::uint32_t first);
std::string catalogue_key(RowKind kind, std::uint32_t first, std::uint32_t second);
void append_u32(std::string& to, std::uint32_t value);  // big-endian
void append_u64(std::string& to, std::uint64_t value);
std::uint32_t load_big_u32(std::string_view bytes);  // REQUIRES: that many bytes
std::uint64_t load_big_u64(std::string_view bytes);

std::int64_t milliseconds_of(WallTime time);
WallTime time_of(std::int64_t milliseconds);

// Writes one row, member by member. Members that hold their default are left out.
class RowWriter {
 public:
  RowWriter() : open_(writer_.begin_item()) {}
  void text(std::string_view name, std::string_view value);
  void bytes(std::string_view name, std::string_view value);
  void integer(std::string_view name, std::int64_t value, std::int64_t usual = 0);
  void flag(std::string_view name, bool value);
  void time(std::string_view name, WallTime value);
  void part(std::string_view name, const KeyPart& part);
  void parts(std::string_view name, const std::vector<KeyPart>& parts);
  void texts(std::string_view name, const std::vector<std::string>& texts);
  void throughput(std::string_view name, const Throughput& value);
  // Lists of maps: begin, then for each element begin_map .. end_map.
  void begin_list(std::string_view name);
  void begin_element();
  void end_element();
  void end_list();
  // The row is complete.
  std::string_view finish();

 private:
  void name(std::string_view name) { writer_.name(in_element_ ? element_ : open_, name); }
  void write_part(const KeyPart& part);

  std::string bytes_;
  ValueWriter writer_{bytes_};
  ValueWriter::Open open_, list_{}, element_{};
  bool in_element_ = false;
};

// Reads members of a row; what is absent or of another type has its default.
class RowReader {
 public:
  explicit RowReader(const Map& row) : row_(row) {}
  std::string text(std::string_view name) const;
  std::string bytes(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t usual = 0) const;
  bool flag(std::string_view name) const;
  WallTime time(std::string_view name) const { return time_of(integer(name)); }
  KeyPart part(std::string_view name) const;
  std::vector<KeyPart> parts(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  Throughput throughput(std::string_view name, Throughput usual = {}) const;
  Value value(std::string_view name) const { return row_.find(name); }

 private:
  Map row_;
};

void encode_table(const Table& table, RowWriter& to);
// The counters are fresh.
Table decode_table(const Map& row);

}  // namespace gatehouse::dynamo
