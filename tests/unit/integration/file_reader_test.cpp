#include "integration/file_reader.hpp"

#include "support/temporary_folder.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <system_error>
#include <thread>

namespace gatehouse::integration {
namespace {

using Found = FileReader::Found;

class FileReaderTest : public ::testing::Test {
 protected:
  FileReaderTest() {
    settings.root = folder / "web";
    folder.write("web/index.html", "<index>");
    folder.write("web/app.js", "app");
    folder.write("web/docs/index.html", "<docs>");
    folder.write("web/empty/x", "");
    folder.write("secret", "secret");
  }
  Found open(const std::string& path, bool is_folder = false) {
    file = FileReader();
    file.open(settings, {path, is_folder});
    return file.found();
  }
  std::string content() { return std::string(file.piece(0, file.size())); }

  TemporaryFolder folder;
  StaticFilesSettings settings;
  FileReader file;
};

TEST_F(FileReaderTest, SmallFileIsReadAtOnce) {
  ASSERT_EQ(open("app.js"), Found::kFile);
  EXPECT_EQ(file.size(), 3u);
  EXPECT_EQ(content(), "app");
  EXPECT_EQ(file.name(), "app.js");
  EXPECT_TRUE(file.etag().starts_with('"') && file.etag().ends_with('"'));
}

TEST_F(FileReaderTest, EntityTagChangesWithTheFile) {
  ASSERT_EQ(open("app.js"), Found::kFile);
  const std::string before = file.etag();
  ASSERT_EQ(open("app.js"), Found::kFile);
  EXPECT_EQ(file.etag(), before);
  folder.write("web/app.js", "changed");
  ASSERT_EQ(open("app.js"), Found::kFile);
  EXPECT_NE(file.etag(), before);
}

TEST_F(FileReaderTest, FolderIsItsIndexOnlyWhenAskedForAsOne) {
  ASSERT_EQ(open("", true), Found::kFile);
  EXPECT_EQ(content(), "<index>");
  ASSERT_EQ(open("docs", true), Found::kFile);
  EXPECT_EQ(content(), "<docs>");
  EXPECT_EQ(open("docs"), Found::kFolder);
  EXPECT_EQ(open("empty", true), Found::kNothing);
  EXPECT_EQ(open("app.js", true), Found::kNothing);
}

TEST_F(FileReaderTest, IndexThatIsAFolderIsNothing) {
  std::filesystem::create_directories(folder / "web/odd/index.html");
  EXPECT_EQ(open("odd", true), Found::kNothing);
}

TEST_F(FileReaderTest, FallbackStandsForWhatIsNotThere) {
  EXPECT_EQ(open("orders/7"), Found::kNothing);
  settings.fallback = "index.html";
  ASSERT_EQ(open("orders/7"), Found::kFile);
  EXPECT_EQ(content(), "<index>");
  EXPECT_EQ(file.name(), "index.html");
  ASSERT_EQ(open("empty", true), Found::kFile);
  EXPECT_EQ(open("docs"), Found::kFolder);
  settings.fallback = "none.html";
  EXPECT_EQ(open("orders/7"), Found::kNothing);
}

TEST_F(FileReaderTest, LinksMustStayBelowTheRoot) {
  folder.link("web/inside", "docs/index.html");
  folder.link("web/outside", "../secret");
  folder.link("web/absolute", folder / "secret");
  folder.link("web/up", "..");
  ASSERT_EQ(open("inside"), Found::kFile);
  EXPECT_EQ(content(), "<docs>");
  EXPECT_EQ(open("outside"), Found::kNothing);
  EXPECT_EQ(open("absolute"), Found::kNothing);
  EXPECT_EQ(open("up/secret"), Found::kNothing);
  EXPECT_EQ(open("../secret"), Found::kNothing);
}

// From here on this thread is told what a kernel before 5.6 (ENOSYS) or an old container runtime (EPERM) says of openat2.
bool refuse_openat2(int error) {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(rules), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
         ::syscall(SYS_openat2, -1, "", nullptr, 0) == -1 && errno == error;
}

class FileReaderWithoutOpenat2Test : public FileReaderTest, public ::testing::WithParamInterface<int> {
 protected:
  // The rule holds for the thread that it was made in.
  template <class Checks>
  void run(Checks checks) {
    std::thread([&] {
      ASSERT_TRUE(refuse_openat2(GetParam())) << std::generic_category().message(errno);
      checks();
    }).join();
  }
};

TEST_P(FileReaderWithoutOpenat2Test, FindsFilesAndFolders) {
  settings.fallback = "index.html";
  run([this] {
    ASSERT_EQ(open("app.js"), Found::kFile);
    EXPECT_EQ(content(), "app");
    ASSERT_EQ(open("docs", true), Found::kFile);
    EXPECT_EQ(content(), "<docs>");
    EXPECT_EQ(open("docs"), Found::kFolder);
    ASSERT_EQ(open("orders/7"), Found::kFile);
    EXPECT_EQ(file.name(), "index.html");
  });
}

TEST_P(FileReaderWithoutOpenat2Test, FollowsNoLinksAndGoesNotUp) {
  folder.link("web/inside", "docs/index.html");
  folder.link("web/folder", "docs");
  folder.link("web/outside", "../secret");
  folder.link("web/up", "..");
  run([this] {
    for (const char* path : {"inside", "folder/index.html", "outside", "up/secret", "../secret", "docs/../../secret", ".."})
      EXPECT_EQ(open(path), Found::kNothing) << path;
  });
}

INSTANTIATE_TEST_SUITE_P(Errors, FileReaderWithoutOpenat2Test, ::testing::Values(ENOSYS, EPERM));

TEST_F(FileReaderTest, RootMayBeALinkThatIsSwitched) {
  folder.write("second/app.js", "newer");
  folder.link("current", "web");
  settings.root = folder / "current";
  ASSERT_EQ(open("app.js"), Found::kFile);
  EXPECT_EQ(content(), "app");
  std::filesystem::remove(folder / "current");
  folder.link("current", "second");
  ASSERT_EQ(open("app.js"), Found::kFile);
  EXPECT_EQ(content(), "newer");
}

TEST_F(FileReaderTest, PipesAndDevicesAreNothing) {
  ASSERT_EQ(::mkfifo((folder / "web/pipe").c_str(), 0600), 0);
  EXPECT_EQ(open("pipe"), Found::kNothing);
}

TEST_F(FileReaderTest, MissingRootIsAFailure) {
  settings.root = folder / "none";
  EXPECT_EQ(open("app.js"), Found::kFailed);
  EXPECT_EQ(file.error_number(), ENOENT);
}

TEST_F(FileReaderTest, LongNamesAreNothing) { EXPECT_EQ(open(std::string(5000, 'a')), Found::kNothing); }

TEST_F(FileReaderTest, LargeFileIsReadInPieces) {
  std::string large;
  for (int i = 0; large.size() < FileReader::kPiece * 2; ++i) large += std::to_string(i) + ",";
  folder.write("web/large", large);
  ASSERT_EQ(open("large"), Found::kFile);
  EXPECT_TRUE(file.piece(0, 10).empty());
  file.read(100, large.size());
  EXPECT_EQ(file.piece(100, large.size()), std::string_view(large).substr(100, FileReader::kPiece));
  EXPECT_EQ(file.piece(150, 7), std::string_view(large).substr(150, 7));
  EXPECT_TRUE(file.piece(99, 5).empty());
  EXPECT_TRUE(file.piece(100 + FileReader::kPiece, 5).empty());
}

TEST_F(FileReaderTest, ReleasesWhatWasReadAndReadsItAgain) {
  folder.write("web/large", std::string(100'000, 'x'));
  ASSERT_EQ(open("large"), Found::kFile);
  file.read(0, 50'000);
  ASSERT_EQ(file.piece(0, 100'000).size(), 50'000u);
  file.release();
  EXPECT_TRUE(file.piece(0, 100'000).empty());
  file.read(40'000, 1000);
  EXPECT_EQ(file.piece(40'000, 100'000).size(), 1000u);
}

TEST_F(FileReaderTest, FileThatBecameShorterGivesWhatIsThere) {
  folder.write("web/large", std::string(100'000, 'x'));
  ASSERT_EQ(open("large"), Found::kFile);
  std::filesystem::resize_file(folder / "web/large", 10);
  file.read(0, 100'000);
  EXPECT_EQ(file.piece(0, 100'000).size(), 10u);
  file.read(50'000, 10);
  EXPECT_TRUE(file.piece(50'000, 10).empty());
}

}  // namespace
}  // namespace gatehouse::integration
