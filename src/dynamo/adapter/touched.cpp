#include "touched.hpp"

#include "gatehouse/dynamo/expr/partiql.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::dynamo {
namespace {

using Touches = std::vector<Touch>;
using Members = std::vector<std::pair<std::string_view, std::string_view>>;

// The members of one JSON object, each as it stands in the text. null counts as absent.
Outcome<Members> read_members(std::string_view json, Arena& arena) {
  JsonReader reader(json, arena);
  Members members;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (reader.skip_null()) continue;
    std::string_view raw;
    reader.read_raw(raw);
    members.emplace_back(*name, raw);
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  return members;
}

std::string_view find(const Members& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &Members::value_type::first);
  return found == members.end() ? std::string_view() : found->second;
}

Outcome<std::vector<std::string_view>> read_elements(std::string_view json, Arena& arena) {
  std::vector<std::string_view> elements;
  if (json.empty()) return elements;
  JsonReader reader(json, arena);
  for (reader.begin_array(); reader.next_element();) reader.read_raw(elements.emplace_back());
  reader.finish();
  if (reader.failed()) return *reader.fault();
  return elements;
}

// Empty when it is absent.
Outcome<std::string_view> read_string(const Members& members, std::string_view name, Arena& arena) {
  const std::string_view raw = find(members, name);
  std::string_view text;
  if (raw.empty()) return text;
  JsonReader reader(raw, arena);
  reader.read_string(text);
  if (reader.failed()) return *reader.fault();
  return text;
}

bool is_table_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

Outcome<void> add_table(const Members& members, std::string_view member, Touch touch, Arena& arena, Touches& to) {
  const auto text = read_string(members, member, arena);
  if (!text) return text.error();
  const TableReference reference = table_reference(*text);
  touch.table = reference.table;
  if (touch.index.empty()) touch.index = reference.index;
  to.push_back(touch);
  return boost::system::in_place_value;
}

Outcome<void> add_query(Operation operation, std::string_view body, const Members& members, Arena& arena, Touches& to) {
  const auto index = read_string(members, "IndexName", arena);
  if (!index) return index.error();
  const bool query = operation == Operation::kQuery;
  const Touch touch{action_of(operation), {}, *index, query ? Touch::Items::kQuery : Touch::Items::kUnknown, body};
  return add_table(members, "TableName", touch, arena, to);
}

// {"notes": {"Keys": [{…}]}} of a read, {"notes": [{"PutRequest": {"Item": {…}}}]} of a write.
Outcome<void> add_batch(Operation operation, const Members& members, Arena& arena, Touches& to) {
  const std::string_view items = find(members, "RequestItems");
  if (items.empty()) return boost::system::in_place_value;
  const auto tables = read_members(items, arena);
  if (!tables) return tables.error();
  const bool reads = operation == Operation::kBatchGetItem;
  for (const auto& [name, json] : *tables) {
    std::string_view list = json;
    if (reads) {
      const auto request = read_members(json, arena);
      if (!request) return request.error();
      list = find(*request, "Keys");
    }
    const auto elements = read_elements(list, arena);
    if (!elements) return elements.error();
    const std::string_view table = table_reference(name).table;
    to.push_back({action_of(operation), table, {}, Touch::Items::kNone, {}});
    for (const std::string_view element : *elements) {
      Touch touch{action_of(operation), table, {}, Touch::Items::kObject, element};
      if (!reads) {
        const auto request = read_members(element, arena);
        if (!request) return request.error();
        for (const auto& [kind, inner] : *request) {
          const auto parts = read_members(inner, arena);
          if (!parts) return parts.error();
          touch.json = find(*parts, kind == "PutRequest" ? "Item" : "Key");
          to.push_back(touch);
        }
        continue;
      }
      to.push_back(touch);
    }
  }
  return boost::system::in_place_value;
}

Action transact_action(std::string_view kind) {
  if (kind == "Get") return action_of(Operation::kGetItem);
  if (kind == "Put") return action_of(Operation::kPutItem);
  if (kind == "Update") return action_of(Operation::kUpdateItem);
  return kind == "Delete" ? action_of(Operation::kDeleteItem) : kConditionCheckItem;
}

Outcome<void> add_transaction(const Members& members, Arena& arena, Touches& to) {
  const auto elements = read_elements(find(members, "TransactItems"), arena);
  if (!elements) return elements.error();
  for (const std::string_view element : *elements) {
    const auto kinds = read_members(element, arena);
    if (!kinds) return kinds.error();
    for (const auto& [kind, json] : *kinds) {
      const auto parts = read_members(json, arena);
      if (!parts) return parts.error();
      const std::string_view item = find(*parts, kind == "Put" ? "Item" : "Key");
      const Touch touch{transact_action(kind), {}, {}, Touch::Items::kObject, item};
      if (const auto added = add_table(*parts, "TableName", touch, arena, to); !added) return added.error();
    }
  }
  return boost::system::in_place_value;
}

Action statement_action(StatementKind kind) {
  switch (kind) {
    case StatementKind::kSelect: return kPartiqlSelect;
    case StatementKind::kInsert: return kPartiqlInsert;
    case StatementKind::kUpdate: return kPartiqlUpdate;
    case StatementKind::kDelete: return kPartiqlDelete;
    case StatementKind::kExists: return kConditionCheckItem;
  }
  return kPartiqlDelete;
}

Outcome<std::vector<Value>> read_parameters(std::string_view json, Arena& arena) {
  std::vector<std::string> encoded;
  if (!json.empty()) {
    JsonReader reader(json, arena);
    for (reader.begin_array(); reader.next_element();) {
      ValueWriter writer(encoded.emplace_back());
      reader.read_value(writer);
    }
    reader.finish();
    if (const auto fault = reader.fault()) return *fault;
  }
  std::vector<Value> values;
  for (const std::string& bytes : encoded) values.push_back(Value::at(arena.copy(bytes).data()));
  return values;
}

Outcome<void> add_statement(const Members& members, Arena& arena, Touches& to) {
  const auto text = read_string(members, "Statement", arena);
  if (!text) return text.error();
  const auto parameters = read_parameters(find(members, "Parameters"), arena);
  if (!parameters) return parameters.error();
  const auto statement = parse_statement(*text, *parameters, arena);
  if (!statement) return statement.error();
  to.push_back({statement_action(statement->kind), table_reference(statement->table).table, statement->index,
                Touch::Items::kUnknown, {}});
  return boost::system::in_place_value;
}

Outcome<void> add_statements(const Members& members, std::string_view list, Arena& arena, Touches& to) {
  const auto elements = read_elements(find(members, list), arena);
  if (!elements) return elements.error();
  for (const std::string_view element : *elements) {
    const auto inner = read_members(element, arena);
    if (!inner) return inner.error();
    if (const auto added = add_statement(*inner, arena, to); !added) return added.error();
  }
  return boost::system::in_place_value;
}

struct Named {
  Operation operation;
  std::string_view member;  // a table's name, or the ARN of something of a table
  Touch::Items items;
  bool may_be_absent = false;  // then it is about the account
};

constexpr Named kNamed[] = {
    {Operation::kCreateTable, "TableName", Touch::Items::kUnknown},
    {Operation::kDescribeTable, "TableName", Touch::Items::kNone},
    {Operation::kUpdateTable, "TableName", Touch::Items::kUnknown},
    {Operation::kDeleteTable, "TableName", Touch::Items::kUnknown},
    {Operation::kListStreams, "TableName", Touch::Items::kNone, true},
    {Operation::kDescribeStream, "StreamArn", Touch::Items::kNone},
    {Operation::kGetShardIterator, "StreamArn", Touch::Items::kUnknown},
    {Operation::kUpdateTimeToLive, "TableName", Touch::Items::kUnknown},
    {Operation::kDescribeTimeToLive, "TableName", Touch::Items::kNone},
    {Operation::kTagResource, "ResourceArn", Touch::Items::kUnknown},
    {Operation::kUntagResource, "ResourceArn", Touch::Items::kUnknown},
    {Operation::kListTagsOfResource, "ResourceArn", Touch::Items::kNone},
    {Operation::kCreateBackup, "TableName", Touch::Items::kUnknown},
    {Operation::kDescribeBackup, "BackupArn", Touch::Items::kNone},
    {Operation::kListBackups, "TableName", Touch::Items::kNone, true},
    {Operation::kDeleteBackup, "BackupArn", Touch::Items::kUnknown},
    {Operation::kRestoreTableFromBackup, "BackupArn", Touch::Items::kUnknown},
    {Operation::kRestoreTableFromBackup, "TargetTableName", Touch::Items::kUnknown},
    {Operation::kDescribeContinuousBackups, "TableName", Touch::Items::kNone},
    {Operation::kUpdateContinuousBackups, "TableName", Touch::Items::kUnknown},
    {Operation::kRestoreTableToPointInTime, "SourceTableName", Touch::Items::kUnknown, true},
    {Operation::kRestoreTableToPointInTime, "SourceTableArn", Touch::Items::kUnknown, true},
    {Operation::kRestoreTableToPointInTime, "TargetTableName", Touch::Items::kUnknown},
    {Operation::kExportTableToPointInTime, "TableArn", Touch::Items::kUnknown},
    {Operation::kDescribeExport, "ExportArn", Touch::Items::kNone},
    {Operation::kListExports, "TableArn", Touch::Items::kNone, true},
    {Operation::kDescribeImport, "ImportArn", Touch::Items::kNone},
};

Outcome<void> add_named(Operation operation, const Members& members, Arena& arena, Touches& to) {
  for (const Named& named : kNamed) {
    if (named.operation != operation) continue;
    if (named.may_be_absent && find(members, named.member).empty()) continue;
    const Touch touch{action_of(operation), {}, {}, named.items, {}};
    if (const auto added = add_table(members, named.member, touch, arena, to); !added) return added.error();
  }
  return boost::system::in_place_value;
}

Outcome<void> add_import(const Members& members, Arena& arena, Touches& to) {
  const auto parameters = read_members(find(members, "TableCreationParameters"), arena);
  if (!parameters) return parameters.error();
  return add_table(*parameters, "TableName", {action_of(Operation::kImportTable), {}, {}, Touch::Items::kUnknown, {}}, arena, to);
}

Outcome<void> add_touched(Operation operation, std::string_view body, const Members& members, Arena& arena, Touches& to) {
  const Action action = action_of(operation);
  switch (operation) {
    case Operation::kPutItem:
      return add_table(members, "TableName", {action, {}, {}, Touch::Items::kObject, find(members, "Item")}, arena, to);
    case Operation::kGetItem:
    case Operation::kUpdateItem:
    case Operation::kDeleteItem:
      return add_table(members, "TableName", {action, {}, {}, Touch::Items::kObject, find(members, "Key")}, arena, to);
    case Operation::kQuery:
    case Operation::kScan: return add_query(operation, body, members, arena, to);
    case Operation::kBatchGetItem:
    case Operation::kBatchWriteItem: return add_batch(operation, members, arena, to);
    case Operation::kTransactGetItems:
    case Operation::kTransactWriteItems: return add_transaction(members, arena, to);
    case Operation::kExecuteStatement: return add_statement(members, arena, to);
    case Operation::kBatchExecuteStatement: return add_statements(members, "Statements", arena, to);
    case Operation::kExecuteTransaction: return add_statements(members, "TransactStatements", arena, to);
    case Operation::kImportTable: return add_import(members, arena, to);
    default: return add_named(operation, members, arena, to);
  }
}

// "arn:…:table/notes/stream/…|1|…"
Outcome<void> add_iterator(const Members& members, Iterators iterators, Arena& arena, Touches& to) {
  const auto text = read_string(members, "ShardIterator", arena);
  if (!text) return text.error();
  Touch touch{action_of(Operation::kGetRecords), {}, {}, Touch::Items::kUnknown, {}};
  const std::string_view stream = text->substr(0, text->find('|'));
  if (iterators == Iterators::kNameTheirStream && stream.starts_with("arn:")) touch.table = table_reference(stream).table;
  to.push_back(touch);
  return boost::system::in_place_value;
}

}  // namespace

TableReference table_reference(std::string_view text) {
  if (is_table_name(text)) return {text, {}};
  if (!text.starts_with("arn:")) return {};
  // Five colons end the part that says whose it is; labels of streams hold further ones.
  for (int i = 0; i < 5; ++i) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    text.remove_prefix(colon + 1);
  }
  constexpr std::string_view kTable = "table/";
  constexpr std::string_view kIndex = "/index/";
  if (!text.starts_with(kTable)) return {};
  text.remove_prefix(kTable.size());
  const std::size_t end = std::min(text.find('/'), text.size());
  const std::string_view rest = text.substr(end);
  const std::string_view name = text.substr(0, end);
  if (!is_table_name(name)) return {};
  return {name, rest.starts_with(kIndex) ? rest.substr(kIndex.size()) : std::string_view()};
}

Outcome<std::vector<Touch>> find_touched(Operation operation, std::string_view body, Iterators iterators, Arena& arena) {
  if (!is_valid_utf8(body)) return Fault(FaultType::kSerialization, "");
  const auto members = read_members(body, arena);
  if (!members) return members.error();
  Touches touches;
  const auto added = operation == Operation::kGetRecords ? add_iterator(*members, iterators, arena, touches)
                                                         : add_touched(operation, body, *members, arena, touches);
  if (!added) return added.error();
  // What names no table is about the account, and shows no items.
  if (touches.empty()) touches.push_back({action_of(operation), {}, {}, Touch::Items::kNone, {}});
  return touches;
}

}  // namespace gatehouse::dynamo
