// Files that must load as they stand: what is shipped, and the examples of the vocabulary.
#include "support.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace gatehouse::config::test {
namespace {

constexpr const char* kData = "tests/unit/config/data/";

TEST(ExamplesTest, TheSmallestFileSendsEverythingToOneService) {
  const Loaded loaded = load_file("config/examples/smallest.yaml", environment({}));
  ASSERT_TRUE(loaded.settings) << lines_of(loaded).front();
  EXPECT_EQ(loaded.settings->backends.at(0).targets.at(0).url, "http://127.0.0.1:19000");
  const RouteSettings& route = loaded.settings->apis.at(0).routes.at(0);
  EXPECT_TRUE(route.pattern.is_default);
  EXPECT_EQ(std::get<integration::ProxySettings>(route.integration).backend, "echo");
}

TEST(ExamplesTest, TheDefaultFileNeedsNoOtherServiceThanTheDemo) {
  const Loaded loaded = load_file("config/gatehouse.yaml", environment({}));
  ASSERT_TRUE(loaded.settings) << lines_of(loaded).front();
  EXPECT_EQ(loaded.settings->listeners.at(0).address.to_string(), "0.0.0.0:8080");
  ASSERT_EQ(loaded.settings->backends.size(), 1u);
  EXPECT_EQ(loaded.settings->backends[0].targets.at(0).url, "http://127.0.0.1:8081");
  std::vector<std::string> matches;
  for (const RouteSettings& route : loaded.settings->apis.at(0).routes) matches.push_back(route.match);
  EXPECT_EQ(matches, (std::vector<std::string>{"ANY /demo/{proxy+}", "GET /hello", "POST /notes", "ANY /notes/{id}", "GET /notes"}));
}

TEST(ExamplesTest, EveryExampleLoads) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("config/examples")) {
    if (entry.path().extension() != ".yaml") continue;  // what an example refers to
    const Loaded loaded = load_file(entry.path(), environment({}));
    EXPECT_TRUE(loaded.settings) << lines_of(loaded).front();
    ++files;
  }
  EXPECT_GE(files, 7u);
}

TEST(ExamplesTest, WhatThisVersionCoversOfTheGrownExampleLoads) {
  const Loaded loaded = load_file(std::string(kData) + "grown_covered.yaml", environment({{"APP_SECRET", "s"}}));
  ASSERT_TRUE(loaded.settings) << lines_of(loaded).front();
  const Settings& settings = *loaded.settings;
  EXPECT_EQ(settings.listeners.size(), 2u);
  EXPECT_EQ(settings.listeners[1].http.limits.connections, 10'000u);
  EXPECT_EQ(settings.backends.at(0).targets.size(), 2u);
  EXPECT_EQ(settings.apis.at(0).routes.size(), 6u);
  EXPECT_EQ(settings.stores.at(0).name, "main");
  EXPECT_EQ(settings.tables.at(0).name, "notes");
  EXPECT_EQ(settings.dynamodb.value().address.to_string(), "127.0.0.1:8000");
}

TEST(ExamplesTest, TheRestOfTheGrownExampleIsNotAvailable) {
  const Loaded loaded = load_file(std::string(kData) + "grown.yaml", environment({{"APP_SECRET", "s"}, {"CI_SECRET", "s"}}));
  EXPECT_FALSE(loaded.settings);
  std::vector<std::string> paths;
  for (const Problem& problem : loaded.problems) {
    EXPECT_TRUE(problem.message.ends_with("is not available in this version")) << problem.to_string();
    paths.push_back(problem.path);
  }
  const std::vector<std::string> expected = {"listeners[1].http2",
                                             "listeners[1].tls"};
  EXPECT_EQ(paths, expected);
}

}  // namespace
}  // namespace gatehouse::config::test
