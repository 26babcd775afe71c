#include "gatehouse/wsapi/selection.hpp"

#include "json_scan.hpp"

#include <array>
#include <span>

namespace gatehouse::wsapi {

std::optional<std::string_view> RouteSelection::evaluate(std::string_view message, Arena& arena) const {
  std::array<std::string_view, kMaxVariables> values;
  if (!find_values(message, paths_, std::span(values).first(paths_.size()))) return std::nullopt;
  for (std::size_t i = 0; i < paths_.size(); ++i) values[i] = json_text_of(values[i], arena);
  if (parts_.size() == 1) return parts_[0].variable < 0 ? std::string_view(parts_[0].literal) : values[0];

  const auto piece = [&](const Part& part) {
    return part.variable < 0 ? std::string_view(part.literal) : values[static_cast<std::size_t>(part.variable)];
  };
  std::size_t size = 0;
  for (const Part& part : parts_) size += piece(part).size();
  char* const key = static_cast<char*>(arena.allocate(size, 1));
  char* at = key;
  for (const Part& part : parts_) at += piece(part).copy(at, size);
  return std::string_view(key, size);
}

}  // namespace gatehouse::wsapi
