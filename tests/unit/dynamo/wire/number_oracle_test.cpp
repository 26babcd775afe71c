// 100,000 random and adversarial numbers against Python's decimal module: form, sum, difference, order, keys.
#include "gatehouse/dynamo/wire/key_codec.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using Fields = std::vector<std::string>;

Fields split(std::string_view line) {
  Fields fields;
  for (std::size_t tab = 0; tab != std::string_view::npos;) {
    tab = line.find('\t');
    fields.emplace_back(line.substr(0, tab));
    line.remove_prefix(tab == std::string_view::npos ? 0 : tab + 1);
  }
  return fields;
}

struct Cases {
  std::vector<Fields> forms;
  std::vector<Fields> sums;
  std::vector<std::string> sorted;
};

Cases run_oracle() {
  Cases cases;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
      ::popen("/usr/bin/python3 tests/unit/dynamo/wire/number_oracle.py 20120810 100000", "r"), ::pclose);
  if (pipe == nullptr) return cases;
  std::array<char, 4096> line;
  while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    std::string_view text(line.data());
    text.remove_suffix(text.ends_with('\n') ? 1 : 0);
    Fields fields = split(text);
    if (fields[0] == "S") {
      cases.sorted.push_back(std::move(fields[1]));
    } else {
      (fields[0] == "N" ? cases.forms : cases.sums).push_back(std::move(fields));
    }
  }
  return cases;
}

const Cases& cases() {
  static const Cases kCases = run_oracle();
  return kCases;
}

std::string outcome(NumberProblem problem, const NumberText& text) {
  switch (problem) {
    case NumberProblem::kMalformed: return "malformed";
    case NumberProblem::kTooPrecise: return "precise";
    case NumberProblem::kOverflow: return "overflow";
    case NumberProblem::kUnderflow: return "underflow";
    case NumberProblem::kNone: break;
  }
  return std::string(text.view());
}

std::string key_of(std::string_view number) {
  std::string key;
  append_number_key(key, number);
  return key;
}

TEST(NumberOracleTest, HasEnoughOfEveryKind) {
  EXPECT_EQ(cases().forms.size(), 100'000U);
  EXPECT_GT(cases().sorted.size(), 20'000U);
  for (const std::string_view kind : {"malformed", "precise", "overflow", "underflow", "0"}) {
    EXPECT_GT(std::count_if(cases().forms.begin(), cases().forms.end(), [&](const Fields& f) { return f[2] == kind; }),
              100)
        << kind;
  }
}

TEST(NumberOracleTest, FormsAreThoseOfTheOracle) {
  for (const Fields& fields : cases().forms) {
    NumberText text;
    ASSERT_EQ(outcome(canonical_number(fields[1], text), text), fields[2]) << fields[1];
  }
}

TEST(NumberOracleTest, CanonicalFormsStayAsTheyAre) {
  for (const std::string& number : cases().sorted) {
    NumberText text;
    ASSERT_EQ(outcome(canonical_number(number, text), text), number);
  }
}

TEST(NumberOracleTest, SumsAndDifferencesAreExactOrRefused) {
  for (const Fields& fields : cases().sums) {
    NumberText text;
    ASSERT_EQ(outcome(add_numbers(fields[1], fields[2], text), text), fields[3]) << fields[1] << " + " << fields[2];
    ASSERT_EQ(outcome(subtract_numbers(fields[1], fields[2], text), text), fields[4])
        << fields[1] << " - " << fields[2];
  }
}

TEST(NumberOracleTest, OrderIsNumeric) {
  const auto& sorted = cases().sorted;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    ASSERT_EQ(compare_numbers(sorted[i], sorted[i]), 0);
    for (const std::size_t step : {1U, 2U, 97U, 4001U}) {
      if (i + step >= sorted.size()) continue;
      ASSERT_LT(compare_numbers(sorted[i], sorted[i + step]), 0) << sorted[i] << " " << sorted[i + step];
      ASSERT_GT(compare_numbers(sorted[i + step], sorted[i]), 0) << sorted[i] << " " << sorted[i + step];
    }
  }
}

TEST(NumberOracleTest, KeysAreInTheOrderOfTheNumbersAndPrefixFree) {
  std::string previous;
  for (const std::string& number : cases().sorted) {
    const std::string key = key_of(number);
    ASSERT_TRUE(key.size() >= 2 && key.size() <= 22) << number;
    if (!previous.empty()) {
      ASSERT_LT(previous, key) << number;
      ASSERT_FALSE(key.starts_with(previous)) << number;
    }
    previous = key;
  }
}

TEST(NumberOracleTest, KeysGiveTheNumberBack) {
  for (const std::string& number : cases().sorted) {
    const std::string key = key_of(number) + "rest";
    std::string_view from = key;
    std::string back = "<";
    ASSERT_TRUE(take_number_key(from, back)) << number;
    ASSERT_EQ(back, "<" + number);
    ASSERT_EQ(from, "rest") << number;
  }
}

}  // namespace
}  // namespace gatehouse::dynamo
