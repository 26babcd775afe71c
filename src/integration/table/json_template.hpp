// Writes the JSON that a compiled tree of nodes stands for. One request, one thread.
#pragma once

#include "gatehouse/dynamo/wire/value.hpp"
#include "gatehouse/integration/table_settings.hpp"

#include <string>
#include <string_view>

namespace gatehouse::integration {

// What the variables of one request stand for. A document that is not there yet is absent.
struct JsonDocuments {
  dynamo::Value body;
  dynamo::Value result;
};

// Whether anything in it looks into that document.
bool uses_document(const JsonNode& node, JsonNode::Document document);

// Appends. False, and `problem` says which value is missing, when a document lacks one that has no default.
bool write_json(std::string& to, const JsonNode& node, pipeline::RequestContext& context, const JsonDocuments& documents,
                std::string& problem);

// The answer of an operation as a plain value of type kMap: items and attributes without their types. False when it is no JSON.
bool read_result(std::string_view answer, Arena& arena, std::string& to);

}  // namespace gatehouse::integration
