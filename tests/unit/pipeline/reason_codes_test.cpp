// Every reason code that the sources hold has its place in the table of error types.
#include "gatehouse/pipeline/error_types.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace gatehouse::pipeline {
namespace {

namespace fs = std::filesystem;

// What answers requests, or makes the errors that such answers carry.
constexpr std::array<std::string_view, 7> kFolders = {"gateway", "integration", "middleware", "pipeline", "upstream", "http", "crypto"};

// Reasons of what is never an answer to a request: files, settings, heads that a session refuses before there is a request.
constexpr std::array<std::string_view, 16> kNoAnswers = {
    "config_invalid",  "policy_invalid",   "invalid_template", "bad_route_pattern", "bad_value_template", "json_schema", "jwks_malformed",
    "jwks_too_large",  "jwk_malformed",    "jwk_secret_too_short", "head_timeout",  "server_draining", "too_many_connections",
    "listen_failed",   "bad_log_format",   "redis_refused"};

std::vector<std::regex> patterns() {
  std::vector<std::regex> made;
  for (const char* const pattern : {
           R"re(\b[1-5][0-9][0-9],\s*"([a-z0-9_]+)")re",                     // Answer(arena, 404, "route_not_found"
           R"re(ErrorSource::k\w+,\s*"([a-z0-9_]+)")re",                     // Error(kind, ErrorSource::kUpstream, "upstream_closed"
           R"re(\breason(?:_code)?\s*=\s*"([a-z0-9_]+)")re",                 // finding.reason = "jwt_expired"
           R"re("((?:upstream|dns|jwt|api_key|body)_[a-z0-9_]+)")re",        // return "jwt_expired";
       })
    made.emplace_back(pattern);
  return made;
}

std::map<std::string, std::string> reasons_of_sources() {
  std::map<std::string, std::string> found;
  const std::vector<std::regex> all = patterns();
  for (const std::string_view folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(GATEHOUSE_SOURCE_DIR) / "src" / folder)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      const std::string text(std::istreambuf_iterator<char>(file), {});
      for (const std::regex& pattern : all)
        for (auto match = std::sregex_iterator(text.begin(), text.end(), pattern); match != std::sregex_iterator(); ++match)
          found.emplace((*match)[1], entry.path().filename());
    }
  }
  return found;
}

TEST(ReasonCodes, EveryOneOfTheSourcesHasAType) {
  const auto reasons = reasons_of_sources();
  ASSERT_GT(reasons.size(), 40u);
  for (const char* const known : {"route_not_found", "throttled", "jwt_expired", "upstream_connect_refused", "schema_violation"})
    EXPECT_TRUE(reasons.contains(known)) << known;
  for (const auto& [reason, file] : reasons) {
    if (std::ranges::find(kNoAnswers, reason) != kNoAnswers.end()) continue;
    EXPECT_TRUE(kind_of_reason(reason, 400).known)
        << file << " says \"" << reason << "\": give it a type in src/pipeline/error_types.cpp, or name it here as no answer";
  }
}

TEST(ReasonCodes, UnknownOnesHaveTheDefaultOfTheirStatus) {
  EXPECT_EQ(kind_of_reason("of_tomorrow", 418).type, ErrorType::kDefault4xx);
  EXPECT_EQ(kind_of_reason("of_tomorrow", 500).type, ErrorType::kDefault5xx);
  EXPECT_FALSE(kind_of_reason("of_tomorrow", 500).known);
}

TEST(ReasonCodes, OneCauseHasOneType) {
  EXPECT_EQ(kind_of_reason("jwt_expired", 401).type, ErrorType::kUnauthorized);
  EXPECT_EQ(kind_of_reason("jwt_scope_missing", 403).type, ErrorType::kAccessDenied);
  EXPECT_EQ(kind_of_reason("upstream_total_timeout", 504).type, ErrorType::kIntegrationTimeout);
  EXPECT_EQ(kind_of_reason("upstream_closed", 502).type, ErrorType::kIntegrationFailure);
  EXPECT_TRUE(kind_of_reason("item_not_found", 404).of_service);
}

TEST(ErrorTypes, ThereAreAmazonsTwentyOneByName) {
  for (const std::string_view name : error_type_names()) {
    const auto type = find_error_type(name);
    ASSERT_TRUE(type);
    EXPECT_EQ(amazon_answer(*type).name, name);
  }
  EXPECT_FALSE(find_error_type("THROTLED"));
  EXPECT_EQ(amazon_answer(ErrorType::kWafFiltered).name, "WAF_FILTERED");
}

}  // namespace
}  // namespace gatehouse::pipeline
