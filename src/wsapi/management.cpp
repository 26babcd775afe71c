// What a management call asks, and the answer in Amazon's words.
#include "gatehouse/wsapi/management.hpp"

#include "management_json.hpp"

#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/http/utf8_check.hpp"
#include "gatehouse/http/websocket.hpp"
#include "gatehouse/pipeline/query.hpp"
#include "gatehouse/wsapi/connection.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace gatehouse::wsapi {
namespace {

using http::websocket::Opcode;

constexpr std::string_view kConnections = "@connections";
constexpr std::string_view kGroups = "@groups";
constexpr std::uint64_t kDefaultPage = 100;
constexpr std::uint64_t kLargestPage = 1000;
constexpr std::size_t kLongestId = 128;

ManagementReply failure(int status, std::string_view reason, std::string_view error, std::string_view text) {
  return {status, reason, error, {}, message_json(text)};
}

// Of the gateways, not of the client or its message.
ManagementReply later(int status, std::string_view reason, std::string_view error, std::string_view text) {
  ManagementReply reply = failure(status, reason, error, text);
  reply.retry_after = 1;
  return reply;
}

ManagementReply not_found() { return failure(404, "route_not_found", "NotFoundException", "Not Found"); }

ManagementReply only(std::string_view methods) {
  ManagementReply reply = failure(405, "method_not_allowed", "MethodNotAllowedException", "Method Not Allowed");
  reply.allow = methods;
  return reply;
}

ManagementReply bad(std::string_view text) { return failure(400, "websocket_bad_request", "BadRequestException", text); }

// The names are those of Amazon's service model where it has one.
ManagementReply reply_of(Outcome outcome, int status) {
  switch (outcome) {
    case Outcome::kDone: return {status, "ok", {}, {}, {}};
    case Outcome::kGone: return failure(410, "websocket_gone", "GoneException", "There is no such connection");
    case Outcome::kFull:
      return failure(429, "websocket_client_full", "LimitExceededException", "The client does not read: what waits for it is as much as may be");
    case Outcome::kTooLarge: return failure(413, "websocket_message_too_big", "PayloadTooLargeException", "The message is larger than the API allows");
    case Outcome::kTooMany: return failure(409, "websocket_too_many_groups", "ConflictException", "The connection is in as many groups as it may be");
    case Outcome::kBadName: return bad("The name is none");
    case Outcome::kNotThere: return failure(404, "websocket_not_in_group", "NotFoundException", "The connection is not in that group");
    case Outcome::kUnknown: return failure(504, "websocket_node_timeout", "InternalServerErrorException", "The node that holds the connection did not answer in time");
    case Outcome::kBusy: return later(429, "websocket_busy", "LimitExceededException", "Too many such calls are under way");
    case Outcome::kUnavailable: break;
  }
  return later(503, "websocket_nodes_unavailable", "ServiceUnavailableException", "Other nodes cannot be reached");
}

// What has many answers has been done in part when some of them are missing; the body says so.
Outcome partly(Outcome outcome) { return outcome == Outcome::kUnknown || outcome == Outcome::kUnavailable ? Outcome::kDone : outcome; }
// Only a refusal after which nobody has got anything may be answered with a call to try again.
Outcome partly(const Delivered& delivered) {
  return delivered.outcome == Outcome::kBusy && delivered.sent > 0 ? Outcome::kDone : partly(delivered.outcome);
}

// The decoded segments of a path; nothing when one of them cannot be decoded.
std::optional<std::vector<std::string>> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, end));
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
    path.remove_prefix(end);
  }
  return segments;
}

std::string parameter(std::string_view query, std::string_view name) {
  const auto value = pipeline::find_parameter(query, name);
  return value ? form_decode(*value) : std::string();
}

bool may_be_id(std::string_view text) {
  return !text.empty() && text.size() <= kLongestId && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '=' || c == '+' || c == '/';
  });
}

// With or without its padding, in either alphabet. Amazon's ids are such.
bool may_be_base64(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find('='));
  const std::size_t padding = text.size() - digits.size();
  if (!may_be_id(text) || digits.size() % 4 == 1) return false;
  return padding == 0 || (text.size() % 4 == 0 && padding <= 2 && text.ends_with(padding == 2 ? "==" : "="));
}

// One call, taken apart.
class Call {
 public:
  Call(Directory& directory, const ManagementSettings& settings, const ManagementRequest& request, Done<ManagementReply> done)
      : directory_(directory), settings_(settings), request_(request), done_(std::move(done)) {}

  void run() {
    const auto segments = segments_of(request_.path);
    if (!segments || segments->empty()) return done_(not_found());
    const std::string& first = (*segments)[0];
    if (first == kConnections && segments->size() == 1) return on_many({});
    if (first == kConnections && segments->size() == 2) return on_connection((*segments)[1]);
    if (first != kGroups || segments->size() < 2) return done_(not_found());
    const std::string& group = (*segments)[1];
    if (!is_group_name(group)) return done_(bad("The name of a group is 1 to 128 visible ASCII characters without '/'"));
    if (segments->size() == 2) return on_many(group);
    if (segments->size() == 4 && (*segments)[2] == "connections") return on_membership(group, (*segments)[3]);
    done_(not_found());
  }

 private:
  Done<Outcome> replying(int status) {
    return [done = std::move(done_), status](Outcome outcome) { done(reply_of(outcome, status)); };
  }

  // What never was an id of ours is a connection that does not exist, whoever gave it out: services forget it then.
  std::optional<ConnectionId> id_of(std::string_view text) {
    const auto id = ConnectionId::parse(text);
    if (id) return id;
    const bool plausible = request_.errors == pipeline::ErrorStyle::kAws ? may_be_base64(text) : may_be_id(text);
    done_(plausible ? reply_of(Outcome::kGone, 0) : bad("Invalid connectionId: " + std::string(text)));
    return std::nullopt;
  }

  // Nothing: has been answered.
  std::optional<http::PreparedFrame> frame() {
    if (request_.body.size() > settings_.message) return done_(reply_of(Outcome::kTooLarge, 0)), std::nullopt;
    const std::string as = parameter(request_.query, "as");
    if (!as.empty() && as != "binary" && as != "text") return done_(bad("as is text or binary")), std::nullopt;
    const bool binary = as == "binary" || (as.empty() && !http::is_utf8(request_.body));
    if (binary && !settings_.binary) return done_(bad("Binary messages are not allowed by the API: limits: {binary: true}")), std::nullopt;
    if (!binary && as == "text" && !http::is_utf8(request_.body)) return done_(bad("The body is not UTF-8")), std::nullopt;
    return http::PreparedFrame(binary ? Opcode::kBinary : Opcode::kText, request_.body);
  }

  void on_connection(const std::string& text) {
    const std::string_view method = request_.method;
    if (method != "POST" && method != "GET" && method != "HEAD" && method != "DELETE") return done_(only("GET, HEAD, POST, DELETE"));
    const auto id = id_of(text);
    if (!id) return;
    if (method == "POST") {
      if (auto message = frame()) directory_.send(settings_.api, *id, std::move(*message), replying(200));
    } else if (method == "DELETE") {
      directory_.close(settings_.api, *id, http::websocket::CloseCode::kNormal, {}, replying(204));
    } else {
      directory_.describe(settings_.api, *id, [done = std::move(done_)](const Directory::Described& described) {
        ManagementReply reply = reply_of(described.outcome, 200);
        if (described.outcome == Outcome::kDone) reply.body = description_json(described.description);
        done(std::move(reply));
      });
    }
  }

  // A group, or all of the API.
  void on_many(const std::string& group) {
    const std::string_view method = request_.method;
    if (method == "POST") {
      auto message = frame();
      if (!message) return;
      return directory_.broadcast(settings_.api, group, std::move(*message), [done = std::move(done_)](const Delivered& delivered) {
        ManagementReply reply = reply_of(partly(delivered), 200);
        if (reply.status == 200) reply.body = delivered_json(delivered);
        done(std::move(reply));
      });
    }
    if (method != "GET" && method != "HEAD") return done_(only("GET, HEAD, POST"));
    const std::string asked = parameter(request_.query, "limit");
    const auto limit = asked.empty() ? std::optional(kDefaultPage) : parse_u64(asked);
    if (!limit || *limit == 0 || *limit > kLargestPage) return done_(bad("limit is a number from 1 to 1000"));
    directory_.list(settings_.api, group, parameter(request_.query, "next"), static_cast<std::uint32_t>(*limit),
                    [done = std::move(done_)](const Presence& page) {
                      if (page.outcome == Outcome::kBadName) return done(bad("next is what the page before said"));
                      ManagementReply reply = reply_of(partly(page.outcome), 200);
                      if (reply.status == 200) reply.body = presence_json(page);
                      done(std::move(reply));
                    });
  }

  void on_membership(const std::string& group, const std::string& text) {
    const std::string_view method = request_.method;
    if (method != "PUT" && method != "DELETE") return done_(only("PUT, DELETE"));
    const auto id = id_of(text);
    if (!id) return;
    if (method == "PUT") return directory_.join(settings_.api, group, *id, replying(204));
    directory_.leave(settings_.api, group, *id, replying(204));
  }

  Directory& directory_;
  const ManagementSettings& settings_;
  const ManagementRequest& request_;
  Done<ManagementReply> done_;
};

}  // namespace

bool is_management_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  const auto first = percent_decode(path.substr(0, path.find('/')));
  return first == kConnections || first == kGroups;
}

void manage(Directory& directory, const ManagementSettings& settings, const ManagementRequest& request, Done<ManagementReply> done) {
  Call(directory, settings, request, std::move(done)).run();
}

}  // namespace gatehouse::wsapi
