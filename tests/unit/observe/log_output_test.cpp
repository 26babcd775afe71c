#include "observe/log_output.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

namespace gatehouse::observe {
namespace {

// Puts another descriptor in the place of this process's standard error for a while.
class AsStderr {
 public:
  explicit AsStderr(int fd) : before_(::dup(STDERR_FILENO)) { ::dup2(fd, STDERR_FILENO); }
  ~AsStderr() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  AsStderr(const AsStderr&) = delete;
  AsStderr& operator=(const AsStderr&) = delete;

 private:
  int before_;
};

struct Ends {
  int read;
  int write;
  ~Ends() {
    ::close(read);
    ::close(write);
  }
};

LogOutput open_stderr(int fd) {
  const AsStderr redirected(fd);
  auto opened = LogOutput::open("stderr");
  EXPECT_TRUE(opened.has_value());
  return std::move(*opened);
}

LogOutput::Written write(LogOutput& output, std::string_view text) {
  const iovec piece{const_cast<char*>(text.data()), text.size()};
  return output.write({&piece, 1});
}

std::string read_some(int fd) {
  std::array<char, 4096> bytes;
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

// Until it takes no more. Fails the test instead of blocking for ever: ctest's timeout.
std::size_t fill(LogOutput& output) {
  const std::string block(100'000, 'x');
  std::size_t total = 0;
  while (true) {
    const auto written = write(output, block);
    total += written.bytes;
    if (written.status != LogOutput::Status::kOk) {
      EXPECT_EQ(written.status, LogOutput::Status::kBlocked);
      return total;
    }
  }
}

TEST(LogOutputTest, WritesToAPipeWithoutBlockingOrTouchingTheSharedStream) {
  std::array<int, 2> fds;
  ASSERT_EQ(::pipe(fds.data()), 0);
  const Ends ends{fds[0], fds[1]};
  LogOutput output = open_stderr(ends.write);
  EXPECT_EQ(::fcntl(ends.write, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(write(output, "line\n").bytes, 5u);
  EXPECT_EQ(read_some(ends.read), "line\n");
  EXPECT_GE(fill(output), 4096u);
  EXPECT_EQ(::fcntl(ends.write, F_GETFL) & O_NONBLOCK, 0);
}

// As a service whose output pipe was made by another user.
TEST(LogOutputTest, DoesNotBlockOnAPipeThatItMayNotOpenAgain) {
  constexpr uid_t kNobody = 65534;
  std::array<int, 2> fds;
  ASSERT_EQ(::pipe(fds.data()), 0);
  const Ends ends{fds[0], fds[1]};
  ASSERT_EQ(::fchmod(ends.write, 0), 0);
  const uid_t before = ::geteuid();
  ASSERT_EQ(::seteuid(before == 0 ? kNobody : before), 0);
  LogOutput output = open_stderr(ends.write);
  ASSERT_EQ(::seteuid(before), 0);
  EXPECT_EQ(write(output, "line\n").bytes, 5u);
  EXPECT_EQ(read_some(ends.read), "line\n");
  EXPECT_GE(fill(output), 4096u);
  EXPECT_EQ(::fcntl(ends.write, F_GETFL) & O_NONBLOCK, 0);
}

TEST(LogOutputTest, SaysThatAPipesReaderHasGone) {
  ::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> fds;
  ASSERT_EQ(::pipe(fds.data()), 0);
  LogOutput output = open_stderr(fds[1]);
  ::close(fds[0]);
  const auto written = write(output, "line\n");
  EXPECT_EQ(written.status, LogOutput::Status::kFailed);
  EXPECT_EQ(written.error, EPIPE);
  ::close(fds[1]);
}

TEST(LogOutputTest, WritesToASocketWithoutBlocking) {
  std::array<int, 2> fds;
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  const Ends ends{fds[0], fds[1]};
  LogOutput output = open_stderr(ends.write);
  EXPECT_EQ(write(output, "line\n").bytes, 5u);
  EXPECT_EQ(read_some(ends.read), "line\n");
  EXPECT_GE(fill(output), 4096u);
  EXPECT_EQ(::fcntl(ends.write, F_GETFL) & O_NONBLOCK, 0);
}

TEST(LogOutputTest, SharesThePositionOfARedirectedFile) {
  const std::string name = testing::TempDir() + "log_output_shared_" + std::to_string(::getpid());
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_GE(file, 0);
  LogOutput output = open_stderr(file);
  write(output, "ours\n");
  ASSERT_EQ(::write(file, "theirs\n", 7), 7);
  write(output, "ours again\n");
  EXPECT_EQ(::lseek(file, 0, SEEK_SET), 0);
  EXPECT_EQ(read_some(file), "ours\ntheirs\nours again\n");
  ::close(file);
  std::filesystem::remove(name);
}

TEST(LogOutputTest, NamesTheFileThatCannotBeOpened) {
  const auto opened = LogOutput::open("/nonexistent/folder/access.log");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().reason(), "access_log_unavailable");
  EXPECT_EQ(opened.error().message(),
            "cannot open the access log '/nonexistent/folder/access.log': No such file or directory");
}

}  // namespace
}  // namespace gatehouse::observe
