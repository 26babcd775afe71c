#include "nodes.hpp"

#include "gatehouse/upstream/http_call.hpp"
#include "gatehouse/upstream/url.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kLargestAnswer = 1024 * 1024;
constexpr auto kAskTimeout = std::chrono::seconds(2);
constexpr unsigned kAskedNodes = 3;           // before the answer is: nobody told
constexpr std::size_t kMaxNodes = 256;
constexpr std::uint32_t kConnections = 256;   // of each node
constexpr std::uint32_t kQueue = 4096;
constexpr auto kIdleTime = std::chrono::seconds(20);  // below what servers allow: a write on a dying connection cannot be repeated

upstream::BackendSettings backend_settings(const RemoteSettings& settings, std::vector<upstream::TargetSettings> targets) {
  upstream::BackendSettings made;
  made.name = "store " + targets.front().url;
  made.targets = std::move(targets);
  made.balance.kind = upstream::Balance::kLeastRequests;
  made.timeouts.connect = settings.connect_timeout;
  made.pool.connections = kConnections;
  made.pool.queue = kQueue;
  made.pool.idle_time = kIdleTime;
  made.tls.ca = settings.ca_file;
  return made;
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") == std::string_view::npos;
}

constexpr std::string_view kAmazon = "https://dynamodb.";

}  // namespace

std::optional<std::vector<std::string>> parse_nodes(std::string_view json) {
  if (!is_valid_utf8(json)) return std::nullopt;
  Arena arena;
  JsonReader reader(json, arena);
  std::vector<std::string> hosts;
  for (reader.begin_array(); reader.next_element();) {
    std::string_view host;
    if (!reader.read_string(host) || !is_host(host) || hosts.size() == kMaxNodes) return std::nullopt;
    hosts.emplace_back(host);
  }
  if (reader.failed() || !reader.finish() || hosts.empty()) return std::nullopt;
  std::ranges::sort(hosts);
  hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
  return hosts;
}

std::string amazon_url(std::string_view region) {
  return std::string(kAmazon).append(region) + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

std::optional<std::string> streams_url(std::string_view tables_url) {
  if (!tables_url.starts_with(kAmazon) || tables_url.find(".amazonaws.com") == std::string_view::npos) return std::nullopt;
  return "https://streams.dynamodb." + std::string(tables_url.substr(kAmazon.size()));
}

Result<std::shared_ptr<upstream::Backend>> Nodes::prepare(const RemoteSettings& settings, const std::vector<std::string>& urls,
                                                          const Clock& clock) {
  std::vector<upstream::TargetSettings> targets;
  for (const std::string& url : urls) {
    auto endpoint = upstream::parse_url(url);
    if (!endpoint || endpoint->path != "/")
      return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "store_endpoint_invalid",
                   "endpoint '" + url + "' is not a URL such as http://scylla-1:8000");
    targets.push_back(std::move(endpoint->target));
  }
  return upstream::Backend::make(backend_settings(settings, std::move(targets)), clock);
}

Nodes::Nodes(const RemoteSettings& settings, std::shared_ptr<upstream::Backend> configured, const Clock& clock, net::Worker& worker,
             net::Resolver& resolver)
    : settings_(settings),
      clock_(clock),
      worker_(worker),
      resolver_(resolver),
      configured_(std::make_shared<upstream::Pool>(worker, std::move(configured), resolver)),
      current_(configured_) {}

net::Task<bool> Nodes::discover() {
  net::Task<std::optional<std::vector<std::string>>> asking = ask(current_);
  std::optional<std::vector<std::string>> hosts = co_await asking;
  if (!hosts && current_ != configured_) {
    asking = ask(configured_);
    hosts = co_await asking;
  }
  if (!hosts) co_return false;
  adopt(std::move(*hosts));
  co_return true;
}

net::Task<std::optional<std::vector<std::string>>> Nodes::ask(std::shared_ptr<upstream::Pool> pool) {
  std::uint64_t tried = 0;
  for (unsigned tries = 0; tries < kAskedNodes; ++tries) {
    upstream::HttpCall call(worker_, *pool, worker_.now() + kAskTimeout, kLargestAnswer);
    net::Task<bool> connecting = call.connect(tried);
    const bool connected = co_await connecting;
    if (call.has_target() && call.target() < 64) tried |= std::uint64_t{1} << call.target();
    if (!connected) continue;
    const std::string host = upstream::host_field(pool->backend().settings().targets[call.target()]);
    upstream::HttpReply reply;
    net::Task<upstream::CallEnd> exchange = call.exchange("GET", "/localnodes", host, {}, {}, reply);
    const upstream::CallEnd end = co_await exchange;
    if (end != upstream::CallEnd::kAnswered || reply.status != 200) continue;
    auto hosts = parse_nodes(reply.body);
    if (hosts) co_return hosts;
  }
  co_return std::nullopt;
}

// The scheme and port are those of the first endpoint: /localnodes tells hosts alone.
void Nodes::adopt(std::vector<std::string> hosts) {
  if (hosts == hosts_) return;
  const upstream::TargetSettings& like = configured_->backend().settings().targets.front();
  std::vector<upstream::TargetSettings> targets;
  for (const std::string& host : hosts) {
    upstream::TargetSettings& target = targets.emplace_back(like);
    target.host = host;
    target.url = (like.tls ? "https://" : "http://") + upstream::host_field(target);
  }
  auto backend = upstream::Backend::make(backend_settings(settings_, std::move(targets)), clock_);
  if (!backend) {
    log::error("store_nodes_failed", {{"error", backend.error().message()}});
    return;
  }
  current_ = std::make_shared<upstream::Pool>(worker_, std::move(*backend), resolver_);
  log::info("store_nodes_changed", {{"nodes", static_cast<std::uint64_t>(hosts.size())}, {"first", hosts.front()}});
  hosts_ = std::move(hosts);
}

}  // namespace gatehouse::dynamo
