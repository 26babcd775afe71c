#include "middleware/json_line.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string text(std::string_view value, std::size_t limit = 10'000) {
  std::string room(6 * value.size() + 64, '#');
  const char* const end = JsonLine(room.data()).text(value, limit).end();
  const auto size = static_cast<std::size_t>(end - room.data());
  EXPECT_LE(size, limit);
  return room.substr(0, size);
}

std::string milliseconds(Duration value) {
  std::array<char, 64> room;
  return {room.data(), JsonLine(room.data()).milliseconds(value).end()};
}

std::string time(std::chrono::system_clock::time_point value) {
  ManualClock clock;
  clock.advance(value - clock.wall());
  std::array<char, 64> room;
  return {room.data(), JsonLine(room.data()).time(clock, clock.now()).end()};
}

// As another library sees it.
bool is_utf8(const std::string& value) {
  const std::string kept = json(value).dump(-1, ' ', false, json::error_handler_t::ignore);
  return kept == json(value).dump(-1, ' ', false, json::error_handler_t::replace);
}

TEST(JsonLineTest, CopiesPlainTextOfEveryLength) {
  const std::string plain = "The quick brown fox jumps over the lazy dog / 0123456789 ~!@#$%^&*()_+{}|:<>?-=[];',.`";
  for (std::size_t size = 0; size <= plain.size(); ++size)
    EXPECT_EQ(text(plain.substr(0, size)), plain.substr(0, size));
}

TEST(JsonLineTest, EscapesASpecialByteAtEveryPlaceOfEveryLength) {
  for (const char special : {'"', '\\', '\n', '\x1f', '\x7f', '\0', '\x80'}) {
    for (std::size_t size = 1; size <= 40; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string value(size, 'a');
        value[at] = special;
        const std::string escaped = text(value);
        ASSERT_GT(escaped.size(), size) << "byte " << int{special} << " at " << at << " of " << size;
        ASSERT_EQ(escaped.substr(0, at), value.substr(0, at));
        ASSERT_EQ(escaped.substr(escaped.size() - (size - at - 1)), value.substr(at + 1));
      }
    }
  }
}

TEST(JsonLineTest, EscapesControlBytesSoThatALineStaysALineAndATerminalUnharmed) {
  EXPECT_EQ(text("a\r\nb\tc"), R"(a\r\nb\tc)");
  EXPECT_EQ(text("\x1b[31m"), R"(\u001b[31m)");
  EXPECT_EQ(text("\x7f"), R"(\u007f)");
  EXPECT_EQ(text("\xc2\x9b"), R"(\u009b)");
  EXPECT_EQ(text("\"\\"), R"(\"\\)");
}

TEST(JsonLineTest, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(text("gr\u00fc\u00df \u20ac \U0001f600"), "gr\u00fc\u00df \u20ac \U0001f600");
  EXPECT_EQ(text("\xff"), R"(\ufffd)");
  EXPECT_EQ(text("\xc3"), R"(\ufffd)");
  EXPECT_EQ(text("\xc0\xaf"), R"(\ufffd\ufffd)");
  EXPECT_EQ(text("\xed\xa0\x80"), R"(\ufffd\ufffd\ufffd)");
  EXPECT_EQ(text("\xf4\x90\x80\x80"), R"(\ufffd\ufffd\ufffd\ufffd)");
  EXPECT_EQ(text("\xe2\x82z"), R"(\ufffd\ufffdz)");
}

TEST(JsonLineTest, EndsBeforeAnEscapeOrSequenceThatWouldExceedTheLimit) {
  EXPECT_EQ(text("abcdef", 4), "abcd");
  EXPECT_EQ(text("abc\n", 4), "abc");
  EXPECT_EQ(text("ab\x1b", 7), "ab");
  EXPECT_EQ(text("ab\u20ac", 4), "ab");
  EXPECT_EQ(text("ab\u20ac", 5), "ab\u20ac");
  EXPECT_EQ(text("abc", 0), "");
}

TEST(JsonLineTest, IsReadBackByAnotherParserWhateverTheBytes) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 5000; ++round) {
    std::string value(random() % 50, ' ');
    for (char& c : value) c = static_cast<char>(random() % 4 == 0 ? random() : 'a' + random() % 26);
    const std::string escaped = text(value);
    const json read = json::parse('"' + escaped + '"');
    for (const char c : escaped) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
    if (is_utf8(value)) {
      EXPECT_EQ(read.get<std::string>(), value);
    }
  }
}

TEST(JsonLineTest, WritesMillisecondsWithThreeDecimals) {
  EXPECT_EQ(milliseconds(0ns), "0.000");
  EXPECT_EQ(milliseconds(1us), "0.001");
  EXPECT_EQ(milliseconds(1234567ns), "1.234");
  EXPECT_EQ(milliseconds(3600s), "3600000.000");
  EXPECT_EQ(milliseconds(-5ms), "0.000");
}

TEST(JsonLineTest, WritesTimesInUtcWithMilliseconds) {
  using std::chrono::sys_days;
  using namespace std::chrono;
  EXPECT_EQ(time(sys_days(2025y / January / 31) + 8h + 30min + 0s + 123ms), "2025-01-31T08:30:00.123Z");
  EXPECT_EQ(time(sys_days(2025y / January / 31) + 8h + 30min + 0s + 999'999us), "2025-01-31T08:30:00.999Z");
  EXPECT_EQ(time(sys_days(2024y / February / 29) + 23h + 59min + 59s), "2024-02-29T23:59:59.000Z");
  EXPECT_EQ(time(sys_days(2024y / March / 1)), "2024-03-01T00:00:00.000Z");
}

TEST(JsonLineTest, FollowsTheClockThroughAndBeyondTheSecondThatItFormatted) {
  ManualClock clock;
  clock.advance(400ms);
  const auto now = [&] {
    std::array<char, 64> room;
    return std::string(room.data(), JsonLine(room.data()).time(clock, clock.now()).end()).substr(17);
  };
  EXPECT_EQ(now(), "00.400Z");
  clock.advance(599ms);
  EXPECT_EQ(now(), "00.999Z");
  clock.advance(1ms);
  EXPECT_EQ(now(), "01.000Z");
  clock.advance(-1ms);  // another thread's time may be a little older
  EXPECT_EQ(now(), "00.999Z");
}

TEST(JsonLineTest, WritesNumbersInDecimal) {
  std::array<char, 64> room;
  for (const std::uint64_t value :
       {0ul, 9ul, 10ul, 99ul, 100ul, 999ul, 1000ul, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(std::string(room.data(), JsonLine(room.data()).number(value).end()), std::to_string(value));
  }
}

TEST(JsonLineTest, WritesAddressesOfBothFamilies) {
  std::array<char, 64> room;
  for (const char* address : {"0.0.0.0", "10.0.9.255", "192.168.100.7", "2001:db8::7", "::"}) {
    EXPECT_EQ(std::string(room.data(), JsonLine(room.data()).address(*IpAddress::parse(address)).end()), address);
  }
}

}  // namespace
}  // namespace gatehouse::middleware
