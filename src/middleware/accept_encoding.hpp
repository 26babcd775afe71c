// Which content codings a client takes, and how gladly (RFC 9110 section 12.5.3). Pure.
#pragma once

#include "gatehouse/http/fields.hpp"
#include "gatehouse/middleware/compression_settings.hpp"

#include <array>
#include <cstdint>

namespace gatehouse::middleware {

std::string_view name_of(Encoding encoding);

// Weights in thousandths; 0: refused.
struct AcceptedEncodings {
  std::array<std::uint16_t, kEncodings> weights{};
  std::uint16_t identity = 1;  // what nobody named is taken, but gladly by none

  std::uint16_t weight(Encoding encoding) const { return weights[static_cast<std::size_t>(encoding)]; }
};

// Without the field: nothing but identity, since clients that understand codings say so.
AcceptedEncodings accepted_encodings(const http::Fields& request);

}  // namespace gatehouse::middleware
