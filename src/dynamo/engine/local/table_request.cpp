// What the service has against a table's description, in its order and words.
#include "table_request.hpp"

#include <algorithm>
#include <ctime>

namespace gatehouse::dynamo {
namespace {

constexpr std::int64_t kMostUnits = 1'000'000'000'000;

std::string joined(const std::vector<std::string_view>& names) {
  std::string text = "[";
  for (const std::string_view name : names) text.append(text.size() > 1 ? ", " : "").append(name);
  return text + "]";
}

std::vector<std::string_view> names_of(const std::vector<KeyPart>& parts) {
  std::vector<std::string_view> names;
  for (const KeyPart& part : parts) names.push_back(part.attribute);
  return names;
}

std::vector<std::string_view> key_names_of(const Node& owner) {
  std::vector<std::string_view> names;
  for (const Node& element : owner.list("KeySchema")) names.push_back(element.string("AttributeName"));
  return names;
}

const KeyPart* find_part(const std::vector<KeyPart>& parts, std::string_view attribute) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const KeyPart& part) { return part.attribute == attribute; });
  return found == parts.end() ? nullptr : &*found;
}

struct Keys {
  std::vector<KeyPart> partition, sort;
};

Outcome<void> check_roles(std::span<const Node> schema, bool several) {
  if (schema[0].string("KeyType") != "HASH")
    return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (!several) {
    if (schema.size() > 1 && schema[1].string("KeyType") != "RANGE")
      return validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    return {};
  }
  const auto is_range = [](const Node& element) { return element.string("KeyType") == "RANGE"; };
  const auto first_range = std::find_if(schema.begin(), schema.end(), is_range);
  if (!std::all_of(first_range, schema.end(), is_range))
    return validation("Invalid KeySchema: A HASH KeySchemaElement follows a RANGE one");
  if (first_range - schema.begin() > static_cast<std::ptrdiff_t>(kMaxKeyParts) ||
      schema.end() - first_range > static_cast<std::ptrdiff_t>(kMaxKeyParts))
    return validation("Invalid KeySchema: At most 4 HASH and 4 RANGE KeySchemaElements are allowed");
  return {};
}

// `several`: a global index, whose keys may have several attributes.
Outcome<Keys> keys_of(const Node& owner, const std::vector<KeyPart>& declared, bool several) {
  const std::span<const Node> schema = owner.list("KeySchema");
  const std::vector<std::string_view> names = key_names_of(owner);
  const auto undeclared = [&](std::string_view name) { return find_part(declared, name) == nullptr; };
  if (std::any_of(names.begin(), names.end(), undeclared))
    return invalid_parameters("Some index key attributes are not defined in AttributeDefinitions. Keys: " + joined(names) +
                              ", AttributeDefinitions: " + joined(names_of(declared)));
  std::vector<std::string_view> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return validation("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  if (Outcome<void> checked = check_roles(schema, several); !checked) return checked.error();
  Keys keys;
  for (const Node& element : schema) {
    const KeyPart& part = *find_part(declared, element.string("AttributeName"));
    (element.string("KeyType") == "HASH" ? keys.partition : keys.sort).push_back(part);
  }
  return keys;
}

Outcome<void> check_billing(const Node& request) {
  const Node* provisioned = request.find("ProvisionedThroughput");
  if (request.string("BillingMode") == "PAY_PER_REQUEST") {
    if (provisioned != nullptr)
      return invalid_parameters(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    return {};
  }
  if (provisioned == nullptr)
    return invalid_parameters("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
  return check_throughput(*provisioned);
}

Outcome<void> read_projection(const Node& projection, TableIndex& index) {
  const std::string_view type = projection.string("ProjectionType");
  if (type.empty()) return invalid_parameters("Unknown ProjectionType: null");
  index.projected = type == "ALL"         ? IndexSettings::Projected::kAll
                    : type == "KEYS_ONLY" ? IndexSettings::Projected::kKeysOnly
                                          : IndexSettings::Projected::kInclude;
  const std::span<const Node> include = projection.list("NonKeyAttributes");
  if (!include.empty() && type != "INCLUDE")
    return invalid_parameters("ProjectionType is " + std::string(type) + ", but NonKeyAttributes is specified");
  if (include.empty() && type == "INCLUDE")
    return invalid_parameters("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  for (const Node& attribute : include) {
    if (std::find(index.include.begin(), index.include.end(), attribute.text) != index.include.end())
      return invalid_parameters("Duplicate attribute in NonKeyAttributes: " + std::string(attribute.text));
    index.include.emplace_back(attribute.text);
  }
  return {};
}

Outcome<void> check_local(const TableIndex& index, const Table& table) {
  if (index.sort.empty()) return invalid_parameters("Index KeySchema does not have a range key for index: " + index.name);
  if (index.partition[0].attribute != table.partition.attribute)
    return invalid_parameters("Index KeySchema does not have the same leading hash key as table KeySchema for index: " + index.name +
                              ". index hash key: " + index.partition[0].attribute +
                              ", table hash key: " + table.partition.attribute);
  return {};
}

Outcome<void> add_indexes(const Node& request, std::string_view member, bool local, Table& table) {
  const Node* list = request.find(member);
  if (list == nullptr) return {};
  if (list->elements.empty()) return invalid_parameters("List of " + std::string(member) + " is empty");
  if (local && !table.sort)
    return invalid_parameters("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
  for (const Node& description : list->elements) {
    Outcome<TableIndex> index = index_of(description, table.declared, local, table);
    if (!index) return index.error();
    if (table.on_demand && description.find("ProvisionedThroughput") != nullptr)
      return invalid_parameters("ProvisionedThroughput should not be specified for index: " + index->name +
                                " when BillingMode is PAY_PER_REQUEST");
    if (!local && !table.on_demand && description.find("ProvisionedThroughput") == nullptr)
      return invalid_parameters("ProvisionedThroughput must be specified for index: " + index->name);
    if (table.find_index(index->name) != nullptr) return invalid_parameters("Duplicate index name: " + index->name);
    table.indexes.push_back(std::move(*index));
  }
  return check_index_limits(table);
}

Outcome<void> add_extras(const Node& request, Table& table) {
  if (const Node* specification = request.find("StreamSpecification")) {
    const Outcome<StreamView> view = stream_view_of(*specification);
    if (!view) return view.error();
    table.stream.view = *view;
  }
  if (const Node* encryption = request.find("SSESpecification"); encryption != nullptr && encryption->flag("Enabled"))
    table.encryption = "KMS";
  if (const std::string_view table_class = request.string("TableClass"); !table_class.empty()) table.table_class = table_class;
  table.deletion_protection = request.flag("DeletionProtectionEnabled");
  table.on_demand_limit = on_demand_limit_of(request);
  if (request.find("OnDemandThroughput") != nullptr && !table.on_demand)
    return invalid_parameters("OnDemandThroughput cannot be specified when BillingMode is PROVISIONED");
  return add_tags(request, table);
}

}  // namespace

Fault invalid_parameters(std::string_view what) {
  return validation("One or more parameter values were invalid: " + std::string(what));
}

std::vector<KeyPart> declared_of(const Node& request) {
  std::vector<KeyPart> declared;
  for (const Node& definition : request.list("AttributeDefinitions")) {
    const std::string_view type = definition.string("AttributeType");
    declared.push_back({std::string(definition.string("AttributeName")),
                        type == "S" ? KeyType::kString : type == "N" ? KeyType::kNumber : KeyType::kBinary});
  }
  return declared;
}

Outcome<void> check_throughput(const Node& provisioned) {
  for (const std::string_view member : {"ReadCapacityUnits", "WriteCapacityUnits"}) {
    if (provisioned.integer(member) > kMostUnits)
      return validation("Given value " + std::to_string(provisioned.integer(member)) + " for " + std::string(member) + " is out of bounds");
  }
  return {};
}

Throughput throughput_of(const Node& owner) {
  const Node* provisioned = owner.find("ProvisionedThroughput");
  if (provisioned == nullptr) return {};
  return {provisioned->integer("ReadCapacityUnits"), provisioned->integer("WriteCapacityUnits")};
}

Throughput on_demand_limit_of(const Node& owner) {
  const Node* limit = owner.find("OnDemandThroughput");
  if (limit == nullptr) return {-1, -1};
  return {limit->integer("MaxReadRequestUnits", -1), limit->integer("MaxWriteRequestUnits", -1)};
}

Outcome<TableIndex> index_of(const Node& description, const std::vector<KeyPart>& declared, bool local, const Table& table) {
  TableIndex index;
  index.name = description.string("IndexName");
  index.local = local;
  Outcome<Keys> keys = keys_of(description, declared, !local);
  if (!keys) return keys.error();
  index.partition = std::move(keys->partition);
  index.sort = std::move(keys->sort);
  if (local)
    if (Outcome<void> checked = check_local(index, table); !checked) return checked.error();
  if (Outcome<void> read = read_projection(*description.find("Projection"), index); !read) return read.error();
  if (const Node* provisioned = description.find("ProvisionedThroughput"))
    if (Outcome<void> checked = check_throughput(*provisioned); !checked) return checked.error();
  index.throughput = throughput_of(description);
  index.on_demand_limit = on_demand_limit_of(description);
  return index;
}

Outcome<void> check_index_limits(const Table& table) {
  const auto local = static_cast<std::size_t>(std::count_if(table.indexes.begin(), table.indexes.end(), [](const auto& index) { return index.local; }));
  if (local > kMaxLocalIndexes) return invalid_parameters("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
  if (table.indexes.size() - local > kMaxGlobalIndexes)
    return invalid_parameters("GlobalSecondaryIndex count exceeds the per-table limit of 20");
  std::size_t projected = 0;
  for (const TableIndex& index : table.indexes) projected += index.include.size();
  if (projected > kMaxProjected)
    return invalid_parameters("Number of projected non-key attributes of all indexes exceeds the per-table limit of 100");
  return {};
}

Outcome<void> check_declared_used(const Table& table) {
  std::vector<std::string_view> used{table.partition.attribute};
  if (table.sort) used.push_back(table.sort->attribute);
  for (const TableIndex& index : table.indexes) {
    for (const KeyPart& part : index.partition) used.push_back(part.attribute);
    for (const KeyPart& part : index.sort) used.push_back(part.attribute);
  }
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  if (table.declared.size() == used.size()) return {};
  if (table.indexes.empty())
    return invalid_parameters(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions");
  return invalid_parameters("Some AttributeDefinitions are not used. AttributeDefinitions: " + joined(names_of(table.declared)) +
                            ", keys used: " + joined(used));
}

Outcome<StreamView> stream_view_of(const Node& specification) {
  const std::string_view view = specification.string("StreamViewType");
  if (!specification.flag("StreamEnabled")) {
    if (!view.empty()) return invalid_parameters("StreamViewType cannot be specified when StreamEnabled is false");
    return StreamView::kNone;
  }
  if (view.empty()) return invalid_parameters("StreamViewType must be specified when StreamEnabled is true");
  return view == "KEYS_ONLY"   ? StreamView::kKeysOnly
         : view == "NEW_IMAGE" ? StreamView::kNewImage
         : view == "OLD_IMAGE" ? StreamView::kOldImage
                               : StreamView::kNewAndOldImages;
}

Outcome<void> add_tags(const Node& request, Table& table) {
  std::vector<std::string_view> given;
  for (const Node& tag : request.list("Tags")) {
    const std::string_view key = tag.string("Key");
    if (std::find(given.begin(), given.end(), key) != given.end())
      return invalid_parameters("Duplicate tag key: " + std::string(key));
    given.push_back(key);
    const auto found = std::find_if(table.tags.begin(), table.tags.end(), [&](const auto& each) { return each.first == key; });
    if (found != table.tags.end()) {
      found->second = tag.string("Value");
    } else {
      table.tags.emplace_back(key, tag.string("Value"));
    }
  }
  if (table.tags.size() > kMaxTags) return validation("Too many tags: a resource can have at most 50");
  return {};
}

void begin_stream(Table& table, StreamView view, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[24];
  const std::size_t size = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::string fraction = std::to_string(milliseconds + 1000);
  fraction[0] = '.';
  table.stream = {view, 0, std::string(date, size) + fraction, {}};
  table.stream.arn = table.arn + "/stream/" + table.stream.label;
}

Outcome<Table> table_of(const Node& request) {
  if (Outcome<void> checked = check_billing(request); !checked) return checked.error();
  Table table;
  table.name = request.string("TableName");
  if (table.name.starts_with("arn:")) table.name = table.name.substr(table.name.find(":table/") + 7);
  table.declared = declared_of(request);
  table.on_demand = request.string("BillingMode") == "PAY_PER_REQUEST";
  table.throughput = throughput_of(request);
  if (request.list("KeySchema").size() > table.declared.size())
    return validation("Invalid KeySchema: Some index key attribute have no definition");
  for (std::size_t i = 0; i < table.declared.size(); ++i)
    if (find_part(table.declared, table.declared[i].attribute) != &table.declared[i])
      return invalid_parameters("Duplicate AttributeName in AttributeDefinitions: " + table.declared[i].attribute);
  Outcome<Keys> keys = keys_of(request, table.declared, false);
  if (!keys) return keys.error();
  table.partition = keys->partition[0];
  if (!keys->sort.empty()) table.sort = keys->sort[0];
  if (request.find("LocalSecondaryIndexes") == nullptr && request.find("GlobalSecondaryIndexes") == nullptr)
    if (Outcome<void> checked = check_declared_used(table); !checked) return checked.error();
  if (Outcome<void> added = add_indexes(request, "LocalSecondaryIndexes", true, table); !added) return added.error();
  if (Outcome<void> added = add_indexes(request, "GlobalSecondaryIndexes", false, table); !added) return added.error();
  if (Outcome<void> checked = check_declared_used(table); !checked) return checked.error();
  if (Outcome<void> added = add_extras(request, table); !added) return added.error();
  return table;
}

}  // namespace gatehouse::dynamo
