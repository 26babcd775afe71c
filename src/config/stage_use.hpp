// $stage.x and Amazon's $stageVariables.x in a text. Pure functions.
#pragma once

#include "references.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::config {

struct StageUse {
  std::string_view written;  // at the front of the text: "$stage.x", "${stage.x|any text}"
  std::string_view name;
  std::optional<std::string_view> fallback;
};

// `text` begins with a dollar sign. Nothing when that begins something else.
std::optional<StageUse> find_stage_use(std::string_view text);
// The default stands for what is absent or empty. `stage` is null outside of APIs.
std::variant<std::string, Complaint> value_of(const StageUse& use, const StageInput* stage);

}  // namespace gatehouse::config
