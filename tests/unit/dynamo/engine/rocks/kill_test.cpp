// kill -9 at any moment: a child process writes and reports what was acknowledged over a pipe, the parent kills it and looks.
// The child is this test binary again, since threads do not survive a fork: KillChild runs before any test when asked to.
#include "support/temporary_folder.hpp"

#include "gatehouse/dynamo/engine/storage.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::dynamo {
namespace {

constexpr int kThreads = 4;
constexpr int kPipe = 100;  // where the child reports: a number that nothing else gets
constexpr const char* kFolder = "GATEHOUSE_KILL_TEST_FOLDER";
constexpr const char* kDurability = "GATEHOUSE_KILL_TEST_DURABILITY";

EmbeddedSettings settings(const std::string& folder, Durability durability) {
  EmbeddedSettings settings;
  settings.path = folder;
  settings.durability = durability;
  settings.cache = kMiB;
  settings.write_buffer = kMiB;
  return settings;
}

std::string value_of(const std::string& key, std::size_t number) { return key + std::string(number % 3000, 'v'); }

// Until it is killed.
[[noreturn]] void write_for_ever(const std::string& folder, Durability durability) {
  const std::unique_ptr<Storage> storage = std::move(open_rocks(settings(folder, durability)).value());
  const std::string run = std::to_string(::getpid());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0;; ++i) {
        const std::string key = run + "." + std::to_string(t) + "." + std::to_string(i);
        Batch batch;
        batch.put(Family::kData, key, value_of(key, i));
        batch.put(Family::kLog, key, key);
        const CommitNumber number = storage->write(batch, Patience::kAllowed).value();
        storage->wait_durable(number).value();
        const std::string line = key + "\n";
        if (::write(kPipe, line.data(), line.size()) < 0) ::_exit(1);  // whole: shorter than PIPE_BUF
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(1);
}

class KillChild final : public testing::Environment {
 public:
  void SetUp() override {
    const char* folder = std::getenv(kFolder);
    if (folder != nullptr) write_for_ever(folder, static_cast<Durability>(std::atoi(std::getenv(kDurability))));
  }
};
const testing::Environment* const kChild = testing::AddGlobalTestEnvironment(new KillChild);

struct Child {
  pid_t pid = 0;
  int pipe = -1;
};

Child start_child(const std::string& folder, Durability durability) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kPipe);
  std::string name = "kill_test_child";
  std::string filter = "--gtest_filter=KillTest*:*/KillTest*";
  std::string in = std::string(kFolder) + "=" + folder;
  std::string how = std::string(kDurability) + "=" + std::to_string(static_cast<int>(durability));
  char* arguments[] = {name.data(), filter.data(), nullptr};
  std::vector<char*> environment{in.data(), how.data()};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::string_view(*variable).find("SAN_OPTIONS=") != std::string_view::npos) environment.push_back(*variable);
  }
  environment.push_back(nullptr);
  Child child;
  EXPECT_EQ(::posix_spawn(&child.pid, "/proc/self/exe", &actions, nullptr, arguments, environment.data()), 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  child.pipe = ends[0];
  return child;
}

// Kills it after `count` reports; everything that it had reported by then.
std::vector<std::string> kill_after(Child child, std::size_t count) {
  std::string text;
  bool killed = false;
  std::size_t lines = 0;
  char chunk[4096];
  for (ssize_t bytes = 0; (bytes = ::read(child.pipe, chunk, sizeof chunk)) > 0;) {
    for (ssize_t i = 0; i < bytes; ++i) lines += chunk[i] == '\n' ? 1 : 0;
    text.append(chunk, static_cast<std::size_t>(bytes));
    if (lines >= count && !killed) {
      killed = true;
      ::kill(child.pid, SIGKILL);
    }
  }
  EXPECT_TRUE(killed) << "the child ended by itself";
  ::close(child.pipe);
  int status = 0;
  EXPECT_EQ(::waitpid(child.pid, &status, 0), child.pid);
  EXPECT_TRUE(WIFSIGNALED(status));
  std::vector<std::string> acknowledged;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    acknowledged.push_back(text.substr(at, end - at));
  }
  return acknowledged;
}

class KillTest : public testing::TestWithParam<Durability> {};

TEST_P(KillTest, EveryAcknowledgedWriteIsThereAfterKill9) {
  const TemporaryFolder folder;
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  std::map<std::string, bool> acknowledged;
  for (int round = 0; round < 5; ++round) {
    const Child child = start_child(folder / "data", GetParam());
    for (std::string& key : kill_after(child, 1 + random() % 1500)) acknowledged[std::move(key)] = false;

    const auto start = std::chrono::steady_clock::now();
    const std::unique_ptr<Storage> storage = std::move(open_rocks(settings(folder / "data", GetParam())).value());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    std::map<std::string, std::size_t> rows_of_thread;
    std::map<std::string, std::size_t> newest_of_thread;
    const auto cursor = storage->cursor(Family::kData, "", "", {});
    for (cursor->seek(""); cursor->valid(); cursor->next()) {
      const std::string key(cursor->key());
      const std::size_t dot = key.rfind('.');
      const std::size_t number = std::stoul(key.substr(dot + 1));
      ASSERT_EQ(cursor->value(), value_of(key, number)) << key;
      std::string logged;
      ASSERT_TRUE(storage->get(Family::kLog, key, logged, {}).value()) << "half a batch: " << key;
      ++rows_of_thread[key.substr(0, dot)];
      std::size_t& newest = newest_of_thread[key.substr(0, dot)];
      newest = std::max(newest, number);
      if (const auto known = acknowledged.find(key); known != acknowledged.end()) known->second = true;
    }
    for (const auto& [key, found] : acknowledged) ASSERT_TRUE(found) << "acknowledged and lost: " << key;
    for (const auto& [thread, rows] : rows_of_thread) ASSERT_EQ(rows, newest_of_thread[thread] + 1) << "a hole: " << thread;
  }
}

TEST(StoreInUseTest, ASecondProcessIsToldWhoHasTheStore) {
  const TemporaryFolder folder;
  const Child child = start_child(folder / "data", Durability::kNone);
  char first = 0;
  ASSERT_EQ(::read(child.pipe, &first, 1), 1);  // it has opened the store
  const Result<std::unique_ptr<Storage>> refused = open_rocks(settings(folder / "data", Durability::kNone));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "store_in_use");
  EXPECT_EQ(refused.error().message(), "the store in " + (folder / "data") + " is in use by another process (pid " +
                                           std::to_string(child.pid) + ")");
  kill_after(child, 1);
  const Result<std::unique_ptr<Storage>> opened = open_rocks(settings(folder / "data", Durability::kNone));
  EXPECT_TRUE(opened) << opened.error().message();
}

INSTANTIATE_TEST_SUITE_P(Durabilities, KillTest,
                         testing::Values(Durability::kSync, Durability::kInterval, Durability::kNone));

}  // namespace
}  // namespace gatehouse::dynamo
