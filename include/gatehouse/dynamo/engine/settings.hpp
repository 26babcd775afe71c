// What can be set about stores and tables. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {

enum class EngineKind : unsigned char { kEmbedded, kMemory, kRemote };

// What "written" means before a write is answered. All survive the end of the process at any moment.
enum class Durability : unsigned char {
  kSync,      // on disk: one fsync for all writes that wait
  kInterval,  // in the log, fsynced every `sync_interval`
  kNone,      // in the log, fsync left to the system
};

struct EmbeddedSettings {
  std::string path = "./data";
  Durability durability = Durability::kSync;
  Duration sync_interval = std::chrono::milliseconds(100);
  std::uint64_t cache = 64 * kMiB;         // blocks in memory
  std::uint64_t write_buffer = 32 * kMiB;  // memtables in all
  Duration stream_retention = std::chrono::hours(24);
  bool operator==(const EmbeddedSettings&) const = default;
};

struct RemoteSettings {
  std::vector<std::string> endpoints;  // "http://scylla-1:8000"
  std::string region = "us-east-1";
  // Empty: from AWS_ACCESS_KEY_ID…, then from the container's or instance's credentials endpoint.
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  bool discover_nodes = false;  // Alternator's /localnodes
  Duration timeout = std::chrono::seconds(10);
  Duration connect_timeout = std::chrono::seconds(1);
  unsigned attempts = 5;
  std::string ca_file;          // empty: the system's
  bool operator==(const RemoteSettings&) const = default;
};

struct StoreSettings {
  std::string name;
  EngineKind kind = EngineKind::kEmbedded;
  EmbeddedSettings embedded;
  RemoteSettings remote;
  bool operator==(const StoreSettings&) const = default;
};

enum class KeyType : unsigned char { kString, kNumber, kBinary };

struct KeyPart {
  std::string attribute;
  KeyType type = KeyType::kString;
  bool operator==(const KeyPart&) const = default;
};

enum class StreamView : unsigned char { kNone, kKeysOnly, kNewImage, kOldImage, kNewAndOldImages };

struct IndexSettings {
  std::string name;
  std::vector<KeyPart> partition;  // one, or up to four of a global index
  std::vector<KeyPart> sort;
  bool local = false;              // same partition key as the table: kept as a local secondary index
  enum class Projected : unsigned char { kAll, kKeysOnly, kInclude } projected = Projected::kAll;
  std::vector<std::string> include;
  bool operator==(const IndexSettings&) const = default;
};

// A table that the configuration names: created when absent, compared when present.
struct TableSettings {
  std::string name;
  std::string store;
  KeyPart partition;
  std::vector<KeyPart> sort;  // none or one
  std::vector<IndexSettings> indexes;
  std::string ttl;            // attribute; empty: none
  StreamView stream = StreamView::kNone;
  std::string position;       // "gatehouse.yaml:42:7", for messages
  bool operator==(const TableSettings&) const = default;
};

}  // namespace gatehouse::dynamo
