#include "gatehouse/config/needed_claims.hpp"

namespace gatehouse::config {
namespace {

using integration::JsonNode;

void each_in(const JsonNode& node, const TemplateVisitor& visit) {
  if (node.kind == JsonNode::Kind::kText) visit(node.text);
  for (const auto& member : node.members) each_in(member.value, visit);
  for (const JsonNode& element : node.elements) each_in(element, visit);
}

// Templates that decide what is read or written, and those that only show.
struct Templates {
  const TemplateVisitor& decides;
  const TemplateVisitor& shows;

  void operator()(const integration::ProxySettings& proxy) const {
    if (proxy.path) decides(*proxy.path);
  }
  void operator()(const integration::MockSettings& mock) const {
    for (const auto& [name, value] : mock.headers) shows(value);
    shows(mock.body);
  }
  void operator()(const integration::StaticFilesSettings&) const {}
  void operator()(const integration::DynamodbSettings&) const {}
  void operator()(const wsapi::ManagementRoute&) const {}
  void operator()(const integration::TableRouteSettings& table) const {
    for (const auto& field : table.key) decides(field.value);
    for (const auto* fields : {&table.set, &table.set_new})
      for (const auto& field : *fields) decides(field.value);
    for (const auto& bound : table.bounds) decides(bound.value);
    shows(table.limit);
  }
  void operator()(const integration::DynamoCallSettings& call) const {
    each_in(call.request, decides);
    if (call.answer) each_in(*call.answer, shows);
  }
};

}  // namespace

void each_template(const IntegrationSettings& integration, const TemplateVisitor& visit) {
  std::visit(Templates{visit, visit}, integration);
}

std::vector<crypto::ClaimPath> needed_claims(const IntegrationSettings& integration) {
  std::vector<crypto::ClaimPath> claims;
  const TemplateVisitor collect = [&claims](const pipeline::ValueTemplate& value) { value.append_needed_claims(claims); };
  const TemplateVisitor ignore = [](const pipeline::ValueTemplate&) {};
  std::visit(Templates{collect, ignore}, integration);
  return claims;
}

}  // namespace gatehouse::config
