// How much memory there is for the process and how much of it is in use, as Linux tells: by the control group (version 2
// or 1) that bounds it, else by the machine. Made once; reading it costs a few system calls. One thread at a time.
#pragma once

#include <cstdint>
#include <string>

namespace gatehouse {

class MemoryGauge {
 public:
  // `root` stands before /proc and /sys, for tests.
  explicit MemoryGauge(const std::string& root = {});

  // The tightest bound of the group and those around it; 0: none.
  std::uint64_t group_limit() const { return group_limit_; }
  // Of the machine.
  std::uint64_t physical() const { return physical_; }

  // Bytes that would have to be freed, not written back or read again: what the process has for itself.
  std::uint64_t process_use() const;
  // Of all in the group that has the bound, kernel buffers included, without the file cache. REQUIRES: group_limit() > 0.
  std::uint64_t group_use() const;

 private:
  struct Group {
    std::string folder;
    const char* limit_file;
    const char* use_file;
    const char* prefix;  // of the lines of memory.stat
  };
  void find_group(const std::string& root);
  void consider(Group group);

  std::string statm_;
  std::uint64_t physical_ = 0;
  std::uint64_t group_limit_ = 0;
  Group group_{};
};

}  // namespace gatehouse
