#include "scalars.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/dotted_name.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

namespace gatehouse::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

template <class T>
struct Unit {
  std::string_view name;
  T value;
};

constexpr Unit<Duration> kTimeUnits[] = {
    {"ms", milliseconds(1)}, {"s", seconds(1)}, {"m", minutes(1)}, {"h", hours(1)}, {"d", hours(24)}};
constexpr Unit<Duration> kRateUnits[] = {{"s", seconds(1)},  {"m", minutes(1)}, {"min", minutes(1)}, {"h", hours(1)},
                                         {"hour", hours(1)}, {"d", hours(24)},  {"day", hours(24)}};
constexpr Unit<std::uint64_t> kSizeUnits[] = {{"", 1}, {"B", 1}, {"KB", kKiB}, {"MB", kMiB}, {"GB", kGiB}};

template <class T>
const T* unit_value(std::span<const Unit<T>> units, std::string_view name) {
  for (const Unit<T>& unit : units) {
    if (unit.name == name) return &unit.value;
  }
  return nullptr;
}

// The digits at the front, and what follows them.
struct Split {
  std::string_view digits, rest;
};
Split split_number(std::string_view text, std::string_view digits) {
  const auto end = std::min(text.find_first_not_of(digits), text.size());
  return {text.substr(0, end), text.substr(end)};
}

constexpr std::string_view kDigits = "0123456789";

bool parse_duration(std::string_view text, Duration& value, Complaint& complaint) {
  const auto [digits, unit] = split_number(text, kDigits);
  const auto number = parse_u64(digits);
  if (number && unit.empty())
    complaint.fix = "add a unit: " + std::string(digits) + "s or " + std::string(digits) + "ms";
  const Duration* const scale = unit_value<Duration>(kTimeUnits, unit);
  if (!number || scale == nullptr) return false;
  if (*number > static_cast<std::uint64_t>(kLongest / *scale)) {
    complaint.message = "must be at most 365d, found " + in_quotes(text);
    return false;
  }
  value = *scale * static_cast<Duration::rep>(*number);
  return true;
}

// In the largest unit that leaves no fraction.
template <class T>
std::string print_in_units(std::span<const Unit<T>> units, T value) {
  const Unit<T>* best = &units[0];
  for (const Unit<T>& unit : units) {
    if (value % unit.value == T{}) best = &unit;
  }
  return std::to_string(value / best->value) + std::string(best->name);
}

std::string print_duration(const Duration& value) {
  return value == Duration{} ? "0s" : print_in_units<Duration>(kTimeUnits, value);
}

bool parse_size(std::string_view text, std::uint64_t& value, Complaint& complaint) {
  const auto [digits, unit] = split_number(text, kDigits);
  const auto number = parse_u64(digits);
  const std::uint64_t* const scale = unit_value<std::uint64_t>(kSizeUnits, unit);
  if (!number || scale == nullptr) {
    for (const auto& known : kSizeUnits) {
      if (number && !known.name.empty() && (iequals(known.name, unit) || iequals(known.name.substr(0, 1), unit))) {
        complaint.fix = "write " + std::string(digits) + std::string(known.name);
      }
    }
    return false;
  }
  if (*number > 1024 * kGiB / *scale) {
    complaint.message = "must be at most 1024GB, found " + in_quotes(text);
    return false;
  }
  value = *number * *scale;
  return true;
}

std::string print_size(const std::uint64_t& value) {
  return print_in_units<std::uint64_t>(std::span(kSizeUnits).subspan(1), value);
}

std::optional<double> parse_decimal(std::string_view digits) {
  double number = 0;
  if (digits.empty() || digits.size() > 20 || !(digits[0] >= '0' && digits[0] <= '9') || digits.back() == '.')
    return std::nullopt;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

std::string print_decimal(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}

bool parse_rate(std::string_view text, Rate& value, Complaint& complaint) {
  const auto [digits, rest] = split_number(text, "0123456789.");
  const auto number = parse_decimal(digits);
  if (number && rest.empty()) complaint.fix = "say in what time: " + std::string(digits) + "/s";
  const Duration* const per = rest.starts_with('/') ? unit_value<Duration>(kRateUnits, rest.substr(1)) : nullptr;
  if (!number || per == nullptr) return false;
  if (*number <= 0) {
    complaint.message = "a rate must be more than 0, found " + in_quotes(text);
    return false;
  }
  value = {*number, *per};
  return true;
}

std::string print_rate(const Rate& rate) {
  for (const auto& unit : kRateUnits) {
    if (unit.value == rate.per) return print_decimal(rate.events) + "/" + std::string(unit.name);
  }
  return {};
}

bool parse_percentage(std::string_view text, double& value, Complaint& complaint) {
  const auto [digits, rest] = split_number(text, "0123456789.");
  const auto number = parse_decimal(digits);
  if (number && rest.empty()) complaint.fix = "write " + print_decimal(*number <= 1 ? *number * 100 : *number) + "%";
  if (!number || rest != "%" || *number > 100) return false;
  value = *number / 100;
  return true;
}

std::string print_percentage(const double& value) { return print_decimal(value * 100) + "%"; }

bool parse_address(std::string_view text, Endpoint& value, Complaint& complaint) {
  const auto colon = text.rfind(':');
  const auto port = parse_u64(text.substr(colon == std::string_view::npos ? 0 : colon + 1));
  std::string_view host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!port || *port > 65535) {
    if (IpAddress::parse(text)) complaint.fix = "add a port: " + std::string(text) + ":8080";
    return false;
  }
  if (!address) {
    if (host.empty()) complaint.fix = "for every address write 0.0.0.0:" + std::to_string(*port);
    if (host == "localhost") complaint.fix = "write 127.0.0.1:" + std::to_string(*port);
    return false;
  }
  if (bracketed != (host.find(':') != std::string_view::npos)) {
    complaint.fix = "an IPv6 address stands in brackets: \"[" + std::string(host) + "]:" + std::to_string(*port) + "\"";
    return false;
  }
  value = {*address, static_cast<std::uint16_t>(*port)};
  return true;
}

std::string print_address(const Endpoint& value) { return value.to_string(); }

bool parse_network(std::string_view text, std::string& value, Complaint&) {
  if (!IpSet().add(text)) return false;
  value = text;
  return true;
}

bool parse_name(std::string_view text, std::string& value, Complaint&) {
  if (text.empty() || text.size() > 64 || !std::ranges::all_of(text, pipeline::is_name_char)) return false;
  value = text;
  return true;
}

bool parse_line(std::string_view text, std::string& value, Complaint& complaint) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    complaint.message = "expected one line of text, found a line break or a tab in " + in_quotes(text);
    return false;
  }
  value = text;
  return true;
}

bool parse_sha256(std::string_view text, std::string& value, Complaint& complaint) {
  std::string lower = to_lower(text);
  if (lower.size() != 64 || lower.find_first_not_of("0123456789abcdef") != std::string::npos) {
    complaint.message = "expected the SHA-256 of a key, 64 hexadecimal digits";
    complaint.fix = "printf %s \"$KEY\" | sha256sum";
    return false;
  }
  value = std::move(lower);
  return true;
}

}  // namespace

std::string print_text(const std::string& value) { return value; }

constexpr Text<Duration> kAnyDuration{"duration",
                                      "a duration such as 250ms, 5s, 10m, 2h or 7d",
                                      "^[0-9]+(ms|s|m|h|d)$",
                                      {"250ms", "5s", "10m"},
                                      parse_duration,
                                      print_duration};
constexpr Text<std::uint64_t> kAnySize{"size",
                                       "a size such as 64KB, 10MB or 1GB",
                                       "^[0-9]+(B|KB|MB|GB)?$",
                                       {"64KB", "10MB", "1GB"},
                                       parse_size,
                                       print_size,
                                       true};
constexpr Text<Rate> kRate{"rate",
                           "a rate such as 50/s, 100/min or 1000/day",
                           "^[0-9]+(\\.[0-9]+)?/(s|m|min|h|hour|d|day)$",
                           {"50/s", "100/min", "1000/day"},
                           parse_rate,
                           print_rate};
constexpr Text<double> kPercentage{"percentage",
                                   "a percentage from 0% to 100%, such as 20%",
                                   "^[0-9]+(\\.[0-9]+)?%$",
                                   {"20%", "0.5%"},
                                   parse_percentage,
                                   print_percentage};
constexpr Text<Endpoint> kAddress{"address",
                                  "an IP address and a port such as 0.0.0.0:8080 or \"[::]:8443\"",
                                  "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$",
                                  {"0.0.0.0:8080", "127.0.0.1:0", "[::]:8443"},
                                  parse_address,
                                  print_address};
constexpr Text<std::string> kNetwork{"network",
                                     "an IP address or a network such as 10.0.0.0/8 or ::1",
                                     "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$",
                                     {"10.0.0.0/8", "192.168.1.7", "fd00::/8"},
                                     parse_network,
                                     print_text};
constexpr Text<std::string> kName{"name",
                                  "a name of letters, digits, '-' and '_', at most 64 of them",
                                  "^[A-Za-z0-9_-]{1,64}$",
                                  {"shop", "orders-v2"},
                                  parse_name,
                                  print_text,
                                  true};
constexpr Text<std::string> kLine{"text", "a text of one line", "", {}, parse_line, print_text, true};
constexpr Text<std::string> kSha256{
    "sha256", "the SHA-256 of a key, 64 hexadecimal digits", "^[0-9A-Fa-f]{64}$", {}, parse_sha256, print_text};

bool FilePath::take(const Cursor& at, std::string_view text, std::string& value, Complaint& complaint) const {
  std::string line;
  if (text.empty() || !parse_line(text, line, complaint)) return false;
  value = resolve_path(line, at.reader().directory);
  return true;
}

Shape FilePath::shape(Model& model) const {
  model.add_text({"path",
                  "the path of a file or folder; a relative one is relative to the folder of this file",
                  "",
                  {"./web", "/etc/gatehouse/ca.pem"},
                  false});
  return {Shape::Kind::kText, "path", 0, 0, {}, {}};
}

bool Secret::read(const Cursor& at, std::string& value) const {
  const auto text = at.text(expected());
  if (!text) return false;
  std::string secret = *text;
  if (secret.starts_with("file:")) {
    auto content = read_secret_file(resolve_path(secret.substr(5), at.reader().directory));
    if (auto* const complaint = std::get_if<Complaint>(&content)) {
      at.problem(*complaint);
      return false;
    }
    secret = std::move(std::get<std::string>(content));
  }
  if (secret.empty()) {
    at.problem("the secret is empty");
    return false;
  }
  value = std::move(secret);
  return true;
}

Shape Secret::shape(Model& model) const {
  model.add_text({"secret",
                  "a secret as ${NAME} or file:/run/secrets/name",
                  "",
                  {"${PARTNER_KEY}", "file:/run/secrets/partner"},
                  false});
  return {Shape::Kind::kText, "secret", 0, 0, {}, {}};
}

}  // namespace gatehouse::config
