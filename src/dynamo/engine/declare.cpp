#include "gatehouse/dynamo/engine/declare.hpp"

#include "local/control_request.hpp"
#include "local/json_text.hpp"
#include "local/table_description.hpp"

#include <algorithm>
#include <optional>
#include <thread>

namespace gatehouse::dynamo {
namespace {

constexpr int kOk = 200;
// Between two looks at a table that is not ready. A service takes seconds.
constexpr auto kPause = std::chrono::milliseconds(200);

struct Described {
  Arena arena;
  std::string answer;
  Node table;
};

std::string place_of(const TableSettings& settings) {
  return (settings.position.empty() ? "" : settings.position + ": ") + "table " + settings.name + ": ";
}

Error problem(const TableSettings& settings, std::string_view what) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "table_declaration", place_of(settings) + std::string(what)};
}

// One operation. The fault as another endpoint or our own engine says it.
Outcome<Node> ask(Engine& engine, Operation operation, std::string_view body, Arena& arena, std::string& answer) {
  answer.clear();
  const int status = engine.execute_blocking(operation, body, answer);
  Outcome<Node> node = answer.empty() ? Outcome<Node>(Node()) : parse_json(answer, arena);
  if (!node) return Fault(FaultType::kInternalServerError, "an answer that is no JSON: " + node.error().message());
  if (status == kOk) return node;
  std::string_view type = node->string("__type");
  const std::string_view message = node->find("message") != nullptr ? node->string("message") : node->string("Message");
  return Fault(find_fault(type), std::string(message));
}

std::string name_body(const TableSettings& settings) {
  std::string body;
  JsonText text(body);
  text.begin();
  text.string("TableName", settings.name);
  text.end();
  return body;
}

// nullopt: there is no such table.
Outcome<std::optional<Node>> describe(Engine& engine, const TableSettings& settings, Described& memory) {
  const Outcome<Node> answer = ask(engine, Operation::kDescribeTable, name_body(settings), memory.arena, memory.answer);
  if (!answer) {
    if (answer.error().type() == FaultType::kResourceNotFound) return std::optional<Node>();
    return answer.error();
  }
  const Node* table = answer->find("Table");
  if (table == nullptr) return Fault(FaultType::kInternalServerError, "DescribeTable answered without a Table");
  return std::optional<Node>(*table);
}

// Keys as text: "owner (S), id (S)".
std::string printed(std::span<const KeyPart> partition, std::span<const KeyPart> sort) {
  std::string text;
  for (const auto& parts : {partition, sort})
    for (const KeyPart& part : parts) {
      if (!text.empty()) text += ", ";
      text += part.attribute + " (" + std::string(type_letter(part.type)) + (parts.data() == sort.data() ? ", sort)" : ")");
    }
  return text;
}

std::string printed(const Node& owner, const Node& table) {
  std::string text;
  for (const Node& element : owner.list("KeySchema")) {
    std::string_view type = "?";
    for (const Node& definition : table.list("AttributeDefinitions"))
      if (definition.string("AttributeName") == element.string("AttributeName")) type = definition.string("AttributeType");
    if (!text.empty()) text += ", ";
    text.append(element.string("AttributeName")).append(" (").append(type);
    text += element.string("KeyType") == "RANGE" ? ", sort)" : ")";
  }
  return text;
}

std::string_view projection_name(IndexSettings::Projected projected) {
  switch (projected) {
    case IndexSettings::Projected::kAll: return "ALL";
    case IndexSettings::Projected::kKeysOnly: return "KEYS_ONLY";
    case IndexSettings::Projected::kInclude: return "INCLUDE";
  }
  return {};
}

std::string printed_projection(std::string_view type, std::vector<std::string> include) {
  std::sort(include.begin(), include.end());
  std::string text(type);
  for (const std::string& attribute : include) text += " " + attribute;
  return text;
}

const Node* find_index(const Node& table, std::string_view list, std::string_view name) {
  for (const Node& index : table.list(list))
    if (index.string("IndexName") == name) return &index;
  return nullptr;
}

std::string_view index_list(const IndexSettings& index) { return index.local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes"; }

void compare_index(const TableSettings& settings, const IndexSettings& index, const Node& table, std::vector<std::string>& problems) {
  const std::string place = place_of(settings) + "index " + index.name + ": ";
  const Node* found = find_index(table, index_list(index), index.name);
  if (found == nullptr) {
    if (index.local) problems.push_back(place + "a local index can only be created with its table");
    return;
  }
  const std::string wanted = printed(index.partition, index.sort);
  if (const std::string there = printed(*found, table); there != wanted)
    problems.push_back(place + "its key is " + wanted + " here and " + there + " in the store; the key of an index cannot be changed");
  const Node* projection = found->find("Projection");
  std::vector<std::string> include;
  if (projection != nullptr)
    for (const Node& attribute : projection->list("NonKeyAttributes")) include.emplace_back(attribute.text);
  const std::string projected = printed_projection(projection_name(index.projected), index.include);
  const std::string there = printed_projection(projection != nullptr ? projection->string("ProjectionType") : "", std::move(include));
  if (projected != there) problems.push_back(place + "it projects " + projected + " here and " + there + " in the store; that cannot be changed");
}

std::string_view stream_view(const Node& table) {
  const Node* stream = table.find("StreamSpecification");
  return stream != nullptr && stream->flag("StreamEnabled") ? stream->string("StreamViewType") : std::string_view();
}

// The attribute; empty: expiry is off.
Outcome<std::string> expiry_attribute(Engine& engine, const TableSettings& settings) {
  Arena arena;
  std::string answer;
  const Outcome<Node> node = ask(engine, Operation::kDescribeTimeToLive, name_body(settings), arena, answer);
  if (!node) return node.error();
  const Node* description = node->find("TimeToLiveDescription");
  if (description == nullptr || description->string("TimeToLiveStatus").starts_with("DISABL")) return std::string();
  return std::string(description->string("AttributeName"));
}

void compare_table(Engine& engine, const TableSettings& settings, const Node& table, std::vector<std::string>& problems) {
  const std::string wanted = printed(std::span(&settings.partition, 1), settings.sort);
  if (const std::string there = printed(table, table); there != wanted)
    problems.push_back(place_of(settings) + "its key is " + wanted + " here and " + there + " in the store; the key of a table cannot be changed");
  for (const IndexSettings& index : settings.indexes) compare_index(settings, index, table, problems);
  const std::string_view view = stream_view(table);
  if (settings.stream != StreamView::kNone && !view.empty() && view != stream_view_name(settings.stream))
    problems.push_back(place_of(settings) + "its stream shows " + std::string(stream_view_name(settings.stream)) + " here and " + std::string(view) +
                       " in the store; the view of a stream cannot be changed");
  if (settings.ttl.empty()) return;
  const Outcome<std::string> attribute = expiry_attribute(engine, settings);
  if (!attribute) {
    problems.push_back(place_of(settings) + attribute.error().message());
  } else if (!attribute->empty() && *attribute != settings.ttl) {
    problems.push_back(place_of(settings) + "items expire by " + settings.ttl + " here and by " + *attribute + " in the store; switch that off first");
  }
}

void write_definitions(JsonText& to, const std::vector<KeyPart>& parts) {
  to.begin_list("AttributeDefinitions");
  for (const KeyPart& part : parts) {
    to.begin();
    to.string("AttributeName", part.attribute);
    to.string("AttributeType", type_letter(part.type));
    to.end();
  }
  to.end_list();
}

void add_parts(std::vector<KeyPart>& to, const std::vector<KeyPart>& parts) {
  for (const KeyPart& part : parts)
    if (std::find(to.begin(), to.end(), part) == to.end()) to.push_back(part);
}

void write_index(JsonText& to, const IndexSettings& settings) {
  TableIndex index;
  index.projected = settings.projected;
  index.include = settings.include;
  to.string("IndexName", settings.name);
  write_key_schema(to, settings.partition, settings.sort);
  write_projection(to, index);
}

void write_stream(JsonText& to, StreamView view) {
  to.begin("StreamSpecification");
  to.flag("StreamEnabled", true);
  to.string("StreamViewType", stream_view_name(view));
  to.end();
}

std::string create_body(const TableSettings& settings) {
  std::string body;
  JsonText to(body);
  to.begin();
  to.string("TableName", settings.name);
  to.string("BillingMode", "PAY_PER_REQUEST");
  std::vector<KeyPart> parts{settings.partition};
  add_parts(parts, settings.sort);
  for (const IndexSettings& index : settings.indexes) {
    add_parts(parts, index.partition);
    add_parts(parts, index.sort);
  }
  write_definitions(to, parts);
  write_key_schema(to, {settings.partition}, settings.sort);
  for (const bool local : {true, false}) {
    if (std::none_of(settings.indexes.begin(), settings.indexes.end(), [local](const IndexSettings& index) { return index.local == local; })) continue;
    to.begin_list(local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes");
    for (const IndexSettings& index : settings.indexes) {
      if (index.local != local) continue;
      to.begin();
      write_index(to, index);
      to.end();
    }
    to.end_list();
  }
  if (settings.stream != StreamView::kNone) write_stream(to, settings.stream);
  to.end();
  return body;
}

std::string index_body(const TableSettings& settings, const IndexSettings& index) {
  std::string body;
  JsonText to(body);
  to.begin();
  to.string("TableName", settings.name);
  std::vector<KeyPart> parts{settings.partition};
  add_parts(parts, settings.sort);
  add_parts(parts, index.partition);
  add_parts(parts, index.sort);
  write_definitions(to, parts);
  to.begin_list("GlobalSecondaryIndexUpdates");
  to.begin();
  to.begin("Create");
  write_index(to, index);
  to.end();
  to.end();
  to.end_list();
  to.end();
  return body;
}

std::string stream_body(const TableSettings& settings) {
  std::string body;
  JsonText to(body);
  to.begin();
  to.string("TableName", settings.name);
  write_stream(to, settings.stream);
  to.end();
  return body;
}

std::string expiry_body(const TableSettings& settings) {
  std::string body;
  JsonText to(body);
  to.begin();
  to.string("TableName", settings.name);
  to.begin("TimeToLiveSpecification");
  to.string("AttributeName", settings.ttl);
  to.flag("Enabled", true);
  to.end();
  to.end();
  return body;
}

// One table, within its time.
class Declaration {
 public:
  Declaration(Engine& engine, const TableSettings& settings, Duration patience)
      : engine_(engine), settings_(settings), deadline_(std::chrono::steady_clock::now() + patience) {}

  Result<void> run() {
    Described memory;
    const auto table = describe(engine_, settings_, memory);
    if (!table) return problem(settings_, table.error().message());
    if (!*table) {
      if (Result<void> made = change(Operation::kCreateTable, create_body(settings_)); !made) return made;
      if (Result<void> ready = wait_active(); !ready) return ready;
      return settings_.ttl.empty() ? Result<void>() : change(Operation::kUpdateTimeToLive, expiry_body(settings_));
    }
    std::vector<std::string> problems;
    compare_table(engine_, settings_, **table, problems);
    if (!problems.empty()) return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "table_declaration", problems.front());
    return complete(**table);
  }

 private:
  Result<void> complete(const Node& table) {
    if (Result<void> ready = wait_active(); !ready) return ready;
    for (const IndexSettings& index : settings_.indexes) {
      if (index.local || find_index(table, index_list(index), index.name) != nullptr) continue;
      if (Result<void> made = change(Operation::kUpdateTable, index_body(settings_, index)); !made) return made;
      if (Result<void> ready = wait_active(); !ready) return ready;
    }
    if (settings_.stream != StreamView::kNone && stream_view(table).empty()) {
      if (Result<void> made = change(Operation::kUpdateTable, stream_body(settings_)); !made) return made;
      if (Result<void> ready = wait_active(); !ready) return ready;
    }
    if (settings_.ttl.empty()) return {};
    const Outcome<std::string> attribute = expiry_attribute(engine_, settings_);
    if (!attribute) return problem(settings_, attribute.error().message());
    return attribute->empty() ? change(Operation::kUpdateTimeToLive, expiry_body(settings_)) : Result<void>();
  }

  bool pause() const {
    if (std::chrono::steady_clock::now() + kPause > deadline_) return false;
    std::this_thread::sleep_for(kPause);
    return true;
  }

  // A service changes one thing of a table at a time: what is refused for that is asked again.
  Result<void> change(Operation operation, const std::string& body) {
    while (true) {
      Arena arena;
      std::string answer;
      const Outcome<Node> done = ask(engine_, operation, body, arena, answer);
      if (done) return {};
      const FaultType type = done.error().type();
      // Another process of this configuration may have been first.
      if (operation == Operation::kCreateTable && type == FaultType::kResourceInUse) return {};
      const bool again = type == FaultType::kResourceInUse || type == FaultType::kLimitExceeded;
      if (!again || !pause()) return problem(settings_, std::string(operation_name(operation)) + ": " + done.error().message());
    }
  }

  Result<void> wait_active() {
    while (true) {
      Described memory;
      const auto table = describe(engine_, settings_, memory);
      if (!table) return problem(settings_, table.error().message());
      const std::string_view status = *table ? (*table)->string("TableStatus") : std::string_view();
      if (status == "ACTIVE") return {};
      if (!pause()) return problem(settings_, "not ACTIVE in time: " + std::string(status.empty() ? "absent" : status));
    }
  }

  Engine& engine_;
  const TableSettings& settings_;
  const std::chrono::steady_clock::time_point deadline_;
};

}  // namespace

Result<void> declare_tables(Engine& engine, std::span<const TableSettings> tables, Duration patience) {
  for (const TableSettings& settings : tables)
    if (Result<void> declared = Declaration(engine, settings, patience).run(); !declared) return declared;
  return {};
}

std::vector<std::string> compare_tables(Engine& engine, std::span<const TableSettings> tables) {
  std::vector<std::string> problems;
  for (const TableSettings& settings : tables) {
    Described memory;
    const auto table = describe(engine, settings, memory);
    if (!table) {
      problems.push_back(place_of(settings) + table.error().message());
    } else if (*table) {
      compare_table(engine, settings, **table, problems);
    }
  }
  return problems;
}

}  // namespace gatehouse::dynamo
