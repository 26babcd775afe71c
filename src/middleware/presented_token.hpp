// Where a request carries its token: a header, a cookie or a query parameter. One thread for each request.
#pragma once

#include "gatehouse/middleware/jwt_settings.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <string>
#include <string_view>

namespace gatehouse::middleware {

struct PresentedToken {
  enum class Kind : unsigned char {
    kNone,
    kOne,
    kSeveral,  // a second field of that name: who reads which, nobody can tell
  };
  Kind kind = Kind::kNone;
  std::string_view text;
};

class TokenPlaces {
 public:
  explicit TokenPlaces(const JwtSettings& settings);

  // The first place that has one. In a header: `Bearer TOKEN` (RFC 6750), or the token alone, as Amazon takes it; credentials of
  // another kind are none.
  PresentedToken find(pipeline::RequestContext& context) const;
  // Takes it away from what is forwarded, wherever it is.
  void remove(pipeline::RequestContext& context) const;

 private:
  std::string header_;
  http::FieldId header_id_;
  std::string cookie_;
  std::string query_;
};

}  // namespace gatehouse::middleware
