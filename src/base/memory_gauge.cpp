#include "gatehouse/base/memory_gauge.hpp"


#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace gatehouse {
namespace {

// A group without a bound says "max" (version 2) or a number near the largest (version 1).
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;

// 0 when there is no number.
std::uint64_t read_number(const std::string& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  return in >> number ? number : 0;
}

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

MemoryGauge::MemoryGauge(const std::string& root) : statm_(root + "/proc/self/statm") {
  std::ifstream meminfo(root + "/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  if (meminfo >> name >> kilobytes) physical_ = kilobytes * 1024;  // MemTotal stands first
  find_group(root);
}

// The group's path is that of the whole tree; in a container it may not be visible, and the mount's root is the group.
void MemoryGauge::find_group(const std::string& root) {
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    const bool v2 = controllers.empty();
    if (!v2 && controllers != "memory") continue;
    const std::string mount = root + (v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
    while (true) {
      while (path.ends_with('/')) path.pop_back();
      consider(v2 ? Group{mount + path, "/memory.max", "/memory.current", ""}
                  : Group{mount + path, "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_"});
      if (path.empty()) break;
      path.resize(path.find_last_of('/'));
    }
  }
}

void MemoryGauge::consider(Group group) {
  const std::uint64_t limit = read_number(group.folder + group.limit_file);
  if (limit == 0 || limit >= kNoLimit || (group_limit_ != 0 && limit >= group_limit_)) return;
  group_limit_ = limit;
  group_ = std::move(group);
}

std::uint64_t MemoryGauge::process_use() const {
  std::ifstream in(statm_);
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t of_files = 0;
  if (!(in >> size >> resident >> of_files)) return 0;
  return (resident - std::min(resident, of_files)) * page_bytes();
}

std::uint64_t MemoryGauge::group_use() const {
  const std::uint64_t all = read_number(group_.folder + group_.use_file);
  std::ifstream stat(group_.folder + "/memory.stat");
  const std::string active = std::string(group_.prefix) + "active_file";
  const std::string inactive = std::string(group_.prefix) + "inactive_file";
  std::uint64_t cached = 0;
  std::string name;
  for (std::uint64_t bytes = 0; stat >> name >> bytes;) {
    if (name == active || name == inactive) cached += bytes;
  }
  return all - std::min(all, cached);
}

}  // namespace gatehouse
