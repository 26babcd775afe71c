#include "gatehouse/base/memory_gauge.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse {
namespace {

// A little tree of /proc and /sys.
class MemoryGaugeTest : public ::testing::Test {
 protected:
  MemoryGaugeTest() : root_(std::filesystem::temp_directory_path() / ("memory_gauge_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(root_);
    write("/proc/meminfo", "MemTotal:       16384000 kB\nMemFree:        1 kB\n");
    write("/proc/self/statm", "1000 500 200 50 0 300 0\n");
  }
  ~MemoryGaugeTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = root_.string() + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  const std::filesystem::path root_;
};

TEST_F(MemoryGaugeTest, FindsNoBoundOnAMachineWithoutOne) {
  write("/proc/self/cgroup", "0::/user.slice\n");
  write("/sys/fs/cgroup/user.slice/memory.max", "max\n");
  const MemoryGauge gauge(root_);
  EXPECT_EQ(gauge.group_limit(), 0u);
  EXPECT_EQ(gauge.physical(), std::uint64_t{16384000} * 1024);
}

TEST_F(MemoryGaugeTest, CountsWhatTheProcessHasForItself) {
  EXPECT_EQ(MemoryGauge(root_).process_use(), 300u * static_cast<unsigned>(::sysconf(_SC_PAGESIZE)));
}

TEST_F(MemoryGaugeTest, TakesTheTightestBoundOfTheGroupsAboveAndLeavesTheFileCacheOut) {
  write("/proc/self/cgroup", "0::/a/b\n");
  write("/sys/fs/cgroup/a/b/memory.max", "4000\n");
  write("/sys/fs/cgroup/a/memory.max", "3000\n");
  write("/sys/fs/cgroup/a/memory.current", "2500\n");
  write("/sys/fs/cgroup/a/memory.stat", "anon 1000\nfile 900\ninactive_anon 7\ninactive_file 400\nactive_file 300\n");
  const MemoryGauge gauge(root_);
  EXPECT_EQ(gauge.group_limit(), 3000u);
  EXPECT_EQ(gauge.group_use(), 1800u);
}

TEST_F(MemoryGaugeTest, FindsTheContainersOwnBoundWhereThePathIsThatOfTheHost) {
  write("/proc/self/cgroup", "0::/docker/0123\n");
  write("/sys/fs/cgroup/memory.max", "1000\n");
  write("/sys/fs/cgroup/memory.current", "600\n");
  const MemoryGauge gauge(root_);
  EXPECT_EQ(gauge.group_limit(), 1000u);
  EXPECT_EQ(gauge.group_use(), 600u);
}

TEST_F(MemoryGaugeTest, ReadsVersionOneOfControlGroups) {
  write("/proc/self/cgroup", "12:cpu,cpuacct:/x\n5:memory:/x\n");
  write("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "5000\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("/sys/fs/cgroup/memory/x/memory.usage_in_bytes", "2000\n");
  write("/sys/fs/cgroup/memory/x/memory.stat", "inactive_file 1\ntotal_inactive_file 500\ntotal_active_file 100\n");
  const MemoryGauge gauge(root_);
  EXPECT_EQ(gauge.group_limit(), 5000u);
  EXPECT_EQ(gauge.group_use(), 1400u);
}

TEST_F(MemoryGaugeTest, ReadsTheRealProcess) {
  const MemoryGauge gauge;
  EXPECT_GT(gauge.physical(), 0u);
  const std::uint64_t before = gauge.process_use();
  const std::vector<char> touched(64 << 20, 'x');
  EXPECT_GE(gauge.process_use(), before + (60u << 20));
  EXPECT_EQ(touched.back(), 'x');
}

}  // namespace
}  // namespace gatehouse
