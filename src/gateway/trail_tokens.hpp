// Who may see the decision trail: tokens that the admin listener issues, signed with a secret of this process, good for a
// while. Any thread.
#pragma once

#include "gatehouse/base/units.hpp"

#include <string>
#include <string_view>

namespace gatehouse::gateway {

class TrailTokens {
 public:
  static constexpr Duration kLongest = std::chrono::hours(24);

  TrailTokens();
  // Good until `expires`. Worthless in another process, and after a restart.
  std::string issue(TimePoint expires) const;
  bool accepts(std::string_view token, TimePoint now) const;

 private:
  std::string sign(std::string_view expires) const;

  std::string secret_;
};

}  // namespace gatehouse::gateway
