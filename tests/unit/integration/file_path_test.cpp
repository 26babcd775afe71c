#include "integration/file_path.hpp"

#include <gtest/gtest.h>

namespace gatehouse::integration {
namespace {

TEST(FilePathTest, IsDecoded) {
  EXPECT_EQ(to_file_path("css/a%20b%C3%A9.css")->path, "css/a b\xC3\xA9.css");
  EXPECT_EQ(to_file_path("/a/b")->path, "a/b");
  EXPECT_FALSE(to_file_path("a/b")->is_folder);
}

TEST(FilePathTest, SlashAtTheEndAsksForAFolder) {
  EXPECT_EQ(to_file_path("a/b/")->path, "a/b");
  EXPECT_TRUE(to_file_path("a/b/")->is_folder);
  for (const char* root : {"", "/"}) {
    EXPECT_EQ(to_file_path(root)->path, "");
    EXPECT_TRUE(to_file_path(root)->is_folder);
  }
}

TEST(FilePathTest, HiddenNamesAreRefused) {
  for (const char* hidden : {".git/config", "a/.env", "a/..", "../a", "%2e%2e/a", "a/%2ehidden", "."})
    EXPECT_EQ(to_file_path(hidden), std::nullopt) << hidden;
}

TEST(FilePathTest, EscapedSeparatorsAndNulAreRefused) {
  for (const char* bad : {"a%2Fb", "a%2f..", "a%5Cb", "a%00b", "a%0", "a//b"})
    EXPECT_EQ(to_file_path(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace gatehouse::integration
