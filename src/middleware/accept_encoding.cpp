#include "accept_encoding.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::middleware {
namespace {

constexpr std::uint16_t kMost = 1000;

// "1", "0.5", "0.001". What is written otherwise counts as not said at all: 1.
std::uint16_t parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return kMost;
  std::uint16_t weight = text[0] == '1' ? kMost : 0;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return kMost;
  std::uint16_t place = 100;
  for (const char digit : text.substr(2)) {
    if (digit < '0' || digit > '9') return kMost;
    weight = static_cast<std::uint16_t>(weight + (digit - '0') * place);
    place = static_cast<std::uint16_t>(place / 10);
  }
  return std::min(weight, kMost);
}

std::uint16_t weight_in(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t semicolon = parameters.find(';');
    const std::string_view one = trim(parameters.substr(0, semicolon));
    if (one.size() > 2 && to_lower(one[0]) == 'q' && one[1] == '=') return parse_weight(trim(one.substr(2)));
    if (semicolon == std::string_view::npos) break;
    parameters.remove_prefix(semicolon + 1);
  }
  return kMost;
}

// What was said, before what was not is filled in.
struct Said {
  std::array<std::optional<std::uint16_t>, kEncodings> weights;
  std::optional<std::uint16_t> identity;
  std::optional<std::uint16_t> any;

  void hear(std::string_view coding, std::uint16_t weight) {
    const auto note = [weight](std::optional<std::uint16_t>& slot) { slot = std::max(slot.value_or(0), weight); };
    if (coding == "*") return note(any);
    if (iequals(coding, "identity")) return note(identity);
    if (iequals(coding, "x-gzip")) coding = "gzip";  // RFC 9110 section 8.4.1.3
    for (std::size_t i = 0; i < kEncodings; ++i) {
      if (iequals(coding, name_of(static_cast<Encoding>(i)))) note(weights[i]);
    }
  }
};

}  // namespace

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::kGzip: return "gzip";
    case Encoding::kBrotli: return "br";
    case Encoding::kZstd: return "zstd";
  }
  return {};
}

AcceptedEncodings accepted_encodings(const http::Fields& request) {
  AcceptedEncodings accepted;
  if (!request.has(http::FieldId::kAcceptEncoding)) return accepted;
  Said said;
  for (std::uint32_t i = 0; i < request.size(); ++i) {
    const http::Field field = request[i];
    if (field.id != http::FieldId::kAcceptEncoding) continue;
    std::string_view list = field.value;
    for (std::string_view element; next_element(list, element);) {
      const std::size_t semicolon = element.find(';');
      const auto parameters = semicolon == std::string_view::npos ? std::string_view() : element.substr(semicolon + 1);
      said.hear(trim(element.substr(0, semicolon)), weight_in(parameters));
    }
  }
  for (std::size_t i = 0; i < kEncodings; ++i) accepted.weights[i] = said.weights[i].value_or(said.any.value_or(0));
  if (said.identity) {
    accepted.identity = *said.identity;
  } else if (said.any && *said.any == 0) {
    accepted.identity = 0;
  }
  return accepted;
}

}  // namespace gatehouse::middleware
