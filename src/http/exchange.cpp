// Names of failures, as log and metrics see them.
#include "gatehouse/http/exchange.hpp"

namespace gatehouse::http {

std::string_view to_string(Failure failure) {
  switch (failure) {
    case Failure::kNone: return "none";
    case Failure::kClientGone: return "client_gone";
    case Failure::kBodyIncomplete: return "body_incomplete";
    case Failure::kBodyMalformed: return "body_malformed";
    case Failure::kBodyTooLarge: return "body_too_large";
    case Failure::kBodyTimeout: return "body_timeout";
    case Failure::kBodyRefused: return "body_refused";
    case Failure::kSendTimeout: return "send_timeout";
    case Failure::kHandler: return "aborted";
  }
  return "unknown";
}

}  // namespace gatehouse::http
