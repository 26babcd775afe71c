// The generated files in the tree are what the code says. GATEHOUSE_UPDATE_GENERATED=1 writes them.
#include "support.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gatehouse::config::test {
namespace {

void expect_generated(const std::string& path, const std::string& text) {
  const char* const update = std::getenv("GATEHOUSE_UPDATE_GENERATED");
  if (update != nullptr && std::string_view(update) == "1") std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  EXPECT_TRUE(content.str() == text) << path
                                     << " is not what the code says: run this test with GATEHOUSE_UPDATE_GENERATED=1";
}

TEST(GeneratedTest, TheSchemaInTheTreeIsUpToDate) { expect_generated("config/gatehouse.schema.json", json_schema()); }

TEST(GeneratedTest, TheReferenceInTheTreeIsUpToDate) { expect_generated("docs/configuration.md", reference_page()); }

}  // namespace
}  // namespace gatehouse::config::test
