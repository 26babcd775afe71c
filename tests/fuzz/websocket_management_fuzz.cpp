// Management calls of a WebSocket API: "METHOD path?query\nbody". Whatever comes, one answer of a known form; whoever holds the
// connections is only asked for names that may be, with messages within the bounds.
#include "fuzz_support.hpp"

#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/http/utf8_check.hpp"
#include "gatehouse/wsapi/connection.hpp"
#include "gatehouse/wsapi/management.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace gatehouse::wsapi {
namespace {

using gatehouse::testing::require;

class Judge final : public Directory {
 public:
  explicit Judge(const ManagementSettings& settings) : settings_(settings) {}

  void send(std::string_view api, const ConnectionId&, http::PreparedFrame frame, Done<Outcome> done) override {
    ask(api);
    look_at(frame);
    done(Outcome::kDone);
  }
  void close(std::string_view api, const ConnectionId&, http::websocket::CloseCode, std::string, Done<Outcome> done) override {
    ask(api);
    done(Outcome::kGone);
  }
  void describe(std::string_view api, const ConnectionId& id, Done<Described> done) override {
    ask(api);
    Described described;
    described.outcome = Outcome::kDone;
    described.description.id = id;
    described.description.user_agent = "\xff\"";
    done(described);
  }
  void join(std::string_view api, std::string_view group, const ConnectionId&, Done<Outcome> done) override {
    ask(api);
    require(is_group_name(group), "groups have names");
    done(Outcome::kTooMany);
  }
  void leave(std::string_view api, std::string_view group, const ConnectionId&, Done<Outcome> done) override {
    ask(api);
    require(is_group_name(group), "groups have names");
    done(Outcome::kNotThere);
  }
  void broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Done<Delivered> done) override {
    ask(api);
    require(group.empty() || is_group_name(group), "groups have names");
    look_at(frame);
    done({3, 1, Outcome::kDone});
  }
  void list(std::string_view api, std::string_view group, std::string_view, std::uint32_t limit, Done<Presence> done) override {
    ask(api);
    require(group.empty() || is_group_name(group), "groups have names");
    require(limit >= 1 && limit <= 1000, "pages are bounded");
    Presence page;
    page.next = "1-2";
    page.connections.emplace_back();
    done(page);
  }

  int asked = 0;

 private:
  void ask(std::string_view api) {
    require(api == settings_.api, "of its own API");
    require(++asked == 1, "one question");
  }
  void look_at(const http::PreparedFrame& frame) const {
    require(frame.payload_size() <= settings_.message, "messages are bounded");
    const bool binary = (frame.wire()[0] & 15) == 2;
    require(settings_.binary || !binary, "binary only where it may be");
    require(binary || http::is_utf8(frame.wire().substr(frame.wire().size() - frame.payload_size())), "text is UTF-8");
  }
  const ManagementSettings& settings_;
};

}  // namespace
}  // namespace gatehouse::wsapi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::wsapi;
  const std::string_view all = gatehouse::testing::text_of(data, size);
  const std::string_view line = all.substr(0, all.find('\n'));
  ManagementRequest request;
  request.method = line.substr(0, line.find(' '));
  const std::string_view target = line.substr(std::min(request.method.size() + 1, line.size()));
  request.path = target.substr(0, target.find('?'));
  request.query = target.substr(std::min(request.path.size() + 1, target.size()));
  request.body = all.substr(std::min(line.size() + 1, all.size()));
  for (const bool binary : {false, true}) {
    const ManagementSettings settings{"chat", "/ws", 100, binary};
    Judge judge(settings);
    std::optional<ManagementReply> reply;
    manage(judge, settings, request, [&](const ManagementReply& made) {
      gatehouse::testing::require(!reply, "one answer");
      reply = made;
    });
    gatehouse::testing::require(reply.has_value(), "an answer");
    gatehouse::testing::require((reply->status >= 400) != reply->error.empty(), "failures have names", reply->error);
    gatehouse::testing::require((reply->status == 405) != reply->allow.empty(), "405 says what is allowed");
    gatehouse::testing::require(reply->body.empty() || JsonTree::parse(reply->body).has_value(), "bodies are JSON", reply->body);
    gatehouse::testing::require(judge.asked == 0 || is_management_path(request.path), "only management paths ask anything");
  }
  return 0;
}
