// Whose words failures are told in: `errors` of the configuration.
#pragma once

#include <cstdint>

namespace gatehouse::wsapi {

enum class ErrorForm : std::uint8_t { kHelpful, kAws };

}  // namespace gatehouse::wsapi
