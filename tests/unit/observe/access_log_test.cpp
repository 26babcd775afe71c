#include "gatehouse/observe/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gatehouse::observe {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDropped = "gatehouse_access_log_dropped_total";

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / ("access_log_" + std::to_string(::getpid()) + "_" + info->name());
    fs::create_directories(folder_);
  }
  ~AccessLogTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name = "access.log") const { return (folder_ / name).string(); }
  std::shared_ptr<AccessLog> open(const std::string& to, unsigned workers = 1, std::size_t ring_bytes = 1 << 16) {
    auto opened = AccessLog::open({true, to}, workers, registry_, ring_bytes);
    EXPECT_TRUE(opened.has_value());
    return *opened;
  }
  std::uint64_t dropped() { return registry_.counter(kDropped, "").sum(); }

  static bool put(AccessLog& log, unsigned worker, std::string_view line) {
    char* const room = log.reserve(worker, line.size());
    if (room == nullptr) return false;
    std::memcpy(room, line.data(), line.size());
    log.commit(worker, line.size());
    return true;
  }
  static std::string content(const std::string& name) {
    std::ifstream stream(name);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  fs::path folder_;
  Registry registry_{4};
};

// A named pipe with a reader that reads when it is told to.
class SlowReader {
 public:
  explicit SlowReader(const std::string& name) {
    EXPECT_EQ(::mkfifo(name.c_str(), 0600), 0);
    attach(name);
  }
  ~SlowReader() { leave(); }
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;

  void attach(const std::string& name) {
    fd_ = ::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(fd_, 0);
  }
  void leave() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void hold_one_page() const { EXPECT_EQ(::fcntl(fd_, F_SETPIPE_SZ, 4096), 4096); }
  void wait() const {
    pollfd readable{fd_, POLLIN, 0};
    EXPECT_EQ(::poll(&readable, 1, 10'000), 1);
  }
  std::string read_all() {
    std::string text;
    std::array<char, 65536> bytes;
    while (true) {
      const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
      if (got <= 0) return text;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_ = -1;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_F(AccessLogTest, WritesWhatWasCommittedByTheTimeOfAFlush) {
  const auto log = open(file());
  EXPECT_TRUE(put(*log, 0, "one\n"));
  EXPECT_TRUE(put(*log, 0, "two\n"));
  log->flush();
  EXPECT_EQ(content(file()), "one\ntwo\n");
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(AccessLogTest, AppendsToAnExistingFileAndWritesTheRestWhenItEnds) {
  std::ofstream(file()) << "before\n";
  auto log = open(file());
  put(*log, 0, "after\n");
  log.reset();
  EXPECT_EQ(content(file()), "before\nafter\n");
}

TEST_F(AccessLogTest, KeepsEveryLineWholeAndInOrderThroughManyTurnsOfASmallRing) {
  const auto log = open(file(), 1, 4096);
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string line = std::to_string(i) + std::string(static_cast<std::size_t>(i * 37 % 301), 'x') + '\n';
    while (!put(*log, 0, line)) log->flush();
    expected += line;
  }
  log->flush();
  EXPECT_EQ(content(file()), expected);
}

TEST_F(AccessLogTest, TakesLinesOfManyWorkersAtOnce) {
  constexpr unsigned kWorkers = 4;
  constexpr int kLines = 3000;
  const auto log = open(file(), kWorkers, 1 << 20);
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&log, worker] {
      for (int i = 0; i < kLines; ++i) {
        EXPECT_TRUE(put(*log, worker, std::to_string(worker) + " " + std::to_string(i) + "\n"));
      }
    });
  }
  for (auto& worker : workers) worker.join();
  log->flush();
  std::array<int, kWorkers> next{};
  for (const std::string& line : lines_of(content(file()))) {
    unsigned worker = 0;
    int number = 0;
    ASSERT_TRUE(std::istringstream(line) >> worker >> number);
    ASSERT_LT(worker, kWorkers);
    EXPECT_EQ(number, next[worker]++);
  }
  EXPECT_EQ(next, (std::array<int, kWorkers>{kLines, kLines, kLines, kLines}));
}

TEST_F(AccessLogTest, DropsAndCountsLinesWhileNobodyReadsAndLosesNoneThatItTook) {
  SlowReader reader(file());
  const auto log = open(file(), 1, 1 << 15);
  const std::string line(999, 'x');
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  // More than pipe and ring hold together.
  while (refused < 10) {
    if (put(*log, 0, line + "\n")) {
      ++taken;
    } else {
      ++refused;
    }
  }
  EXPECT_EQ(dropped(), refused);
  std::string text;
  while (text.size() < taken * 1000) text += reader.read_all();
  EXPECT_EQ(text.size(), taken * 1000);
  for (const std::string& each : lines_of(text)) EXPECT_EQ(each, line);
  EXPECT_TRUE(put(*log, 0, "again\n"));
  log->flush();
  EXPECT_EQ(reader.read_all(), "again\n");
}

TEST_F(AccessLogTest, CountsWhatAnOutputRefusesForGood) {
  const auto log = open("/dev/full");
  put(*log, 0, "one\n");
  put(*log, 0, "two\n");
  log->flush();
  EXPECT_EQ(dropped(), 2u);
  put(*log, 0, "three\n");
  log->flush();
  EXPECT_EQ(dropped(), 3u);
}

TEST_F(AccessLogTest, GoesOnWithAWholeLineAfterItsReaderWentInTheMiddleOfOne) {
  SlowReader reader(file());
  reader.hold_one_page();
  const auto log = open(file());
  const std::string line(6999, 'x');
  put(*log, 0, line + "\n");
  reader.wait();
  reader.leave();
  log->flush();
  EXPECT_EQ(dropped(), 1u);
  reader.attach(file());
  const std::string cut = reader.read_all();
  EXPECT_EQ(cut, line.substr(0, 4096));
  put(*log, 0, "whole\n");
  log->flush();
  EXPECT_EQ(reader.read_all(), "\nwhole\n");
}

TEST_F(AccessLogTest, GivesUpWaitingForAnOutputThatIsStuck) {
  SlowReader reader(file());
  auto log = open(file(), 1, 1 << 18);
  while (put(*log, 0, std::string(999, 'x') + "\n")) {
  }
  log->flush();
  log.reset();
  EXPECT_GE(dropped(), 1u);
}

TEST_F(AccessLogTest, WritesToTheNewFileOnceReopened) {
  const auto log = open(file());
  put(*log, 0, "old\n");
  log->flush();
  fs::rename(file(), file("rotated"));
  put(*log, 0, "still old\n");
  log->reopen();
  log->flush();
  put(*log, 0, "new\n");
  log->flush();
  EXPECT_EQ(content(file("rotated")), "old\nstill old\n");
  EXPECT_EQ(content(file()), "new\n");
}

TEST_F(AccessLogTest, KeepsTheOldFileWhenTheNewOneCannotBeOpened) {
  fs::create_directory(folder_ / "logs");
  const std::string name = (folder_ / "logs" / "access.log").string();
  const auto log = open(name);
  fs::rename(folder_ / "logs", folder_ / "moved");
  log->reopen();
  log->flush();
  put(*log, 0, "line\n");
  log->flush();
  EXPECT_EQ(content((folder_ / "moved" / "access.log").string()), "line\n");
}

TEST_F(AccessLogTest, TakesNothingWhenItIsNotEnabled) {
  const auto opened = AccessLog::open({false, file()}, 1, registry_);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ((*opened)->reserve(0, 10), nullptr);
  (*opened)->reopen();
  (*opened)->flush();
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(AccessLogTest, FailsWithTheNameOfAFileThatCannotBeOpened) {
  const auto opened = AccessLog::open({true, "/nonexistent/access.log"}, 1, registry_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message().find("/nonexistent/access.log"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::observe
