#include "credentials.hpp"

#include "gatehouse/upstream/http_call.hpp"
#include "gatehouse/upstream/url.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/net/task_group.hpp"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr auto kRenewBefore = std::chrono::minutes(5);
constexpr std::size_t kLargestAnswer = 64 * 1024;
constexpr auto kFetchTimeout = std::chrono::seconds(2);
constexpr auto kBetweenTries = std::chrono::seconds(1);
constexpr auto kLookAgain = std::chrono::milliseconds(20);
constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kInstanceHost = "http://169.254.169.254";
constexpr std::string_view kInstanceRoles = "/latest/meta-data/iam/security-credentials/";

std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

std::optional<std::string> read_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

std::optional<Credentials> parse_credentials(std::string_view json) {
  if (!is_valid_utf8(json)) return std::nullopt;
  Arena arena;
  JsonReader reader(json, arena);
  Credentials found;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    std::string_view text;
    if (reader.peek() != JsonReader::Kind::kString) {
      reader.skip();
      continue;
    }
    reader.read_string(text);
    if (*name == "AccessKeyId") found.access_key = text;
    if (*name == "SecretAccessKey") found.secret_key = text;
    if (*name == "Token") found.session_token = text;
    if (*name == "Expiration") {
      if (const auto expires = parse_time(std::string(text))) found.expires = *expires;
    }
  }
  if (reader.failed() || found.access_key.empty() || found.secret_key.empty()) return std::nullopt;
  return found;
}

CredentialsProvider::CredentialsProvider(const RemoteSettings& settings, const Clock& clock, EnvironmentReader environment,
                                         net::Worker& worker, net::Resolver& resolver)
    : clock_(clock), environment_(std::move(environment)), worker_(worker), resolver_(resolver) {
  if (!settings.access_key.empty()) {
    current_ = Credentials{settings.access_key, settings.secret_key, settings.session_token};
  } else if (const auto key = environment_("AWS_ACCESS_KEY_ID"); key && environment_("AWS_SECRET_ACCESS_KEY")) {
    current_ = Credentials{*key, *environment_("AWS_SECRET_ACCESS_KEY"), environment_("AWS_SESSION_TOKEN").value_or("")};
  }
  fixed_ = current_.has_value();
}

bool CredentialsProvider::fresh() const { return current_ && (fixed_ || clock_.wall() + kRenewBefore < current_->expires); }

net::Task<const Credentials*> CredentialsProvider::get() {
  if (fresh()) co_return &*current_;
  const auto usable = [this] { return current_ && clock_.wall() < current_->expires; };
  // One fetches; the others go on with what there is, or wait for it.
  while (fetching_ && !usable()) co_await net::sleep_for(worker_, kLookAgain);
  if (!fetching_ && !fresh() && clock_.now() >= next_try_) {
    fetching_ = true;
    next_try_ = clock_.now() + kBetweenTries;
    bool found = co_await fetch_from_container();
    if (!found) found = co_await fetch_from_instance();
    fetching_ = false;
    if (!found) log::warn("store_credentials_not_found", {{"problem", problem_}});
  }
  co_return usable() ? &*current_ : nullptr;
}

bool CredentialsProvider::adopt(const std::optional<std::string>& json) {
  if (!json) return false;
  const auto found = parse_credentials(*json);
  if (!found) {
    problem_ = "the credentials endpoint answered with something else";
    return false;
  }
  current_ = *found;
  return true;
}

net::Task<bool> CredentialsProvider::fetch_from_container() {
  const auto relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) co_return false;
  std::string url = relative ? std::string(kContainerHost) + *relative : *full;
  std::string token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  if (const auto file = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) token = read_file(*file);
  std::string field = token.empty() ? "" : "authorization";
  const std::optional<std::string> json = co_await fetch("GET", std::move(url), std::move(field), std::move(token));
  co_return adopt(json);
}

// Version 2 of the instance's metadata service: a token first.
net::Task<bool> CredentialsProvider::fetch_from_instance() {
  if (environment_("AWS_EC2_METADATA_DISABLED").value_or("false") == "true") {
    problem_ = "no access key in the configuration or the environment, and the instance's metadata service is disabled";
    co_return false;
  }
  const std::string host = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(std::string(kInstanceHost));
  const std::optional<std::string> token =
      co_await fetch("PUT", host + "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds", "21600");
  if (!token) co_return false;
  const std::string roles = host + std::string(kInstanceRoles);
  const std::optional<std::string> role = co_await fetch("GET", roles, "x-aws-ec2-metadata-token", *token);
  if (!role) co_return false;
  const std::optional<std::string> json =
      co_await fetch("GET", roles + role->substr(0, role->find('\n')), "x-aws-ec2-metadata-token", *token);
  co_return adopt(json);
}

net::Task<std::optional<std::string>> CredentialsProvider::fetch(std::string method, std::string url, std::string field,
                                                                 std::string value) {
  const auto endpoint = upstream::parse_url(url);
  if (!endpoint) {
    problem_ = url + " is no URL";
    co_return std::nullopt;
  }
  upstream::BackendSettings settings;
  settings.name = "credentials";
  settings.targets = {endpoint->target};
  settings.timeouts.connect = kFetchTimeout;
  auto backend = upstream::Backend::make(settings, clock_);
  if (!backend) {
    problem_ = backend.error().message();
    co_return std::nullopt;
  }
  upstream::Pool pool(worker_, *backend, resolver_);
  upstream::HttpCall call(worker_, pool, worker_.now() + kFetchTimeout, kLargestAnswer);
  upstream::HttpReply reply;
  const upstream::HttpField sent[] = {{field, value}};
  const std::string host = upstream::host_field(endpoint->target);
  const bool connected = co_await call.connect(0);
  upstream::CallEnd end = call.end();
  if (connected) end = co_await call.exchange(method, endpoint->path, host, std::span(sent, field.empty() ? 0 : 1), {}, reply);
  if (end == upstream::CallEnd::kAnswered && reply.status == 200) co_return std::move(reply.body);
  problem_ = url + ": " + (end == upstream::CallEnd::kAnswered ? "answered with status " + std::to_string(reply.status) : call.cause());
  co_return std::nullopt;
}

}  // namespace gatehouse::dynamo
