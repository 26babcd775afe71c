// UpdateTable: billing, one index more or less, the stream, and what is only noted. Indexes are filled in the background; all else
// holds at once.
#include "index_build.hpp"
#include "table_description.hpp"
#include "table_drop.hpp"
#include "table_request.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kNothing =
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or "
    "ReplicaUpdates is required";

std::string_view updated_index(const Node& update) {
  for (const std::string_view action : {"Update", "Create", "Delete"})
    if (const Node* found = update.find(action)) return found->string("IndexName");
  return {};
}

Outcome<void> check_index_updates(const Node& request) {
  const std::span<const Node> updates = request.list("GlobalSecondaryIndexUpdates");
  std::vector<std::string_view> names;
  std::size_t created_or_deleted = 0;
  for (const Node& update : updates) {
    const bool creates = update.find("Create") != nullptr;
    const bool deletes = update.find("Delete") != nullptr;
    if (!creates && !deletes && update.find("Update") == nullptr)
      return invalid_parameters(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null");
    const std::string_view name = updated_index(update);
    if (std::find(names.begin(), names.end(), name) != names.end())
      return invalid_parameters("Only one global secondary index update per index is allowed simultaneously. Index: " + std::string(name));
    names.push_back(name);
    created_or_deleted += creates || deletes ? 1 : 0;
  }
  if (created_or_deleted > 1)
    return Fault(FaultType::kLimitExceeded,
                 "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
  return {};
}

Outcome<void> check_request(const Node& request) {
  constexpr std::string_view kMembers[] = {"ProvisionedThroughput", "BillingMode",        "StreamSpecification", "SSESpecification",
                                           "TableClass",            "OnDemandThroughput", "WarmThroughput",      "DeletionProtectionEnabled"};
  if (!request.list("ReplicaUpdates").empty())
    return validation("Replicas of a table are not supported: this store is one region of its own");
  const bool any = std::any_of(std::begin(kMembers), std::end(kMembers), [&](std::string_view member) { return request.find(member) != nullptr; });
  if (!any && request.list("GlobalSecondaryIndexUpdates").empty()) return validation(std::string(kNothing));
  const Node* provisioned = request.find("ProvisionedThroughput");
  if (request.string("BillingMode") == "PROVISIONED" && provisioned == nullptr)
    return invalid_parameters("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  if (provisioned != nullptr)
    if (Outcome<void> checked = check_throughput(*provisioned); !checked) return checked;
  return check_index_updates(request);
}

std::string unchanged_message(const Throughput& now) {
  const std::string read = std::to_string(now.read);
  const std::string write = std::to_string(now.write);
  return "The provisioned throughput for the table will not change. The requested value equals the current value. Current "
         "ReadCapacityUnits provisioned for the table: " +
         read + ". Requested ReadCapacityUnits: " + read + ". Current WriteCapacityUnits provisioned for the table: " + write +
         ". Requested WriteCapacityUnits: " + write +
         ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.";
}

Outcome<void> set_throughput(const Node& owner, Throughput& to) {
  const Throughput wanted = throughput_of(owner);
  if (wanted.read == to.read && wanted.write == to.write) return validation(unchanged_message(to));
  to = wanted;
  return {};
}

const Node* index_update(const Node& request, std::string_view action, std::string_view index) {
  for (const Node& update : request.list("GlobalSecondaryIndexUpdates"))
    if (const Node* found = update.find(action); found != nullptr && found->string("IndexName") == index) return found;
  return nullptr;
}

Outcome<void> change_billing(const Node& request, Table& table, WallTime now) {
  const std::string_view mode = request.string("BillingMode");
  const bool on_demand = mode.empty() ? table.on_demand : mode == "PAY_PER_REQUEST";
  if (on_demand && request.find("ProvisionedThroughput") != nullptr)
    return invalid_parameters("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
  const bool was_on_demand = table.on_demand;
  table.on_demand = on_demand;
  if (on_demand && !was_on_demand) {
    table.billing_changed = now;
    table.throughput = {};
    for (TableIndex& index : table.indexes) index.throughput = {};
  }
  if (request.find("ProvisionedThroughput") != nullptr)
    if (Outcome<void> set = set_throughput(request, table.throughput); !set) return set;
  if (!was_on_demand || on_demand) return {};
  std::string missing;
  for (const TableIndex& index : table.indexes)
    if (!index.local && index_update(request, "Update", index.name) == nullptr && index_update(request, "Delete", index.name) == nullptr)
      missing.append(missing.empty() ? "" : ",").append(index.name);
  if (!missing.empty()) return invalid_parameters("ProvisionedThroughput must be specified for index: " + missing);
  return {};
}

Outcome<void> change_stream(const Node& specification, Table& table, WallTime now) {
  const Outcome<StreamView> view = stream_view_of(specification);
  if (!view) return view.error();
  const bool enabled = table.stream.view != StreamView::kNone;
  if (*view == StreamView::kNone) {
    if (!enabled) return validation("Table already has a disabled stream: TableName: " + table.name);
    table.stream.view = StreamView::kNone;  // its label and ARN stay visible
    table.stream.id = 0;
    return {};
  }
  if (enabled) return validation("Table already has an enabled stream: TableName: " + table.name);
  begin_stream(table, *view, now);
  return {};
}

Outcome<void> declare(const Node& request, Table& table) {
  for (KeyPart& part : declared_of(request)) {
    const auto known = std::find_if(table.declared.begin(), table.declared.end(),
                                    [&](const KeyPart& each) { return each.attribute == part.attribute; });
    if (known == table.declared.end()) {
      table.declared.push_back(std::move(part));
    } else if (known->type != part.type) {
      return invalid_parameters("Attribute type mismatch: attribute " + part.attribute + " is already defined with another type");
    }
  }
  return {};
}

// Definitions that no key uses any more go.
void forget_unused(Table& table) {
  const auto uses = [](const std::vector<KeyPart>& parts, const KeyPart& part) { return std::find(parts.begin(), parts.end(), part) != parts.end(); };
  std::erase_if(table.declared, [&](const KeyPart& part) {
    if (table.is_key(part.attribute)) return false;
    return std::none_of(table.indexes.begin(), table.indexes.end(), [&](const TableIndex& index) {
      return uses(index.partition, part) || uses(index.sort, part);
    });
  });
}

Outcome<void> create_index(const Node& request, const Node& create, Table& table) {
  const std::string_view name = create.string("IndexName");
  if (table.find_index(name) != nullptr) return validation("Attempting to create an index which already exists");
  if (Outcome<void> declared = declare(request, table); !declared) return declared;
  Outcome<TableIndex> index = index_of(create, table.declared, false, table);
  if (!index) return index.error();
  if (table.on_demand && create.find("ProvisionedThroughput") != nullptr)
    return invalid_parameters("ProvisionedThroughput should not be specified for index: " + index->name +
                              " when BillingMode is PAY_PER_REQUEST");
  if (!table.on_demand && create.find("ProvisionedThroughput") == nullptr)
    return invalid_parameters("ProvisionedThroughput must be specified for index: " + index->name);
  index->status = IndexStatus::kCreating;
  table.indexes.push_back(std::move(*index));
  if (Outcome<void> checked = check_index_limits(table); !checked) return checked;
  return check_declared_used(table);
}

TableIndex* find_global(Table& table, std::string_view name) {
  for (TableIndex& index : table.indexes)
    if (!index.local && index.name == name) return &index;
  return nullptr;
}

Outcome<void> change_indexes(const Node& request, Table& table) {
  for (const Node& update : request.list("GlobalSecondaryIndexUpdates")) {
    if (const Node* create = update.find("Create")) {
      if (Outcome<void> created = create_index(request, *create, table); !created) return created;
      continue;
    }
    TableIndex* index = find_global(table, updated_index(update));
    if (index == nullptr) return Fault(FaultType::kResourceNotFound, "Requested resource not found");
    if (update.find("Delete") != nullptr) {
      table.indexes.erase(table.indexes.begin() + (index - table.indexes.data()));
      forget_unused(table);
      continue;
    }
    const Node& changed = *update.find("Update");
    if (changed.find("OnDemandThroughput") != nullptr) index->on_demand_limit = on_demand_limit_of(changed);
    if (const Node* provisioned = changed.find("ProvisionedThroughput")) {
      if (table.on_demand)
        return invalid_parameters("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
      if (Outcome<void> checked = check_throughput(*provisioned); !checked) return checked;
      if (Outcome<void> set = set_throughput(changed, index->throughput); !set) return set;
    }
  }
  return {};
}

Outcome<void> apply(const Node& request, Table& table, WallTime now) {
  if (table.status != TableStatus::kActive)
    return Fault(FaultType::kResourceInUse, "Attempt to change a resource which is still in use: Table is being created: " + table.name);
  if (Outcome<void> changed = change_billing(request, table, now); !changed) return changed;
  if (const Node* stream = request.find("StreamSpecification"))
    if (Outcome<void> changed = change_stream(*stream, table, now); !changed) return changed;
  if (Outcome<void> changed = change_indexes(request, table); !changed) return changed;
  if (const Node* encryption = request.find("SSESpecification")) table.encryption = encryption->flag("Enabled") ? "KMS" : "";
  if (const std::string_view table_class = request.string("TableClass"); !table_class.empty()) table.table_class = table_class;
  if (request.find("DeletionProtectionEnabled") != nullptr) table.deletion_protection = request.flag("DeletionProtectionEnabled");
  if (request.find("OnDemandThroughput") != nullptr) table.on_demand_limit = on_demand_limit_of(request);
  return {};
}

}  // namespace

Outcome<void> update_table(Run& run) {
  const Outcome<Node> request = read_table_request(run, update_table_fields());
  if (!request) return request.error();
  if (Outcome<void> checked = check_request(*request); !checked) return checked;
  const std::string_view name = request->string("TableName");
  const auto before = run.state.catalogue.find_any(name);
  if (!before) return Fault(FaultType::kResourceNotFound, "Requested resource not found: Table: " + std::string(name) + " not found");

  const WallTime now = run.state.clock.wall();
  Table after;
  const Outcome<CommitNumber> written = run.state.catalogue.update(before->name, now, run.patience, [&](Table& table) -> Outcome<void> {
    if (Outcome<void> applied = apply(*request, table, now); !applied) return applied;
    after = table;
    return {};
  });
  if (!written) return written.error();
  run.needs(*written);

  // The answer still shows an index that goes.
  for (const Node& update : request->list("GlobalSecondaryIndexUpdates")) {
    if (update.find("Create") != nullptr) enqueue_index_build(run.state, after.id, std::string(updated_index(update)));
    const TableIndex* gone = update.find("Delete") != nullptr ? before->find_index(updated_index(update)) : nullptr;
    if (gone == nullptr) continue;
    enqueue_rows_drop(run.state, after.id, gone->number);
    after.indexes.push_back(*gone);
    after.indexes.back().status = IndexStatus::kDeleting;
  }
  JsonText answer(run.answer);
  answer.begin();
  write_table(answer, "TableDescription", after);
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
