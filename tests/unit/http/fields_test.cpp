#include "gatehouse/http/fields.hpp"

#include "gatehouse/base/strings.hpp"
#include "head_text.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gatehouse::http::testing {
namespace {

TEST(FieldIdTest, FindsEveryNameInAnyLetterCase) {
  std::set<std::string> names;
  for (int i = 1; i < static_cast<int>(FieldId::kCount); ++i) {
    const auto id = static_cast<FieldId>(i);
    const std::string name(field_name(id));
    ASSERT_FALSE(name.empty()) << i;
    EXPECT_TRUE(names.insert(to_lower(name)).second) << name;
    std::string upper;
    for (const char c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
    EXPECT_EQ(field_id(name), id);
    EXPECT_EQ(field_id(to_lower(name)), id);
    EXPECT_EQ(field_id(upper), id);
  }
  EXPECT_EQ(field_name(FieldId::kOther), "");
  EXPECT_EQ(field_name(FieldId::kContentType), "Content-Type");
  EXPECT_EQ(field_name(FieldId::kXRequestId), "X-Request-ID");
  EXPECT_EQ(field_name(FieldId::kWwwAuthenticate), "WWW-Authenticate");
}

TEST(FieldIdTest, DoesNotTakeOneByteOfDifferenceForAName) {
  for (int i = 1; i < static_cast<int>(FieldId::kCount); ++i) {
    const std::string name(field_name(static_cast<FieldId>(i)));
    EXPECT_EQ(field_id(name + "x"), FieldId::kOther);
    EXPECT_EQ(field_id("x" + name), FieldId::kOther);
    EXPECT_EQ(field_id(name.substr(1)), FieldId::kOther) << name;
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string other = name;
        other[at] = static_cast<char>(byte);
        EXPECT_EQ(field_id(other) == static_cast<FieldId>(i), to_lower(other) == to_lower(name))
            << ::testing::PrintToString(other);
      }
    }
  }
  EXPECT_EQ(field_id(""), FieldId::kOther);
  EXPECT_EQ(field_id(std::string(300, 'a')), FieldId::kOther);
}

TEST(FieldsTest, FindsByIdAndByName) {
  HeadFeed feed(HeadKind::kRequest, kUsualLimits);
  ASSERT_EQ(
      feed.give("GET / HTTP/1.1\r\nhost: a\r\nX-One: 1\r\nAccept: b\r\naccept: c\r\nx-one: 2\r\nX-Empty:\r\n\r\n"),
      ParseStatus::kComplete);
  const Fields fields = feed.request().fields;
  EXPECT_EQ(fields.size(), 6U);
  EXPECT_TRUE(fields.has(FieldId::kAccept));
  EXPECT_FALSE(fields.has(FieldId::kCookie));
  EXPECT_EQ(fields.get(FieldId::kAccept), "b");
  EXPECT_EQ(fields.get("ACCEPT"), "b");
  EXPECT_EQ(fields.count(FieldId::kAccept), 2U);
  EXPECT_EQ(fields.count(FieldId::kCookie), 0U);
  EXPECT_EQ(fields.only(FieldId::kHost), "a");
  EXPECT_EQ(fields.only(FieldId::kAccept), std::nullopt);
  EXPECT_EQ(fields.only(FieldId::kCookie), std::nullopt);
  EXPECT_EQ(fields.get("x-ONE"), "1");
  EXPECT_EQ(fields.get("x-empty"), "");
  EXPECT_EQ(fields.get("x-on"), std::nullopt);
  EXPECT_EQ(fields.get(FieldId::kCookie), std::nullopt);
  EXPECT_EQ(fields[5].name, "X-Empty");
}

TEST(FieldsTest, CanBeNone) {
  const Fields none;
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(none.get("a"), std::nullopt);
  EXPECT_EQ(none.get(FieldId::kHost), std::nullopt);
  EXPECT_EQ(none.count(FieldId::kHost), 0U);
}

}  // namespace
}  // namespace gatehouse::http::testing
