#include "gatehouse/dynamo/expr/bindings.hpp"

#include "dynamo/expr/reserved_words.hpp"
#include "unit/dynamo/expr/fixtures.hpp"

#include <gtest/gtest.h>

namespace gatehouse::dynamo {
namespace {

using test::Encoded;

std::string name_fault(std::string_view placeholder, std::string_view attribute = "a") {
  Bindings bindings;
  bindings.add_name(placeholder, attribute);
  const auto outcome = bindings.check_syntax();
  return outcome ? std::string() : outcome.error().message();
}

std::string value_fault(const std::string& json) {
  const Encoded values(json);
  Bindings bindings;
  bindings.set_values(values.map());
  const auto outcome = bindings.check_syntax();
  return outcome ? std::string() : outcome.error().message();
}

TEST(Bindings, NamesBeginWithAHash) {
  EXPECT_EQ(name_fault("#0_aZ"), "");
  EXPECT_EQ(name_fault("b"), "ExpressionAttributeNames contains invalid key: Syntax error; key: \"b\"");
  EXPECT_EQ(name_fault("#"), "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"");
  EXPECT_EQ(name_fault("#b-"), "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#b-\"");
  EXPECT_EQ(name_fault(":b"), "ExpressionAttributeNames contains invalid key: Syntax error; key: \":b\"");
  EXPECT_EQ(name_fault(""),
            "ExpressionAttributeNames contains invalid key: The expression attribute map contains an empty key;");
}

TEST(Bindings, PlaceholdersHave255Bytes) {
  EXPECT_EQ(name_fault("#" + std::string(254, 'b')), "");
  EXPECT_EQ(name_fault("#" + std::string(255, 'b')),
            "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; "
            "size of key: 256");
}

TEST(Bindings, AttributeNamesHaveOneTo65535Bytes) {
  EXPECT_EQ(name_fault("#b", std::string(65535, 'a')), "");
  EXPECT_EQ(name_fault("#b", std::string(65536, 'a')),
            "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes "
            "for key #b");
  EXPECT_EQ(name_fault("#b", ""),
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #b");
}

TEST(Bindings, ValuesBeginWithAColon) {
  EXPECT_EQ(value_fault(R"({":a":{"S":"x"}})"), "");
  EXPECT_EQ(value_fault(R"({"a":{"S":"x"}})"),
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"a\"");
  EXPECT_EQ(value_fault(R"({"#a":{"S":"x"}})"),
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"#a\"");
}

TEST(Bindings, WhatIsGivenMayNotBeEmpty) {
  EXPECT_EQ(value_fault("{}"), "ExpressionAttributeValues must not be empty");
  Bindings bindings;
  EXPECT_TRUE(bindings.check_syntax());
  EXPECT_FALSE(bindings.has_names());
  bindings.set_names_given();
  EXPECT_TRUE(bindings.has_names());
  EXPECT_EQ(bindings.check_syntax().error().message(), "ExpressionAttributeNames must not be empty");
}

TEST(Bindings, AllOfThemTogetherHaveTwoMegabytes) {
  const std::string large = R"({":a":{"S":")" + std::string(2'097'150, 'x') + R"("}})";
  EXPECT_EQ(value_fault(large), "");
  EXPECT_EQ(value_fault(R"({":b":{"S":")" + std::string(2'097'151, 'x') + R"("}})"),
            "ExpressionAttributeValues exceeds max size");
  const Encoded values(large);
  Bindings bindings;
  bindings.set_values(values.map());
  bindings.add_name("#a", "a");
  EXPECT_EQ(bindings.check_syntax().error().message(),
            "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size");
}

TEST(Bindings, WhatIsNotUsedIsAFault) {
  const Encoded values(R"({":a":{"S":"x"},":b":{"S":"x"},":c":{"S":"x"}})");
  Bindings bindings;
  bindings.set_values(values.map());
  bindings.add_name("#a", "a");
  EXPECT_EQ(bindings.check_all_used().error().message(),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}");
  EXPECT_EQ(bindings.name("#a"), "a");
  EXPECT_EQ(bindings.name("#b"), std::nullopt);
  EXPECT_EQ(bindings.value(":b").text(), "x");
  EXPECT_FALSE(bindings.value(":d"));
  EXPECT_EQ(bindings.check_all_used().error().message(),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, :c}");
  bindings.value(":a");
  bindings.value(":c");
  EXPECT_TRUE(bindings.check_all_used());
}

TEST(Bindings, ManyAreFoundToo) {
  std::vector<std::string> placeholders;
  for (int i = 0; i < 1000; ++i) placeholders.push_back("#n" + std::to_string(i));
  Bindings bindings;
  for (const std::string& placeholder : placeholders) bindings.add_name(placeholder, placeholder);
  for (const std::string& placeholder : placeholders) EXPECT_EQ(bindings.name(placeholder), placeholder);
  EXPECT_EQ(bindings.name("#x"), std::nullopt);
  EXPECT_TRUE(bindings.check_all_used());
}

TEST(ReservedWords, AreKnownInAnyCase) {
  EXPECT_TRUE(is_reserved_word("ABORT"));
  EXPECT_TRUE(is_reserved_word("zone"));
  EXPECT_TRUE(is_reserved_word("Status"));
  EXPECT_TRUE(is_reserved_word("localtimestamp"));
  EXPECT_FALSE(is_reserved_word("statuses"));
  EXPECT_FALSE(is_reserved_word("pk"));
  EXPECT_FALSE(is_reserved_word(""));
  EXPECT_FALSE(is_reserved_word("a"));
  EXPECT_FALSE(is_reserved_word(std::string(300, 'a')));
}

}  // namespace
}  // namespace gatehouse::dynamo
