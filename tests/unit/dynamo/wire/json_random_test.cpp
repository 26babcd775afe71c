// Random items in random spelling: what comes back is the one canonical spelling, which the generator makes on its own.
#include "unit/dynamo/wire/support.hpp"

#include "gatehouse/dynamo/wire/json_sink.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace gatehouse::dynamo {
namespace {

// As a client may write it, and as the service does.
struct Spelling {
  std::string sent;
  std::string returned;
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Spelling map(unsigned level) {
    Spelling spelling{"{" + space(), "{"};
    std::set<std::string> names;
    for (unsigned count = below(level == 1 ? 40 : 5); count > 0; --count) {
      const Spelling name = text(below(12) + 1);
      if (!names.insert(name.returned).second) continue;
      const Spelling content = value(level);
      const char* comma = names.size() > 1 ? "," : "";
      spelling.sent += comma + space() + name.sent + space() + ":" + space() + content.sent + space();
      spelling.returned += comma + name.returned + ":" + content.returned;
    }
    return {spelling.sent + "}", spelling.returned + "}"};
  }

 private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  std::string space() { return compact_ ? "" : std::string(below(3), " \n\t\r"[below(4)]); }

  Spelling value(unsigned level) {
    compact_ = below(2) == 0;
    switch (below(level > 6 ? 6 : 9)) {
      case 0: return tagged("S", text(below(80)));
      case 1: return tagged("N", number());
      case 2: return tagged("B", binary());
      case 3: return tagged("BOOL", below(2) == 0 ? Spelling{"true", "true"} : Spelling{"false", "false"});
      case 4: return tagged("NULL", {"true", "true"});
      case 5: return set();
      case 6: return tagged("M", map(level + 1));
      case 7: return list(level);
      default: return tagged("S", text(below(2000)));
    }
  }

  Spelling tagged(const std::string& type, const Spelling& content) {
    return {"{" + space() + "\"" + type + "\"" + space() + ":" + space() + content.sent + space() + "}",
            "{\"" + type + "\":" + content.returned + "}"};
  }

  Spelling list(unsigned level) {
    Spelling spelling{"[", "["};
    for (unsigned i = 0, count = below(5); i < count; ++i) {
      const Spelling element = value(level + 1);
      spelling.sent += (i > 0 ? "," : "") + space() + element.sent + space();
      spelling.returned += (i > 0 ? "," : "") + element.returned;
    }
    return tagged("L", {spelling.sent + "]", spelling.returned + "]"});
  }

  // Single characters: their order is that of their bytes.
  Spelling set() {
    std::string characters = "zyxwcba";
    std::shuffle(characters.begin(), characters.end(), random_);
    characters.resize(below(7) + 1);
    Spelling spelling{"[", "["};
    for (const char c : characters)
      spelling.sent += (spelling.sent.size() > 1 ? ",\"" : "\"") + std::string(1, c) + "\"" + space();
    std::sort(characters.begin(), characters.end());
    for (const char c : characters)
      spelling.returned += (spelling.returned.size() > 1 ? ",\"" : "\"") + std::string(1, c) + "\"";
    return tagged("SS", {spelling.sent + "]", spelling.returned + "]"});
  }

  Spelling number() {
    const std::string digits = std::to_string(below(1'000'000) + 1);
    const bool negative = below(2) == 0;
    const std::string returned = (negative ? "-" : "") + digits;
    const std::string sign = negative ? "-" : below(2) == 0 ? "+" : "";
    const std::string forms[] = {digits, "0" + digits, digits + ".0", digits + "e0", digits + "00E-2"};
    return {"\"" + sign + forms[below(5)] + "\"", "\"" + returned + "\""};
  }

  Spelling binary() {
    std::string bytes;
    for (unsigned i = below(50); i > 0; --i) bytes += static_cast<char>(random_());
    const std::string text = "\"" + base64(bytes) + "\"";
    return {text, text};
  }

  Spelling text(unsigned length) {
    static const std::vector<Spelling> kOdd = {{"\\n", "\\n"},
                                               {"\\u000a", "\\n"},
                                               {"\\\"", "\\\""},
                                               {"\\u0022", "\\\""},
                                               {"\\\\", "\\\\"},
                                               {"\\/", "/"},
                                               {"/", "/"},
                                               {"\\u001F", "\\u001f"},
                                               {"é", "é"},
                                               {"\\u00E9", "é"},
                                               {"\\u20ac", "€"},
                                               {"\\ud83d\\ude00", "😀"},
                                               {"\\u0000", "\\u0000"},
                                               {"\x7f", "\x7f"},
                                               {"\\u0041", "A"}};
    const bool plain = below(3) != 0;
    Spelling spelling{"\"", "\""};
    for (; length > 0; --length) {
      if (!plain && below(6) == 0) {
        const Spelling& odd = kOdd[below(static_cast<unsigned>(kOdd.size()))];
        spelling.sent += odd.sent;
        spelling.returned += odd.returned;
      } else {
        const char c = static_cast<char>('a' + below(26));
        spelling.sent += c;
        spelling.returned += c;
      }
    }
    return {spelling.sent + "\"", spelling.returned + "\""};
  }

  std::mt19937 random_;
  bool compact_ = true;
};

TEST(JsonRandomTest, ItemsComeBackInCanonicalSpelling) {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    const Spelling item = Generator(seed).map(1);
    ASSERT_TRUE(is_valid_utf8(item.sent));
    const auto read = test::read_item(item.sent);
    ASSERT_EQ(read.refusal, "") << item.sent;
    ASSERT_TRUE(is_valid_item(read.bytes)) << item.sent;
    ASSERT_EQ(test::written(read.item()), item.returned) << item.sent;
    std::string sized;
    {
      JsonSink sink(sized);
      ASSERT_EQ(write_json_item_sized(sink, read.item()), size_of(read.item())) << item.sent;
    }
    ASSERT_EQ(sized, item.returned);
    ASSERT_EQ(test::read_item(item.returned).bytes, read.bytes) << item.sent;
  }
}

// Cut anywhere, nothing but a refusal.
TEST(JsonRandomTest, EveryTruncationIsRefused) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::string text = Generator(seed).map(2).sent;
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::string cut = text.substr(0, size);
      ASSERT_TRUE(test::read_item(cut).refusal.starts_with("SerializationException")) << cut;
    }
  }
}

}  // namespace
}  // namespace gatehouse::dynamo
