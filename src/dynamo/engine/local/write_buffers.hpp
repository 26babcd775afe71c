// Memory of a write that a thread keeps from request to request.
#pragma once

#include <string>

namespace gatehouse::dynamo {

struct WriteBuffers {
  std::string row_key;
  std::string before;
  std::string after;
};

// This thread's, emptied. One request at a time.
inline WriteBuffers& fresh_write_buffers() {
  constexpr std::size_t kKeptBytes = 1024 * 1024;
  static thread_local WriteBuffers buffers;
  for (std::string* bytes : {&buffers.row_key, &buffers.before, &buffers.after}) {
    if (bytes->capacity() > kKeptBytes) std::string().swap(*bytes);
    bytes->clear();
  }
  return buffers;
}

}  // namespace gatehouse::dynamo
