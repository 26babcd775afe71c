// How far a copy has come: a file that is replaced as a whole. One thread.
#pragma once

#include "gatehouse/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::dynamo {

struct SegmentState {
  std::string last_key;  // JSON of the ExclusiveStartKey to go on with; empty: from the beginning
  bool done = false;
};

struct TableState {
  std::string name;
  bool done = false;
  std::uint64_t items = 0;
  std::vector<SegmentState> segments;
};

struct CopyState {
  std::string from, to;
  std::vector<TableState> tables;
  TableState* find(const std::string& name);
};

std::string write_copy_state(const CopyState& state);
std::optional<CopyState> parse_copy_state(std::string_view json);

// Nothing when there is no such file. The error names the file that is none of these.
Result<std::optional<CopyState>> load_copy_state(const std::string& path);
// Written beside it and renamed: never half a file.
Result<void> save_copy_state(const std::string& path, const CopyState& state);

}  // namespace gatehouse::dynamo
