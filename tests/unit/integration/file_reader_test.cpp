#include "integration/file_reader.hpp"

#include "unit/integration/temp_folder.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

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

  testing::TempFolder folder;
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
  folder.link("web/absolute", (folder / "secret").string());
  folder.link("web/up", "..");
  ASSERT_EQ(open("inside"), Found::kFile);
  EXPECT_EQ(content(), "<docs>");
  EXPECT_EQ(open("outside"), Found::kNothing);
  EXPECT_EQ(open("absolute"), Found::kNothing);
  EXPECT_EQ(open("up/secret"), Found::kNothing);
  EXPECT_EQ(open("../secret"), Found::kNothing);
}

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
