// The kinds of single values that any part of the file may need: times, sizes, rates, shares, addresses, names, free text.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/units.hpp"
#include "kinds.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse::config {

extern const Text<Duration> kAnyDuration;   // 250ms 5s 10m 2h 7d
extern const Text<std::uint64_t> kAnySize;  // 64KB 10MB 1GB, powers of 1024; a plain number is bytes
extern const Text<Rate> kRate;              // 50/s 1000/day, more than nothing
extern const Text<double> kPercentage;      // 20%, as 0.2
extern const Text<Endpoint> kAddress;       // 0.0.0.0:8080, [::]:8443
extern const Text<std::string> kNetwork;    // 10.0.0.0/8, ::1
extern const Text<std::string> kName;       // of an API, a backend, an authorizer
extern const Text<std::string> kLine;       // any text without control characters
extern const Text<std::string> kSha256;     // 64 hexadecimal digits, in lower case when read

// A text whose value must lie within bounds.
template <class T>
struct Ranged {
  using Value = T;
  const Text<T>& text;
  T minimum;
  T maximum;

  std::string expected() const { return text.expected(); }
  std::string print(const T& value) const { return text.print(value); }
  bool read(const Cursor& at, T& value) const {
    T found{};
    if (!text.read(at, found)) return false;
    if (found < minimum || found > maximum) {
      at.problem("must be from " + print(minimum) + " to " + print(maximum) + ", found " + in_quotes(at.node().text));
      return false;
    }
    value = found;
    return true;
  }
  Shape shape(Model& model) const { return text.shape(model); }
};

inline constexpr Duration kLongest = std::chrono::hours(24 * 365);
inline constexpr Ranged<Duration> kDuration{kAnyDuration, std::chrono::milliseconds(1), kLongest};
inline constexpr Ranged<Duration> kDurationOrNone{kAnyDuration, Duration(0), kLongest};
inline constexpr Ranged<std::uint64_t> kBodySize{kAnySize, 1, 1024 * kGiB};

// The name of a file or folder; a relative one is relative to the folder of the configuration file.
struct FilePath {
  using Value = std::string;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  std::string expected() const { return "the path of a file or folder"; }
  std::string print(const std::string& value) const { return value; }
  bool read(const Cursor& at, std::string& value) const { return read_scalar(*this, at, value); }
  bool take(const Cursor& at, std::string_view text, std::string& value, Complaint& complaint) const;
  Shape shape(Model& model) const;
};
inline constexpr FilePath kFilePath;

// A secret: ${NAME}, file:/run/secrets/x, or (for tests) the text itself. Never part of a message.
struct Secret {
  using Value = std::string;
  std::string expected() const { return "a secret as \"${NAME}\" or file:/run/secrets/name"; }
  std::string print(const std::string&) const { return {}; }
  bool read(const Cursor& at, std::string& value) const;
  Shape shape(Model& model) const;
};
inline constexpr Secret kSecret;

// Helpers for texts whose value is the text.
std::string print_text(const std::string& value);

}  // namespace gatehouse::config
