// stores: where tables are kept, and how the rest of the file names one.
#include "descriptions.hpp"
#include "web_texts.hpp"

#include <utility>

namespace gatehouse::config {
namespace {

using dynamo::Durability;
using dynamo::EmbeddedSettings;
using dynamo::EngineKind;
using dynamo::RemoteSettings;
using dynamo::StoreSettings;

bool parse_folder(std::string_view text, std::string& value, Complaint&) {
  if (text.empty()) return false;
  value = text;
  return true;
}

// Data belongs to the machine, not to the file that is deployed to it: unlike other paths, relative to the working directory.
constexpr Text<std::string> kDataFolder{
    "data_folder", "a folder; a relative one is relative to the working directory", "", {"./data", "/var/lib/gatehouse/data"},
    parse_folder, print_text};

void describe_embedded(Fields& f, EmbeddedSettings& s) {
  f.field("path", s.path, kDataFolder, "embedded: the folder of the data.");
  f.field("durability", s.durability,
          Words<Durability, 3>{{{{"sync", Durability::kSync}, {"interval", Durability::kInterval}, {"none", Durability::kNone}}}},
          "embedded: what is done before a write is answered. sync: it is on disk; interval: it is in the log, which goes to disk "
          "every sync_interval; none: it is in the log, and the system writes that when it likes. All survive kill -9.");
  f.field("sync_interval", s.sync_interval, kDuration, "embedded: with durability interval.");
  f.field("cache", s.cache, Ranged<std::uint64_t>{kAnySize, kMiB, 1024 * kGiB}, "embedded: memory for data that is read.");
  f.field("write_buffer", s.write_buffer, Ranged<std::uint64_t>{kAnySize, kMiB, 64 * kGiB},
          "embedded: memory for data that was just written.");
  f.field("stream_retention", s.stream_retention, kDuration, "embedded: how long the records of streams are kept.");
}

void describe_remote(Fields& f, RemoteSettings& s) {
  std::vector<upstream::TargetSettings> endpoints;
  f.field("endpoints", endpoints, list_of(kTargetUrl, "[http://scylla-1:8000, http://scylla-2:8000]"),
          "remote: where the store is; several are nodes of one cluster. Default: Amazon DynamoDB in the region.");
  for (auto& endpoint : endpoints) s.endpoints.push_back(std::move(endpoint.url));
  f.field("region", s.region, kName, "remote: the region that requests are signed for.");
  f.field("access_key", s.access_key, kSecret,
          "remote: who signs. Default: AWS_ACCESS_KEY_ID, then the container's or instance's credentials.");
  f.field("secret_key", s.secret_key, kSecret, "remote: with access_key.");
  f.field("session_token", s.session_token, kSecret, "remote: with temporary access keys.");
  f.field("discover_nodes", s.discover_nodes, kBoolean, "remote: ask ScyllaDB Alternator for the other nodes of its cluster.");
  f.field("timeout", s.timeout, kDuration, "remote: for one request, all tries together.");
  f.field("connect_timeout", s.connect_timeout, kDuration, "remote: for a connection.");
  f.field("attempts", s.attempts, Integer<unsigned>{1, 100}, "remote: how often a request is tried.");
  f.field("ca_file", s.ca_file, kFilePath, "remote: whom to trust for https. Default: the system's authorities.");
}

constexpr std::string_view kEmbeddedKeys[] = {"path", "durability", "sync_interval", "cache", "write_buffer", "stream_retention"};
constexpr std::string_view kRemoteKeys[] = {"endpoints",      "region",  "access_key",      "secret_key", "session_token",
                                            "discover_nodes", "timeout", "connect_timeout", "attempts",   "ca_file"};

template <class Keys>
void refuse_keys(const Fields& f, const Keys& keys, std::string_view engine) {
  for (const std::string_view key : keys) {
    if (!f.given(key)) continue;
    f.reading()->problem_at(key, in_quotes(key) + " is for engine: " + std::string(engine), "leave it out");
  }
}

void check_store(const Fields& f, const StoreSettings& s) {
  if (s.kind != EngineKind::kEmbedded) refuse_keys(f, kEmbeddedKeys, "embedded");
  if (s.kind != EngineKind::kRemote) {
    refuse_keys(f, kRemoteKeys, "remote");
    return;
  }
  if (!f.given("endpoints") && !f.given("region"))
    f.reading()->problem("'endpoints' is missing", "add endpoints: a list such as [http://scylla-1:8000]; for Amazon DynamoDB, region");
  if (f.given("access_key") != f.given("secret_key"))
    f.reading()->problem("'access_key' and 'secret_key' belong together", "give both, or neither");
}

void describe_store(Fields& f, StoreSettings& s) {
  f.field("engine", s.kind,
          Words<EngineKind, 3>{
              {{{"embedded", EngineKind::kEmbedded}, {"remote", EngineKind::kRemote}, {"memory", EngineKind::kMemory}}}},
          "embedded: in this process, on this machine's disk; remote: any DynamoDB-compatible service; memory: for tests, gone at "
          "the end.");
  describe_embedded(f, s.embedded);
  describe_remote(f, s.remote);
  if (f.reading() != nullptr) check_store(f, s);
}
constexpr Object<StoreSettings> kStore{"store", "Where tables are kept.", "{engine: embedded, path: ./data, durability: sync}",
                                       describe_store};

}  // namespace

void describe_stores(Fields& f, Settings& s) {
  using StoreMap = Map<Object<StoreSettings>>;
  StoreMap::Value stores;
  f.field("stores", stores, StoreMap{kName, kStore, "{main: {engine: embedded, path: ./data}}"},
          "Where tables are kept, by name. Default: main, embedded in ./data, once something uses it.");
  if (f.reading() == nullptr) return;
  if (!f.given("stores")) f.reading()->reader().stores.declare("main");
  for (auto& [name, store] : stores) {
    f.reading()->reader().stores.declare(name);
    store.name = std::move(name);
    s.stores.push_back(std::move(store));
  }
}

void describe_store_choice(Fields& f, std::string& store) {
  const bool given =
      f.field("store", store, NameOf{&Reader::stores, kName}, "The store. May be left out where there is only one.");
  if (f.reading() == nullptr) return;
  Reader& reader = f.reading()->reader();
  reader.needs_store = true;
  if (given || f.given("store")) return;
  const auto& stores = reader.stores.declared();
  if (stores.size() == 1) {
    store = stores.front();
  } else if (stores.size() > 1) {
    f.reading()->problem("'store' is missing, and there are several", "add store: " + stores.front());
  }
}

}  // namespace gatehouse::config
