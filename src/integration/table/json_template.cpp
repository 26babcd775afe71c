#include "json_template.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::integration {

using dynamo::JsonReader;
using dynamo::Type;
using dynamo::Value;
using dynamo::ValueWriter;

namespace {

struct DocumentName {
  std::string_view prefix;
  JsonNode::Document document;
};
constexpr std::array kDocuments = {DocumentName{"$body", JsonNode::Document::kBody}, DocumentName{"$item", JsonNode::Document::kItem},
                                   DocumentName{"$result", JsonNode::Document::kResult}};

Error invalid(std::string message) { return {ErrorKind::kInvalid, ErrorSource::kGateway, "invalid_template", std::move(message)}; }

// The document that `text` begins with, when it is a document variable.
const DocumentName* find_document(std::string_view text) {
  for (const DocumentName& each : kDocuments) {
    if (!text.starts_with(each.prefix)) continue;
    const std::string_view rest = text.substr(each.prefix.size());
    if (rest.empty() || rest[0] == '.' || rest[0] == '|') return &each;
  }
  return nullptr;
}

std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> steps;
  while (!text.empty()) {
    text.remove_prefix(1);  // the dot
    const std::size_t dot = std::min(text.find('.'), text.size());
    steps.emplace_back(text.substr(0, dot));
    text.remove_prefix(dot);
  }
  return steps;
}

Value step_into(Value value, const std::string& step) {
  if (!value) return value;
  if (value.type() == Type::kMap) return value.map().find(step);
  if (value.type() != Type::kList) return Value();
  const auto index = parse_u64(step);
  return index && *index < value.count() ? value.list().at(static_cast<std::uint32_t>(*index)) : Value();
}

Value find_value(const JsonNode& node, const JsonDocuments& documents) {
  Value value = node.document == JsonNode::Document::kResult ? documents.result : documents.body;
  for (const std::string& step : node.path) value = step_into(value, step);
  return value;
}

std::string name_of(const JsonNode& node) {
  std::string name = node.document == JsonNode::Document::kResult ? "the answer's field " : "the body's field ";
  for (const std::string& step : node.path) name += (&step == &node.path.front() ? "" : ".") + step;
  return node.path.empty() ? "the body" : name;
}

// {"S": …}, {"N": …} and {"B": …} hold JSON strings, whatever the client wrote.
bool holds_text(std::string_view member) { return member == "S" || member == "N" || member == "B"; }

class Writer {
 public:
  Writer(std::string& to, pipeline::RequestContext& context, const JsonDocuments& documents, std::string& problem)
      : to_(to), context_(context), documents_(documents), problem_(problem) {}

  enum class As : unsigned char { kValue, kText };
  bool write(const JsonNode& node, As as) {
    switch (node.kind) {
      case JsonNode::Kind::kLiteral: to_ += node.literal; return true;
      case JsonNode::Kind::kText: return write_text(node);
      case JsonNode::Kind::kDocument: return write_document(node, as);
      case JsonNode::Kind::kObject: return write_object(node);
      case JsonNode::Kind::kArray: return write_array(node);
    }
    return false;
  }

 private:
  bool write_text(const JsonNode& node) {
    const std::string_view text = node.text.evaluate(context_);
    if (!dynamo::is_valid_utf8(text)) {
      problem_ = node.text.text() + " is not valid UTF-8";
      return false;
    }
    dynamo::write_json_string(to_, text);
    return true;
  }

  bool write_document(const JsonNode& node, As as) {
    const Value value = find_value(node, documents_);
    if (!value) {
      if (node.fallback) {
        const bool quotes = as == As::kText && !node.fallback->starts_with('"');
        if (quotes)
          dynamo::write_json_string(to_, *node.fallback);
        else
          to_ += *node.fallback;
        return true;
      }
      problem_ = name_of(node) + " is missing";
      return false;
    }
    if (as == As::kText && (value.type() == Type::kString || value.type() == Type::kNumber)) {
      dynamo::write_json_string(to_, value.text());
    } else if (node.document != JsonNode::Document::kItem) {
      dynamo::write_plain_value(to_, value);
    } else if (node.path.empty() && value.type() == Type::kMap) {
      dynamo::write_json_item(to_, value.map());
    } else {
      dynamo::write_json_value(to_, value);
    }
    return true;
  }

  bool write_object(const JsonNode& node) {
    to_ += '{';
    for (const auto& [name, child] : node.members) {
      if (to_.back() != '{') to_ += ',';
      dynamo::write_json_string(to_, name);
      to_ += ':';
      if (!write(child, holds_text(name) ? As::kText : As::kValue)) return false;
    }
    to_ += '}';
    return true;
  }

  bool write_array(const JsonNode& node) {
    to_ += '[';
    for (const JsonNode& child : node.elements) {
      if (&child != &node.elements.front()) to_ += ',';
      if (!write(child, As::kValue)) return false;
    }
    to_ += ']';
    return true;
  }

  std::string& to_;
  pipeline::RequestContext& context_;
  const JsonDocuments& documents_;
  std::string& problem_;
};

bool read_items_as_list(JsonReader& from, ValueWriter& to) {
  ValueWriter::Open list = to.begin_list();
  for (from.begin_array(); from.next_element(); ++list.count)
    if (!from.read_map(to)) return false;
  to.end_list(list);
  return true;
}

// Of BatchGetItem {"table": [item, …]}; of TransactGetItems [{"Item": {…}}, …], where an item may be absent.
bool read_responses(JsonReader& from, ValueWriter& to) {
  if (from.peek() == JsonReader::Kind::kObject) {
    ValueWriter::Open tables = to.begin_map();
    for (from.begin_object(); const auto name = from.next_name();) {
      to.name(tables, *name);
      if (!read_items_as_list(from, to)) return false;
    }
    to.end_map(tables);
    return true;
  }
  ValueWriter::Open list = to.begin_list();
  for (from.begin_array(); from.next_element(); ++list.count) {
    bool found = false;
    for (from.begin_object(); from.next_name(); found = true) from.read_map(to);
    if (!found) to.null();
  }
  to.end_list(list);
  return true;
}

}  // namespace

Result<JsonNode> JsonNode::parse(std::string_view text, const std::vector<std::string>& path_variables, Use use) {
  JsonNode node;
  const DocumentName* const found = find_document(text);
  if (found == nullptr) {
    auto parsed = pipeline::ValueTemplate::parse(text, path_variables);
    if (!parsed) return parsed.error();
    node.kind = Kind::kText;
    node.text = std::move(*parsed);
    return node;
  }
  if (found->document == Document::kResult && use == Use::kRequest)
    return invalid("$result is the store's answer: it can stand in the response only");
  node.kind = Kind::kDocument;
  node.document = found->document;
  const std::string_view rest = text.substr(found->prefix.size());
  const std::size_t bar = rest.find('|');
  node.path = split_path(rest.substr(0, bar));
  if (std::ranges::any_of(node.path, &std::string::empty)) return invalid("an empty step in " + std::string(text));
  if (bar != std::string_view::npos) {
    Arena arena;
    const std::string_view fallback = rest.substr(bar + 1);
    JsonReader reader(fallback, arena);
    const bool is_json = !fallback.empty() && reader.skip() && reader.finish() && !reader.failed();
    std::string quoted;
    dynamo::write_json_string(quoted, fallback);
    node.fallback = is_json ? std::string(fallback) : quoted;
  }
  return node;
}

bool uses_document(const JsonNode& node, JsonNode::Document document) {
  if (node.kind == JsonNode::Kind::kDocument && node.document == document) return true;
  return std::ranges::any_of(node.members, [&](const auto& member) { return uses_document(member.value, document); }) ||
         std::ranges::any_of(node.elements, [&](const JsonNode& element) { return uses_document(element, document); });
}

bool write_json(std::string& to, const JsonNode& node, pipeline::RequestContext& context, const JsonDocuments& documents,
                std::string& problem) {
  return Writer(to, context, documents, problem).write(node, Writer::As::kValue);
}

bool read_result(std::string_view answer, Arena& arena, std::string& to) {
  JsonReader from(answer, arena);
  ValueWriter writer(to);
  ValueWriter::Open open = writer.begin_map();
  for (from.begin_object(); const auto name = from.next_name();) {
    writer.name(open, *name);
    if (*name == "Item" || *name == "Attributes" || *name == "LastEvaluatedKey") {
      from.read_map(writer);
    } else if (*name == "Items") {
      read_items_as_list(from, writer);
    } else if (*name == "Responses") {
      read_responses(from, writer);
    } else {
      dynamo::read_plain_value(from, writer);
    }
  }
  writer.end_map(open);
  return from.finish() && !from.failed();
}

}  // namespace gatehouse::integration
