#include "reply.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/wsapi/event.hpp"
#include "group_list.hpp"

namespace gatehouse::wsapi {
namespace {

using Answered = CallExchange::Answered;
using pipeline::ErrorStyle;

constexpr std::string_view kFailed = "Internal server error";

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

// What is told to be text, and what nobody tells.
bool is_text_type(std::string_view type) {
  type = trim(type.substr(0, type.find(';')));
  return type.empty() || starts_with_nocase(type, "text/") || iequals(type, "application/json") || iequals(type, "application/xml") ||
         iequals(type, "application/javascript") || type.ends_with("+json") || type.ends_with("+xml");
}

// Amazon's words for what a step refused.
std::string_view message_of_refusal(int status, std::string_view reason) {
  if (status == 429) return "Too Many Requests";
  if (reason == "schema_violation" || status == 413 || status == 415 || status == 400) return "Bad request body";
  return status >= 500 ? "Service Unavailable" : "Forbidden";
}

std::string_view message_of_status(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Payload Too Large";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    default: return "Bad Request";
  }
}

class Reply {
 public:
  Reply(SocketCall& call, Connection& connection, ErrorStyle errors)
      : call_(call), context_(call.context()), answered_(call.exchange().answered()), connection_(connection), errors_(errors) {}

  Replied run() {
    if (call_.refused()) return fail(Replied::kRefused, message_of_refusal(context_.status, context_.reason));
    if (!context_.route.integration) return no_route();
    if (answered_.too_large) return fail_because("reply_too_large");
    if (answered_.status == 0 || !answered_.complete || call_.exchange().failed()) return fail(Replied::kIntegrationFailed, kFailed);
    if (answered_.status >= 500) {
      if (context_.reason == "ok") context_.reason = answered_.function_failed ? "function_failed" : "integration_failed";
      return fail(Replied::kIntegrationFailed, kFailed);
    }
    if (answered_.status < 400) change_groups(connection_, answered_, context_);
    if (call_.route().settings.reply) return send_answer();
    // A backend knows best what to say; a table has nobody else to say it.
    if (answered_.status >= 400 && !call_.route().backend) return fail(Replied::kRefused, message_of_status(answered_.status));
    return Replied::kNothing;
  }

 private:
  Replied no_route() {
    context_.reason = "route_not_found";
    context_.status = 403;
    return fail(Replied::kRefused, "Forbidden");
  }

  Replied fail_because(std::string_view reason) {
    context_.reason = reason;
    context_.status = 502;
    return fail(Replied::kIntegrationFailed, kFailed);
  }

  Replied fail(Replied as, std::string_view message) {
    if (context_.status < 400) context_.status = 502;
    if (context_.reason == "ok") context_.reason = "integration_failed";
    const bool helpful = errors_ == ErrorStyle::kHelpful;
    const std::string_view frame = error_frame(context_.arena(), message, call_.socket().connection_id, context_.request_id,
                                               helpful ? context_.reason : std::string_view(), helpful ? context_.detail : std::string_view());
    send(frame, false);
    return as;
  }

  Replied send_answer() {
    const std::string_view body = answered_.body;
    if (body.empty()) return Replied::kNothing;
    const bool text = dynamo::is_valid_utf8(body);
    const bool binary = connection_.limits().socket.binary && (!text || !is_text_type(answered_.type));
    if (!text && !binary) return fail_because("reply_not_text");
    if (body.size() > connection_.limits().socket.message) return fail_because("reply_too_large");
    return send(body, binary) ? Replied::kSent : Replied::kNothing;
  }

  bool send(std::string_view payload, bool binary) {
    switch (connection_.send(payload, binary)) {
      case Connection::Sent::kSent: call_.exchange().note_sent(payload.size()); return true;
      case Connection::Sent::kFull: context_.reason = "websocket_client_full"; break;
      case Connection::Sent::kGone: context_.reason = "client_gone"; break;
      case Connection::Sent::kTooLarge: context_.reason = "reply_too_large"; break;
    }
    return false;
  }

  SocketCall& call_;
  pipeline::RequestContext& context_;
  Answered& answered_;
  Connection& connection_;
  const ErrorStyle errors_;
};

}  // namespace

Replied reply(SocketCall& call, Connection& connection, pipeline::ErrorStyle errors) { return Reply(call, connection, errors).run(); }

}  // namespace gatehouse::wsapi
