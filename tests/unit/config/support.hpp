// Loading texts in tests: every text is "config.yaml" in the folder /etc/gatehouse, with an environment of the test's own.
#pragma once

#include "gatehouse/config/load.hpp"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config::test {

using Variables = std::map<std::string, std::string, std::less<>>;

inline Environment environment(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

inline Loaded load(std::string_view yaml, Variables variables = {}) {
  return load_text(yaml, "config.yaml", "/etc/gatehouse", environment(std::move(variables)));
}

// As `gatehouse check` prints them.
inline std::vector<std::string> lines_of(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const Problem& problem : loaded.problems) lines.push_back(problem.to_string());
  return lines;
}

// A listener on line 1, so that a test writes only what it is about, from line 2.
inline std::string with_listener(std::string_view yaml) {
  return "listeners: [{address: 127.0.0.1:8080}]\n" + std::string(yaml);
}

// The settings of a good text; a failure with all its problems otherwise.
inline Settings settings_of(std::string_view yaml, Variables variables = {}) {
  Loaded loaded = load(with_listener(yaml), std::move(variables));
  for (const std::string& line : lines_of(loaded)) ADD_FAILURE() << line;
  return loaded.settings.value_or(Settings());
}

// The only route of an API with that route.
inline RouteSettings route_of(const std::string& route, Variables variables = {}) {
  const Settings settings = settings_of(
      "backends: {b: {targets: [http://b]}}\nauthorizers: {k: {api_key: {}}}\napis:\n- name: a\n  routes:\n  - " +
          route,
      std::move(variables));
  if (settings.apis.empty() || settings.apis[0].routes.empty()) return {};
  return settings.apis[0].routes[0];
}

// A text that is wrong, and every line that must be said about it, less the file's name.
struct ProblemCase {
  std::string name;
  std::string yaml;
  std::vector<std::string> lines;
};

inline void expect_problems(const ProblemCase& wrong) {
  const Loaded loaded = load(with_listener(wrong.yaml), {{"SECRET", "s3cret"}});
  EXPECT_FALSE(loaded.settings);
  std::vector<std::string> expected;
  for (const std::string& line : wrong.lines) expected.push_back("config.yaml:" + line);
  EXPECT_EQ(lines_of(loaded), expected) << wrong.yaml;
}

inline std::string name_of(const testing::TestParamInfo<ProblemCase>& info) { return info.param.name; }
inline void PrintTo(const ProblemCase& wrong, std::ostream* out) { *out << wrong.name; }

}  // namespace gatehouse::config::test
