// The table integration: a route served by a table, plain JSON both ways. Built once per configuration, shared by all workers.
#pragma once

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/json/schema.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::integration {

// An attribute whose value the route decides, never the client.
struct TableField {
  std::string attribute;
  pipeline::ValueTemplate value;
  bool operator==(const TableField&) const = default;
};

// A bound on the sort key of a query: `key: {owner: …, created: {ge: $query.from, lt: $query.to}}`. One whose template comes out
// empty does not bound.
struct TableBound {
  enum class Kind : unsigned char { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kPrefix } kind;
  pipeline::ValueTemplate value;
  bool operator==(const TableBound&) const = default;
};

// kByMethod, where the route has the whole key: GET reads, PUT replaces, PATCH merges, DELETE deletes, POST creates; where it has
// not: GET queries.
enum class TableAction : unsigned char { kByMethod, kGet, kPut, kPatch, kDelete, kCreate, kQuery, kScan, kBatchGet, kBatchWrite, kTransact };

struct TableRouteSettings {
  std::string store;
  std::string table;
  std::string index;                        // empty: the table itself
  dynamo::KeyPart partition;                // of the table
  std::vector<dynamo::KeyPart> sort;        // of the table; none or one
  std::vector<dynamo::KeyPart> index_key;   // of the index, partition first
  TableAction action = TableAction::kByMethod;
  bool creates = false;                     // the route is for POST alone: POST makes a new item
  std::vector<TableField> key;              // of the partition, and of the sort key where it is pinned
  std::vector<TableBound> bounds;           // of the sort key
  std::string bounded;                      // the attribute that they bound
  bool descending = false;
  pipeline::ValueTemplate limit;            // a number from 1 to kMaxLimit
  std::vector<TableField> set;              // at every write
  std::vector<TableField> set_new;          // when an item is created; kept afterwards
  std::vector<std::string> read_only;       // further fields that the client may not send
  std::vector<std::string> hidden;          // never answered
  std::vector<std::string> filter;          // attributes that may be filtered by: ?status=open&price.ge=3
  bool fields = false;                      // ?fields=a,b chooses what is answered
  std::string version;                      // attribute counted up at each write: then the ETag is its value
  bool consistent = true;
  std::string schema_file;
  bool operator==(const TableRouteSettings&) const = default;

  static constexpr std::uint64_t kDefaultLimit = 20;
  static constexpr std::uint64_t kMaxLimit = 1000;
};

// `schema`: null when items are not validated. `engine` outlives every request.
std::shared_ptr<const pipeline::Integration> make_table(TableRouteSettings settings, std::shared_ptr<dynamo::Engine> engine,
                                                        std::shared_ptr<const json::Schema> schema);

}  // namespace gatehouse::integration
