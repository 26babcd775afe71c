// shared: where the gateways of a fleet keep what they have in common.
#include "descriptions.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "scalars.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {
namespace {

// redis://user:password@host:6379/0. Read as a secret: no message shows it, and file: and ${NAME} work.
struct RedisUrl {
  using Value = redis::Settings;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  std::string expected() const { return "a URL such as redis://redis:6379 or rediss://user:password@redis:6380/1"; }
  std::string print(const Value&) const { return {}; }

  bool read(const Cursor& at, Value& value) const {
    std::string text;
    if (!kSecret.read(at, text)) return false;
    Value found = value;
    const char* const wrong = parse(text, found);
    if (wrong != nullptr) {
      at.problem(std::string("expected ") + expected() + "; " + wrong);
      return false;
    }
    value = std::move(found);
    return true;
  }

  Shape shape(Model& model) const {
    model.add_text({"redis_url", expected(), "", {"redis://redis:6379", "rediss://app:${REDIS_PASSWORD}@redis:6380/1"}, false});
    return {Shape::Kind::kText, "redis_url", 0, 0, {}, {}};
  }

 private:
  // What is wrong with it; null: nothing.
  static const char* parse(std::string_view text, Value& value) {
    value.tls = text.starts_with("rediss://");
    if (!value.tls && !text.starts_with("redis://")) return "it must begin with redis:// or rediss://";
    text.remove_prefix(value.tls ? 9 : 8);
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
      if (!parse_user(text.substr(0, at), value)) return "user or password has an invalid escape (write % as %25)";
      text.remove_prefix(at + 1);
    }
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
      const auto database = slash + 1 == text.size() ? std::optional<std::uint64_t>(0) : parse_u64(text.substr(slash + 1));
      if (!database || *database > 1'000'000) return "behind the '/' stands the number of a database";
      value.database = static_cast<std::uint32_t>(*database);
      text = text.substr(0, slash);
    }
    return parse_host(text, value) ? nullptr : "a host, perhaps with a port, is missing";
  }

  static bool parse_user(std::string_view text, Value& value) {
    const auto colon = text.find(':');
    const auto user = percent_decode(text.substr(0, colon));
    const auto password = percent_decode(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
    if (!user || !password) return false;
    value.user = *user;
    value.password = *password;
    return true;
  }

  static bool parse_host(std::string_view text, Value& value) {
    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == std::string_view::npos) return false;
    value.host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
    std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end + (bracketed ? 1 : 0));
    if (value.host.empty() || value.host.find_first_of(" ?#[]") != std::string::npos) return false;
    if (bracketed && !IpAddress::parse(value.host)) return false;
    if (rest.empty()) return true;
    const auto port = parse_u64(rest.substr(1));
    if (rest.front() != ':' || !port || *port == 0 || *port > 65535) return false;
    value.port = static_cast<std::uint16_t>(*port);
    return true;
  }
};

void describe_shared(Fields& f, SharedSettings& s) {
  using middleware::OnFailure;
  f.field("redis", s.redis, RedisUrl{}, "The Redis that all gateways of the fleet use; rediss:// with TLS.", Need::kRequired);
  f.field("ca", s.redis.tls_settings.ca, kFilePath, "PEM file with the authorities to trust for rediss://. Default: those of the system.");
  f.field("prefix", s.prefix, kLine, "What the names of all keys begin with.");
  f.field("timeout", s.redis.timeout, kDuration, "To connect, and for each exchange. No throttled request waits for it.");
  f.field("every", s.every, Ranged<Duration>{kAnyDuration, std::chrono::milliseconds(1), std::chrono::minutes(1)},
          "How often Redis is told what was let through here and asked for a share: more often is more exact.");
  f.field("on_failure", s.on_failure,
          Words<OnFailure, 3>{{{{"local", OnFailure::kLocal}, {"open", OnFailure::kOpen}, {"closed", OnFailure::kClosed}}}},
          "While Redis is away: local counts here alone, open lets everything pass (but counts quotas here), closed lets nothing pass that is throttled or has a quota (503).");
  if (f.reading() != nullptr && f.given("ca") && !s.redis.tls)
    f.reading()->problem_at("ca", "the connection does not use TLS", "begin the URL with rediss://");
}

}  // namespace

constexpr Object<SharedSettings> kShared{"shared", "What the gateways of a fleet have in common: the counts of throttles and quotas, the connections of WebSocket APIs.",
                                         "{redis: \"redis://redis:6379\"}", describe_shared};

}  // namespace gatehouse::config
