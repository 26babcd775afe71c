// Who asks: the signature of a request against the access keys. Pure but for the time it is given.
#pragma once

#include "access.hpp"
#include "gatehouse/crypto/sigv4.hpp"
#include "gatehouse/dynamo/adapter/protocol.hpp"
#include "gatehouse/dynamo/adapter/settings.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::dynamo {

struct Caller {
  const AccessKey* key = nullptr;         // null: unsigned, and allowed to be
  std::string_view region = "local";      // of the signature's scope
  std::string_view reason = "ok";         // why it is refused
  std::optional<Fault> refused;
};

Caller identify(const HttpRequest& request, const Access& access, Unsigned without_signature, crypto::WallTime now, Arena& arena);

}  // namespace gatehouse::dynamo
