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

// Reasons of what is never an answer to a request: files, settings, heads that a session refuses before there is a request, how
// connections end.
constexpr std::array kNoAnswers = std::to_array<std::string_view>({
    "config_invalid",  "policy_invalid",   "invalid_template", "bad_route_pattern", "bad_value_template", "json_schema", "jwks_malformed",
    "jwks_too_large",  "jwk_malformed",    "jwk_secret_too_short", "head_timeout",  "server_draining", "too_many_connections",
    "listen_failed",   "bad_log_format",   "redis_refused",    "jwt_claim_path",    "jwt_keys_fetch_failed", "jwt_keys_fetched", "jwt_keys_unusable",
    "jwt_key_left_out", "upstream_ms",     "upstream_status",  "policy_allows", "websocket_gateway_gone",
    "body_refused"});  // what refused it says why

// Which a test of their own provokes, or nothing can: not among the cases of tests/integration/test_refusals*.py.
constexpr std::array kElsewhere = std::to_array<std::string_view>({
    "internal_error",          // a bug of ours
    "no_socket_left",          // the whole machine's ports
    "overloaded",              // tests/integration/test_load.py
    "basic_busy",              // tests/unit/middleware/basic_test.cpp
    "api_key_expired",         // tests/unit/middleware/api_key_test.cpp
    "api_key_uncounted",       // tests/unit/middleware/plan_throttle_test.cpp
    "plan_unknown",            // there too
    "upstream_no_healthy_target",  // tests/integration/test_balancing.py
    "upstream_connect_reset",  // what the kernel says of a connection that a middle box resets
    "upstream_unreachable",    // and of a network without a route
    "upstream_failed",         // what none of the others is
    "upstream_body_cut",       // the answer has begun: it is cut, tests/integration/test_upstream_faults.py
    "upstream_idle_timeout",   // likewise
    "dns_not_found", "dns_timeout", "dns_failed",  // tests/integration/test_backends.py: it depends on the machine's name servers
    "file_open_failed",        // a file that is there and cannot be opened
    "store_failed", "store_unavailable",  // a broken disk: tests/unit/dynamo
    "client_gone", "send_timeout",        // nobody is there to be refused
});

std::vector<std::regex> patterns() {
  std::vector<std::regex> made;
  for (const char* const pattern : {
           R"re(\b[1-5][0-9][0-9],\s*"([a-z0-9_]+)")re",                     // Answer(arena, 404, "route_not_found"
           R"re(ErrorSource::k\w+,\s*"([a-z0-9_]+)")re",                     // Error(kind, ErrorSource::kUpstream, "upstream_closed"
           R"re([rR]eason(?:_code)?\s*=\s*"([a-z0-9_]+)")re",                 // finding.reason = "jwt_expired"
           R"re(\brefused?\((?:context, )?"([a-z0-9_]+)")re",                // refuse(context, "scope_missing"
           R"re("((?:upstream|dns|jwt|api_key|body|sigv4|access_key|basic|authorizer|policy)_[a-z0-9_]+)")re",  // return "jwt_expired";
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

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ReasonCodes, EveryRefusalIsProvokedByATestOfItsExactAnswer) {
  std::string cases;
  for (const char* const name : {"test_refusals.py", "test_refusals_access.py", "test_refusals_backend.py"})
    cases += text_of(fs::path(GATEHOUSE_SOURCE_DIR) / "tests/integration" / name);
  ASSERT_GT(cases.size(), 20'000u);
  for (const auto& [reason, file] : reasons_of_sources()) {
    const auto listed = [&reason](const auto& list) { return std::ranges::find(list, reason) != list.end(); };
    if (listed(kNoAnswers) || listed(kElsewhere) || kind_of_reason(reason, 400).of_service) continue;
    EXPECT_NE(cases.find('"' + reason + '"'), std::string::npos)
        << file << " refuses with \"" << reason << "\": add a case to tests/integration/test_refusals*.py";
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
