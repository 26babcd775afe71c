// What GetRecords answers, as changes. One thread.
#pragma once

#include "feed.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wsapi {

struct StreamPage {
  // More may be there than one answer holds.
  static constexpr std::size_t kMostRecords = 1000;
  static constexpr std::size_t kMuchText = 512 * 1024;

  std::vector<Change> changes;
  std::string next;  // the iterator; empty: the shard is at its end
  bool full = false;
  std::deque<std::string> images;  // what the changes look at
};

// False when it is no such answer.
bool read_stream_page(std::string_view answer, StreamPage& to);

}  // namespace gatehouse::wsapi
